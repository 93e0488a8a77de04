//! F1: kill -9 while people write and read (`reliability.md` I1–I3, I5, I12). What was acknowledged is there,
//! numbered without holes, each once; what was not can be repeated safely; readers resume without a reset.

use std::time::Duration;

use e2e::Server;
use e2e::fault::{self, dice::Dice};
use tokio::time::sleep;

use super::{NO_LIMIT, people, serve_again};

#[tokio::test]
async fn f1_what_was_acked_survives_kills_at_random_and_readers_resume_in_one_order() {
    let mut dice = Dice::throw("f1 kill");
    let kills = fault::size(10, 100);
    let mut server = Server::start_with(&[NO_LIMIT]).await;
    let (mut people, mut slowest) = (people(), Duration::ZERO);
    for _ in 0..kills {
        let visit = people.enter(&server).await;
        sleep(Duration::from_millis(dice.between(100, 900))).await;
        server.kill();
        people = visit.gone().await;
        slowest = slowest.max(serve_again(&mut server).await);
        people = people.settle(&server).await;
    }
    people.check(&server).await;
    let acked = people.n_acked();
    assert!(acked > 20 * kills, "{acked} messages were acknowledged: the test tested nothing");
    fault::measured(
        "F1",
        &format!("{kills} kills, {acked} acknowledged, 0 lost, serving again in {slowest:?}"),
    );
}
