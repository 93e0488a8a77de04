//! F3: the power is cut (`e2e/power-loss/shim.c`). kill -9 cannot tell the durabilities from each other; this can.

use std::time::Duration;

use e2e::fault::{self, dice::Dice, power::Power};
use e2e::load::People;
use e2e::{Server, stream::seq};
use tokio::time::sleep;

use super::{NO_LIMIT, people, serve_again};

#[tokio::test]
async fn f3_full_loses_no_acknowledged_message_and_keeps_its_epoch() {
    let mut dice = Dice::throw("f3 full");
    let mut server = Server::stopped(&[NO_LIMIT]);
    let mut power = Power::supply(&mut server);
    server.restart().await;
    let mut people = people();
    let cuts = fault::size(5, 50);
    for _ in 0..cuts {
        people = write_until_cut(people, &mut server, &mut power, dice.between(50, 900)).await;
        assert_eq!(people.n_lost(&server).await, 0, "acknowledged, and gone with the power");
        // Readers resume in it, and insist on the epoch.
        people = people.settle(&server).await;
    }
    people.check(&server).await;
    fault::measured("F3 full", &format!("{cuts} cuts, {} acknowledged, 0 lost, one epoch", people.n_acked()));
}

/// The tail that is lost is also the proof that the cut is one: a shim that forgets nothing would pass the test above.
#[tokio::test]
async fn f3_relaxed_loses_a_tail_and_says_so_by_a_new_epoch() {
    let mut dice = Dice::throw("f3 relaxed");
    for _ in 0..fault::size(2, 20) {
        let mut server = Server::stopped(&[NO_LIMIT, ("ROOMCAST_STORE__DURABILITY", "relaxed")]);
        let mut power = Power::supply(&mut server);
        server.restart().await;
        let people = People::new(20, 3, 2_000);
        let people = write_until_cut(people, &mut server, &mut power, dice.between(500, 2_500)).await;
        // Counting what is lost reads the whole log, which has no hole.
        let lost = people.n_lost(&server).await;
        assert!(lost > 0, "nothing is lost in mode relaxed: the power was not cut");
        for reader in &people.readers {
            let (mut client, joined) = reader.join(&server).await;
            assert_ne!(joined["epoch"], reader.epoch);
            assert_eq!(
                (&joined["recovered"], &joined["reason"]),
                (&false.into(), &"epoch".into()),
                "{joined}"
            );
            let reset = client.expect("reset").await;
            assert_eq!((&reset["epoch"], seq(&reset)), (&joined["epoch"], 0), "{reset}");
        }
        fault::measured(
            "F3 relaxed",
            &format!("{} acknowledged, a tail of {lost} lost, a new epoch", people.n_acked()),
        );
    }
}

async fn write_until_cut(people: People, server: &mut Server, power: &mut Power, ms: u64) -> People {
    let visit = people.enter(server).await;
    sleep(Duration::from_millis(ms)).await;
    power.cut(server);
    let people = visit.gone().await;
    serve_again(server).await;
    people
}
