//! Positions and resume (`docs/protocol.md` §4): exactly what was missed, or a plain word that it cannot be.

use e2e::stream::{Stream, of_type, seq, seqs};
use e2e::{Client, Server, http};
use serde_json::{Value, json};

/// A room of that many messages, written over REST by as many people as the rate limit needs.
async fn fill(server: &Server, room: &str, from: u64, to: u64) {
    for number in from..=to {
        let body = json!({"user": format!("writer{}", number / 8), "content": format!("m{number}")});
        let answer = http::post(server.address(), &format!("/api/v1/rooms/{room}/messages"), &body).await;
        assert_eq!((answer.status, &answer.json()["seq"]), (201, &json!(number)));
    }
}

/// The newest position a newcomer is told.
async fn position(server: &Server, room: &str) -> Value {
    let mut guest = Client::ws(server, "guest").await;
    guest.join(room).await
}

fn resume(room: &str, seq: u64, epoch: &Value) -> Value {
    json!({"type": "join", "room": room, "id": "resume", "resume": {"seq": seq, "epoch": epoch}})
}

#[tokio::test]
async fn a_resume_brings_exactly_what_was_missed_then_caught_up() {
    let server = Server::start().await;
    fill(&server, "red", 1, 30).await;
    let epoch = position(&server, "red").await["epoch"].clone();
    let mut ann = Client::ws(&server, "ann").await;
    ann.send(resume("red", 12, &epoch)).await;
    let joined = ann.expect("joined").await;
    assert_eq!((&joined["id"], &joined["recovered"]), (&json!("resume"), &json!(true)), "{joined}");
    assert_eq!((&joined["head"], &joined["epoch"]), (&json!(30), &epoch), "{joined}");
    let missed = until_caught_up(&mut ann, 30).await;
    assert_eq!(seqs(&missed), (13..=30).collect::<Vec<_>>());
    assert!(missed.iter().all(|it| it["content"] == format!("m{}", it["seq"])), "{missed:?}");
}

#[tokio::test]
async fn a_resume_at_the_head_owes_nothing() {
    let server = Server::start().await;
    fill(&server, "red", 1, 3).await;
    let epoch = position(&server, "red").await["epoch"].clone();
    let mut ann = Client::ws(&server, "ann").await;
    ann.send(resume("red", 3, &epoch)).await;
    assert_eq!(ann.expect("joined").await["recovered"], true);
    assert!(until_caught_up(&mut ann, 3).await.is_empty());
}

#[tokio::test]
async fn the_simple_endpoint_resumes_by_its_query() {
    let server = Server::start().await;
    fill(&server, "red", 1, 5).await;
    let epoch = position(&server, "red").await["epoch"].clone();
    let path = format!("/chat/red?user=ann&since=2&epoch={}", epoch.as_str().expect("an epoch is a string"));
    let mut ann = Client::open(server.address(), &path).await;
    assert_eq!(ann.expect("joined").await["recovered"], true);
    assert_eq!(seqs(&until_caught_up(&mut ann, 5).await), [3, 4, 5]);
}

#[tokio::test]
async fn another_epoch_or_a_number_ahead_is_a_reset_with_its_reason() {
    let server = Server::start().await;
    fill(&server, "red", 1, 3).await;
    let epoch = position(&server, "red").await["epoch"].clone();
    for (seq, epoch, reason) in [(2, json!("another"), "epoch"), (4, epoch.clone(), "ahead")] {
        let mut ann = Client::ws(&server, "ann").await;
        ann.send(resume("red", seq, &epoch)).await;
        let joined = ann.expect("joined").await;
        assert_eq!((&joined["recovered"], &joined["reason"]), (&json!(false), &json!(reason)), "{joined}");
        let reset = ann.expect("reset").await;
        assert_eq!((&reset["room"], &reset["head"]), (&json!("red"), &json!(3)), "{reset}");
        assert_eq!((&reset["reason"], &reset["epoch"]), (&json!(reason), &joined["epoch"]), "{reset}");
        assert!(of_type(&ann.drain().await, "message").is_empty(), "nothing was promised");
        http::post(server.address(), "/api/v1/rooms/blue/messages", &json!({"user": "x", "content": "y"}))
            .await;
    }
}

#[tokio::test]
async fn who_was_reset_still_hears_what_is_said_next() {
    let server = Server::start().await;
    fill(&server, "red", 1, 3).await;
    let mut ann = Client::ws(&server, "ann").await;
    ann.send(resume("red", 2, &json!("another"))).await;
    ann.expect("reset").await;
    fill(&server, "red", 4, 4).await;
    assert_eq!(seq(&ann.hear("m4").await), 4);
}

/// Somebody writes without pause while others resume: whatever falls between the reading of history and the
/// first live message must be neither lost nor doubled.
#[tokio::test]
async fn a_resume_in_the_middle_of_a_flood_has_no_seam() {
    let server = Server::start_with(&[("ROOMCAST_LIMITS__MESSAGES", "10000/1s")]).await;
    let mut writer = Client::chat(&server, "red", "writer").await;
    let epoch = position(&server, "red").await["epoch"].clone();
    let mut written = 0;
    for round in 0..20_u64 {
        for _ in 0..40 {
            written += 1;
            writer.send(json!({"type": "message", "content": format!("m{written}")})).await;
        }
        let mut reader = Client::ws(&server, &format!("reader{round}")).await;
        reader.send(resume("red", round, &epoch)).await;
        let joined = reader.expect("joined").await;
        assert_eq!(joined["recovered"], true, "{joined}");
        let mut stream = Stream::after(round);
        while stream.last < round * 40 + 40 {
            stream.take(seq(&reader.expect("message").await));
        }
        writer.hear(&format!("m{written}")).await;
    }
}

async fn until_caught_up(client: &mut Client, head: u64) -> Vec<Value> {
    let mut messages = Vec::new();
    loop {
        let frame = client.next().await;
        match frame["type"].as_str() {
            Some("message") => messages.push(frame),
            Some("caught_up") => {
                assert_eq!((seq(&frame), &frame["room"]), (head, &json!("red")), "{frame}");
                return messages;
            }
            _ => {}
        }
    }
}
