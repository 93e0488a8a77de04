//! The promise of `docs/protocol.md` §1, "the simple client", word for word.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use e2e::stream::{messages, of_type, texts};
use e2e::{Client, Server, http};
use serde_json::json;

#[tokio::test]
async fn the_first_frames_come_in_the_promised_order() {
    let server = Server::start().await;
    let mut ann = Client::open(server.address(), "/chat/general?user=ann").await;
    let frames = [ann.next().await, ann.next().await, ann.next().await, ann.next().await];
    assert_eq!(texts(&frames, "type"), ["hello", "joined", "presence", "join"]);
    assert_eq!(frames[2]["users"], json!(["ann"]), "the newcomer is in the list");
    assert_eq!(frames[3]["user"], "ann", "the newcomer sees her own join");
    assert!(frames[1..].iter().all(|frame| frame["room"] == "general"), "the server always sends room");
}

#[tokio::test]
async fn hello_says_who_one_is_and_what_the_limits_are() {
    let server = Server::start().await;
    let mut ann = Client::open(server.address(), "/chat/general?user=ann").await;
    let hello = ann.next().await;
    assert_eq!(hello["user"], "ann");
    assert!(hello["server"]["version"].is_string() && hello["server"]["schema"].is_string(), "{hello}");
    assert_eq!(hello["heartbeat_ms"], 25_000);
    assert_eq!(hello["limits"], json!({"content_bytes": 16_384, "messages": 10, "per_ms": 1_000}));
    assert_eq!(hello["durability"], "full");
    assert!(!hello["connection"].is_null(), "{hello}");
    let joined = ann.next().await;
    assert_eq!((&joined["head"], &joined["recovered"]), (&json!(0), &json!(false)), "{joined}");
    assert!(joined["epoch"].as_str().is_some_and(|epoch| !epoch.is_empty()), "{joined}");
    assert_eq!(joined["users"], 1, "the newcomer included: {joined}");
}

#[tokio::test]
async fn a_message_reaches_everyone_and_echoes_to_its_sender() {
    let server = Server::start().await;
    let mut ann = Client::chat(&server, "general", "ann").await;
    let mut bob = Client::chat(&server, "general", "bob").await;
    ann.send(json!({"type": "message", "content": "hello"})).await;
    for reader in [&mut ann, &mut bob] {
        let message = reader.hear("hello").await;
        assert_eq!((&message["user"], &message["room"]), (&json!("ann"), &json!("general")));
    }
    let replies = ann.drain().await;
    assert!(replies.is_empty(), "a frame without id gets no success reply: {replies:?}");
}

#[tokio::test]
async fn a_timestamp_is_whole_seconds_of_now() {
    let server = Server::start().await;
    let mut ann = Client::chat(&server, "general", "ann").await;
    let before = unix_seconds();
    let message = ann.say("what time is it?").await;
    let timestamp = message["timestamp"].as_u64().expect("a whole number");
    assert!((before..=unix_seconds()).contains(&timestamp), "{timestamp} is not between {before} and now");
}

#[tokio::test]
async fn content_comes_back_as_it_was_sent() {
    let server = Server::start().await;
    let mut ann = Client::chat(&server, "general", "ann").await;
    let longest = "\u{1f980}".repeat(4_000);
    for content in [
        "  spaces around  ",
        "line\nline\ttab",
        "<b>\"&'</b>",
        "e\u{301} \u{1f468}\u{200d}\u{1f469}",
        &longest,
    ] {
        assert_eq!(ann.say(content).await["content"], content);
    }
}

#[tokio::test]
async fn typing_goes_to_the_others_and_at_most_once_in_three_seconds() {
    let server = Server::start().await;
    let mut ann = Client::chat(&server, "general", "ann").await;
    let mut bob = Client::chat(&server, "general", "bob").await;
    for _ in 0..5 {
        ann.send(json!({"type": "typing"})).await;
    }
    assert_eq!(bob.expect("typing").await["user"], "ann");
    let more = bob.collect(Duration::from_millis(1_500)).await;
    assert!(of_type(&more, "typing").is_empty(), "{more:?}");
    let own = ann.drain().await;
    assert!(of_type(&own, "typing").is_empty(), "not to oneself: {own:?}");
    tokio::time::sleep(Duration::from_secs(2)).await;
    ann.send(json!({"type": "typing"})).await;
    assert_eq!(bob.expect("typing").await["user"], "ann", "after 3 s it is passed on again");
}

#[tokio::test]
async fn history_answers_a_late_joiner_alone_oldest_first() {
    let server = Server::start().await;
    let mut ann = Client::chat(&server, "general", "ann").await;
    for content in ["one", "two", "three"] {
        ann.say(content).await;
    }
    let mut late = Client::chat(&server, "general", "late").await;
    late.send(json!({"type": "history", "limit": 2})).await;
    let history = late.expect("history").await;
    assert_eq!(texts(&messages(&history), "content"), ["two", "three"], "the newest two, oldest first");
    let first = &messages(&history)[0];
    assert!(first["user"] == "ann" && first["timestamp"].is_u64(), "{first}");
    let others = ann.drain().await;
    assert!(of_type(&others, "history").is_empty(), "to the asker alone: {others:?}");
}

#[tokio::test]
async fn a_newcomer_is_sent_no_history_unasked() {
    let server = Server::start().await;
    Client::chat(&server, "general", "ann").await.say("before bob").await;
    let mut bob = Client::chat(&server, "general", "bob").await;
    let unasked = bob.drain().await;
    assert!(
        of_type(&unasked, "message").is_empty() && of_type(&unasked, "history").is_empty(),
        "{unasked:?}"
    );
}

#[tokio::test]
async fn a_name_that_is_not_given_is_anonymous() {
    let server = Server::start().await;
    let mut nobody = Client::open(server.address(), "/chat/general").await;
    assert_eq!(nobody.expect("hello").await["user"], "anonymous");
    assert_eq!(nobody.say("who am I?").await["user"], "anonymous");
}

#[tokio::test]
async fn unknown_fields_are_ignored_and_cannot_change_who_speaks() {
    let server = Server::start().await;
    let mut ann = Client::chat(&server, "general", "ann").await;
    let frame = json!({"type": "message", "content": "hi", "user": "bob", "seq": 99, "shoe_size": 44});
    ann.send(frame).await;
    let message = ann.hear("hi").await;
    assert_eq!((&message["user"], &message["seq"]), (&json!("ann"), &json!(1)));
}

#[tokio::test]
async fn an_error_says_what_is_wrong_and_keeps_the_connection_open() {
    let server = Server::start().await;
    let mut ann = Client::chat(&server, "general", "ann").await;
    ann.send(json!({"type": "message", "content": "   "})).await;
    let error = ann.expect("error").await;
    assert_eq!(error["code"], "empty");
    assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()), "{error}");
    assert!(error["temporary"].is_boolean(), "{error}");
    ann.say("still here").await;
}

#[tokio::test]
async fn the_list_of_rooms_is_sorted_and_holds_those_with_people_or_messages() {
    let server = Server::start().await;
    let rooms = || async { http::get(server.address(), "/rooms").await.json() };
    assert_eq!(rooms().await, json!({"rooms": []}));
    let mut zoe = Client::chat(&server, "zoo", "zoe").await;
    let mut ann = Client::chat(&server, "attic", "ann").await;
    Client::chat(&server, "middle", "mia").await.close().await;
    zoe.say("a message keeps a room").await;
    assert_eq!(rooms().await, json!({"rooms": ["attic", "zoo"]}), "the middle is empty again");
    zoe.close().await;
    ann.say("here too").await;
    assert_eq!(rooms().await, json!({"rooms": ["attic", "zoo"]}));
}

#[tokio::test]
async fn rooms_do_not_hear_each_other() {
    let server = Server::start().await;
    let mut ann = Client::chat(&server, "one", "ann").await;
    let mut bob = Client::chat(&server, "two", "bob").await;
    ann.say("in room one").await;
    bob.say("in room two").await;
    let (ann_heard, bob_heard) = (ann.drain().await, bob.drain().await);
    assert!(ann_heard.is_empty() && bob_heard.is_empty(), "{ann_heard:?} {bob_heard:?}");
}

/// The wall clock, which only a test that checks a timestamp may ask.
#[expect(clippy::disallowed_methods, reason = "the server's clock is compared with the real one")]
fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}
