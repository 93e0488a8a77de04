//! F12 and F13: a clock that jumps, and a server that stands still.

use std::time::Duration;

use e2e::fault::{self, clock::Clock};
use e2e::{Client, Server};
use tokio::time::sleep;

use super::{NO_LIMIT, people, say};

const HOUR: i64 = 3_600;
const TEN_YEARS: i64 = 10 * 365 * 24 * HOUR;

#[tokio::test]
async fn f12_a_clock_that_jumps_changes_timestamps_and_nothing_else() {
    let mut server = Server::stopped(&[NO_LIMIT]);
    let Some(clock) = Clock::give(&mut server) else {
        return fault::skipped("F12", "libfaketime is missing (cargo xtask setup installs it)");
    };
    server.restart().await;
    let mut probe = Client::chat(&server, "probe", "ann").await;
    let visit = people().enter(&server).await;
    for (number, jump) in [-HOUR, HOUR, TEN_YEARS, -TEN_YEARS, 0].into_iter().enumerate() {
        clock.jump(jump);
        let ack = say(&mut probe, &format!("jump{number}")).await;
        let now = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("it is after 1970").as_secs();
        let off = ack["timestamp"].as_i64().unwrap_or_default() - now.cast_signed() - jump;
        assert!(off.abs() < 60, "the clock did not jump by {jump}: {ack}");
        sleep(Duration::from_millis(fault::size(500, 5_000))).await;
    }
    // On the connections they had: nobody was closed, and everything came in order.
    let people = visit.finish().await;
    assert_eq!(people.n_unsettled(), 0, "refused, or not answered");
    people.settle(&server).await.check(&server).await;
    assert_no_storm(&server, &clock).await;
}

/// After a jump the idle server stays idle: no timer makes up for ten years.
async fn assert_no_storm(server: &Server, clock: &Clock) {
    clock.jump(TEN_YEARS);
    let before = server.processor_time();
    sleep(Duration::from_secs(2)).await;
    let used = server.processor_time() - before;
    assert!(used < Duration::from_millis(500), "idle for 2 s, it used {used:?} of the processor");
}

/// Standing still is what a paused virtual machine or a laptop's lid does. Longer than two heartbeats, so that a server
/// which counted its own absence against its clients would close them all.
#[tokio::test]
async fn f13_a_server_that_stood_still_goes_on_where_it_was() {
    for seconds in fault::size(vec![60], vec![30, 60]) {
        let server = Server::start_with(&[NO_LIMIT]).await;
        let mut idle = Client::chat(&server, "idle", "ann").await;
        let visit = people().enter(&server).await;
        sleep(Duration::from_millis(500)).await;
        server.freeze();
        sleep(Duration::from_secs(seconds)).await;
        server.thaw();
        sleep(Duration::from_secs(2)).await;
        idle.say("nobody was closed").await;
        let people = visit.finish().await;
        assert_eq!(people.n_unsettled(), 0, "refused, or not answered");
        let mut people = people.settle(&server).await;
        people.check(&server).await;
        fault::measured(
            "F13",
            &format!("{seconds} s, {} acknowledged on the connections of before", people.n_acked()),
        );
    }
}
