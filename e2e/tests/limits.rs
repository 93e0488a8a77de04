//! Ten messages a second for each person, over all of a person's connections (`docs/protocol.md` §3, §6).

use std::time::Duration;

use e2e::stream::of_type;
use e2e::{Client, Server, http};
use serde_json::{Value, json};

fn message(number: usize) -> Value {
    json!({"type": "message", "content": format!("m{number}"), "id": number})
}

#[tokio::test]
async fn the_eleventh_message_of_a_second_is_refused_over_all_of_ones_connections() {
    let server = Server::start().await;
    let mut first = Client::chat(&server, "general", "ann").await;
    let mut second = Client::tab(&server, "general", "ann").await;
    for number in 0..20 {
        let tab = if number % 2 == 0 { &mut first } else { &mut second };
        tab.send(message(number)).await;
    }
    let mut frames = first.collect(Duration::from_millis(700)).await;
    frames.extend(second.collect(Duration::from_millis(100)).await);
    let (acks, errors) = (of_type(&frames, "ack"), of_type(&frames, "error"));
    assert_eq!(acks.len() + errors.len(), 20, "each has one reply: {frames:?}");
    assert!((10..=13).contains(&acks.len()), "{} went through", acks.len());
    assert!(errors.iter().all(is_a_good_refusal), "{errors:?}");
}

fn is_a_good_refusal(error: &Value) -> bool {
    let wait = error["retry_after_ms"].as_u64().unwrap_or_default();
    error["code"] == "rate_limited" && error["temporary"] == true && (1..=1_000).contains(&wait)
}

#[tokio::test]
async fn who_was_refused_may_speak_again_after_the_time_named() {
    let server = Server::start().await;
    let mut ann = Client::chat(&server, "general", "ann").await;
    let refusal = exhaust(&mut ann).await;
    let wait = refusal["retry_after_ms"].as_u64().expect("a refusal names the time");
    tokio::time::sleep(Duration::from_millis(wait + 30)).await;
    assert_eq!(ann.ask(message(0)).await["type"], "ack", "on the same connection");
}

#[tokio::test]
async fn a_refusal_touches_nobody_else_and_takes_no_number() {
    let server = Server::start().await;
    let mut bob = Client::chat(&server, "general", "bob").await;
    let mut ann = Client::chat(&server, "general", "ann").await;
    exhaust(&mut ann).await;
    let last = bob.ask(message(99)).await;
    let heard = bob.drain().await;
    assert_eq!(last["type"], "ack", "others speak on");
    let history = bob.ask(json!({"type": "history", "limit": 200})).await;
    assert_eq!(history["messages"].as_array().map(Vec::len), last["seq"].as_u64().map(|seq| seq as usize));
    assert!(of_type(&heard, "error").is_empty(), "{heard:?}");
}

#[tokio::test]
async fn the_budget_in_the_acks_goes_down() {
    let server = Server::start().await;
    let mut ann = Client::chat(&server, "general", "ann").await;
    let mut last = 10;
    for number in 0..5 {
        let ack = ann.ask(message(number)).await;
        let remaining = ack["budget"]["remaining"].as_u64().expect("a number");
        assert!(remaining < last || number > 0 && remaining <= last, "{remaining} after {last}");
        last = remaining;
    }
    assert!(last <= 8, "five quick messages leave a mark: {last}");
}

#[tokio::test]
async fn rest_draws_on_the_same_budget() {
    let server = Server::start().await;
    let mut ann = Client::chat(&server, "general", "ann").await;
    exhaust(&mut ann).await;
    let body = json!({"user": "ann", "content": "by another door"});
    let answer = http::post(server.address(), "/api/v1/rooms/general/messages", &body).await;
    assert_eq!((answer.status, answer.problem().as_str()), (429, "rate_limited"));
    assert!(answer.header("retry-after").is_some(), "{:?}", answer.headers);
}

#[tokio::test]
async fn the_limit_is_configurable() {
    let server = Server::start_with(&[("ROOMCAST_LIMITS__MESSAGES", "3/1s")]).await;
    let mut ann = Client::open(server.address(), "/chat/general?user=ann").await;
    let hello = ann.expect("hello").await;
    assert_eq!((&hello["limits"]["messages"], &hello["limits"]["per_ms"]), (&json!(3), &json!(1_000)));
    for number in 0..10 {
        ann.send(message(number)).await;
    }
    let frames = ann.collect(Duration::from_millis(500)).await;
    assert!((3..=5).contains(&of_type(&frames, "ack").len()), "{frames:?}");
}

/// Sends until the first refusal, and returns it.
async fn exhaust(client: &mut Client) -> Value {
    for number in 0..40 {
        client.send(message(number)).await;
    }
    let refusal = client.expect("error").await;
    assert_eq!(refusal["code"], "rate_limited", "{refusal}");
    client.drain().await;
    refusal
}
