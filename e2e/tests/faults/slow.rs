//! F10 and F11: readers who take nothing, and those who are gone without a word. One of each, with its close code, is in
//! `half_open.rs`.

use std::time::{Duration, Instant};

use e2e::stream::{of_type, seq};
use e2e::{Client, Raw, Server, fault, http, limits};

use super::{NO_LIMIT, say};

/// What may grow for all of them: what they are owed is the same for each, and is kept once. Far less than is said.
const MOST: usize = 48 << 20;
/// 30 s of taking nothing and some for a busy machine.
const GIVEN_UP_WITHIN: Duration = Duration::from_secs(75);

#[tokio::test]
async fn f10_many_who_take_nothing_are_bounded_and_given_up_and_delay_nobody() {
    limits::raise_open_files();
    let stuck_people = fault::size(100, 500);
    let server = Server::start_with(&[NO_LIMIT, ("ROOMCAST_LIMITS__PER_IP", "1000")]).await;
    let mut bob = Client::chat(&server, "general", "bob").await;
    // The caches fill up before anybody is stuck; what grows afterwards is for the stuck ones.
    for number in 0..6_000 {
        bob.say(&large(number)).await;
    }
    let mut stuck = Vec::new();
    for number in 0..stuck_people {
        let path = format!("/chat/general?user=stuck{number}");
        stuck.push(Raw::open_with_a_small_window(server.address(), &path).await);
    }
    let before = server.memory();
    let (start, mut said, mut most, mut slowest) = (Instant::now(), 0, 0, Duration::ZERO);
    while given_up(&server).await < stuck_people {
        // Bob hears each of his own, however many are stuck.
        let asked = Instant::now();
        bob.say(&large(said)).await;
        slowest = slowest.max(asked.elapsed());
        said += 1;
        let grown = server.memory().saturating_sub(before);
        assert!(grown < MOST, "{} MiB grew, {said} messages of 12 kB were said", grown >> 20);
        most = most.max(grown >> 20);
        assert!(
            start.elapsed() < GIVEN_UP_WITHIN,
            "{} of {stuck_people} are given up",
            given_up(&server).await
        );
    }
    let took = start.elapsed();
    fault::measured(
        "F10",
        &format!(
            "{stuck_people} given up within {took:?}, {said} messages heard meanwhile, the slowest in {slowest:?}, {most} MiB"
        ),
    );
}

/// Twelve kilobytes.
fn large(number: usize) -> String {
    format!("{number} {}", "\u{4e00}".repeat(3_900))
}

/// How many sockets were closed because they took nothing.
async fn given_up(server: &Server) -> usize {
    let metrics = http::get(server.admin(), "/metrics").await.text();
    let line = metrics
        .lines()
        .find_map(|line| line.strip_prefix("roomcast_sockets_given_up_total{reason=\"stalled\"} "));
    line.and_then(|number| number.parse().ok()).expect("the series is there")
}

/// Half-open: the peer is there no more, and no FIN came. The user comes back long before the server notices.
#[tokio::test]
async fn f11_who_comes_back_while_the_old_connection_is_half_open_resumes_and_nobody_sees_it() {
    let server = Server::start().await;
    let mut bob = Client::chat(&server, "general", "bob").await;
    let mut ghost = Raw::open(server.address(), "/chat/general?user=ann").await;
    let epoch = ghost.expect("joined").await["epoch"].clone();
    bob.expect_where("join of ann", |frame| frame["type"] == "join" && frame["user"] == "ann").await;
    let missed = say(&mut bob, "missed").await;
    let path = format!("/chat/general?user=ann&since=0&epoch={}", epoch.as_str().unwrap_or_default());
    let mut ann = Client::open(server.address(), &path).await;
    assert_eq!(ann.expect("joined").await["recovered"], true);
    assert_eq!(seq(&ann.hear("missed").await), seq(&missed));
    // The library answers pings while it waits.
    let (code, heard) = tokio::join!(ghost.close_code(Duration::from_secs(90)), async {
        tokio::join!(ann.collect(Duration::from_secs(75)), bob.collect(Duration::from_secs(75)))
    });
    assert_eq!(code, Some(4009));
    let seen = [of_type(&heard.1, "leave"), of_type(&heard.1, "join")].concat();
    assert!(seen.is_empty(), "ann was here all the time: {seen:?}");
    ann.say("still here").await;
    ann.close().await;
    assert_eq!(bob.expect("leave").await["user"], "ann");
}
