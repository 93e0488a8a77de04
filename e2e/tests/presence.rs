//! Who is here: people, not connections, and no flapping (`docs/protocol.md` §1, §7).

use std::time::{Duration, Instant};

use e2e::stream::{of_type, texts};
use e2e::{Client, Server, http};
use serde_json::json;

const GRACE: Duration = Duration::from_secs(15);

#[tokio::test]
async fn the_list_is_sorted_by_name_for_everyone() {
    let server = Server::start().await;
    let _zoe = Client::chat(&server, "general", "zoe").await;
    let _ann = Client::chat(&server, "general", "ann").await;
    let mut mia = Client::open(server.address(), "/chat/general?user=mia").await;
    assert_eq!(mia.expect("joined").await["users"], 3);
    let presence = mia.expect("presence").await;
    assert_eq!(presence["users"], json!(["ann", "mia", "zoe"]));
    assert_eq!(presence["count"], 3);
}

#[tokio::test]
async fn two_tabs_are_one_person_until_the_last_is_closed() {
    let server = Server::start().await;
    let mut bob = Client::chat(&server, "general", "bob").await;
    let first = Client::chat(&server, "general", "ann").await;
    bob.expect("join").await;
    let mut second = Client::tab(&server, "general", "ann").await;
    let own = second.drain().await;
    assert!(of_type(&own, "join").is_empty(), "a second tab joins nothing: {own:?}");
    first.close().await;
    let quiet = bob.collect(Duration::from_secs(1)).await;
    assert!(of_type(&quiet, "join").is_empty() && of_type(&quiet, "leave").is_empty(), "{quiet:?}");
    second.close().await;
    assert_eq!(bob.expect("leave").await["user"], "ann");
}

#[tokio::test]
async fn both_tabs_of_a_person_hear_everything() {
    let server = Server::start().await;
    let mut first = Client::chat(&server, "general", "ann").await;
    let mut second = Client::tab(&server, "general", "ann").await;
    first.say("from the first").await;
    second.hear("from the first").await;
    second.say("from the second").await;
    first.hear("from the second").await;
}

#[tokio::test]
async fn who_closes_properly_leaves_at_once() {
    let server = Server::start().await;
    let mut bob = Client::chat(&server, "general", "bob").await;
    let ann = Client::chat(&server, "general", "ann").await;
    let start = Instant::now();
    ann.close().await;
    let leave = bob.expect("leave").await;
    assert_eq!((&leave["user"], &leave["room"]), (&json!("ann"), &json!("general")));
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[tokio::test]
async fn who_vanishes_leaves_after_the_grace_and_not_before() {
    let server = Server::start().await;
    let mut bob = Client::chat(&server, "general", "bob").await;
    let ann = Client::chat(&server, "general", "ann").await;
    let start = Instant::now();
    ann.vanish();
    let early = bob.collect(GRACE - Duration::from_secs(1)).await;
    assert!(of_type(&early, "leave").is_empty(), "within the grace: {early:?}");
    assert_eq!(people(&server).await, json!(["ann", "bob"]), "present for the time being");
    assert_eq!(bob.expect("leave").await["user"], "ann");
    assert!(start.elapsed() < GRACE + Duration::from_secs(4), "{:?}", start.elapsed());
    assert_eq!(people(&server).await, json!(["bob"]));
}

#[tokio::test]
async fn who_is_back_within_the_grace_neither_left_nor_joined() {
    let server = Server::start().await;
    let mut bob = Client::chat(&server, "general", "bob").await;
    let ann = Client::chat(&server, "general", "ann").await;
    bob.expect("join").await;
    ann.vanish();
    let mut seen = bob.collect(Duration::from_secs(3)).await;
    let mut ann = Client::tab(&server, "general", "ann").await;
    ann.say("back").await;
    seen.extend(bob.collect(GRACE).await);
    assert_eq!(texts(&seen, "type"), ["message"], "no leave, no join: {seen:?}");
}

#[tokio::test]
async fn a_vanished_tab_does_not_outlive_a_proper_goodbye_by_more_than_the_grace() {
    let server = Server::start().await;
    let mut bob = Client::chat(&server, "general", "bob").await;
    let first = Client::chat(&server, "general", "ann").await;
    let second = Client::tab(&server, "general", "ann").await;
    first.vanish();
    second.close().await;
    let start = Instant::now();
    while of_type(&bob.collect(Duration::from_millis(500)).await, "leave").is_empty() {
        assert!(start.elapsed() < GRACE + Duration::from_secs(4), "ann never left");
    }
}

async fn people(server: &Server) -> serde_json::Value {
    http::get(server.address(), "/api/v1/rooms/general/presence").await.json()["users"].clone()
}
