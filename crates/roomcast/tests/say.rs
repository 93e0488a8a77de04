//! Saying things: echo, acknowledgement, nonces, refusals.

use crate::World;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn the_sender_hears_itself_and_an_id_is_acknowledged() {
    let world = World::start().await;
    let (mut ann, mut bob) = (world.settled("hall", "ann").await, world.settled("hall", "bob").await);
    ann.send(json!({"type": "message", "content": "hello", "id": 7})).await;
    for client in [&mut ann, &mut bob] {
        let message = client.until("message").await;
        assert_eq!(
            (&message["seq"], &message["user"], &message["content"]),
            (&json!(1), &json!("ann"), &json!("hello"))
        );
        assert!(message["timestamp"].as_u64().unwrap() > 1_700_000_000, "whole seconds");
    }
    bob.send(json!({"type": "message", "content": "hi", "id": "x"})).await;
    let ack = bob.until("ack").await;
    assert_eq!((&ack["id"], &ack["seq"], &ack["room"]), (&json!("x"), &json!(2), &json!("hall")));
    assert!(ack["budget"]["remaining"].is_u64());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_is_seen_by_its_sender_alone_on_all_of_their_connections() {
    let world = World::start().await;
    let mut ann = world.settled("hall", "ann").await;
    let (mut tab, mut bob) = (world.settled("hall", "ann").await, world.settled("hall", "bob").await);
    bob.send(json!({"type": "message", "content": "before"})).await;
    ann.send(json!({"type": "message", "content": "mine", "nonce": "n1", "id": 1})).await;
    bob.send(json!({"type": "message", "content": "after"})).await;
    for (client, own) in [(&mut ann, true), (&mut tab, true), (&mut bob, false)] {
        let mut contents = Vec::new();
        for _ in 0..3 {
            let message = client.until("message").await;
            if message["content"] == "mine" {
                assert_eq!(message.get("nonce"), own.then_some(&json!("n1")), "{message}");
            }
            contents.push(message["seq"].as_u64().unwrap());
        }
        assert_eq!(contents, [1, 2, 3]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_nonce_is_acknowledged_alike_and_shown_once() {
    let world = World::start().await;
    let (mut ann, mut bob) = (world.settled("hall", "ann").await, world.settled("hall", "bob").await);
    ann.send(json!({"type": "message", "content": "once", "nonce": "n", "id": 1})).await;
    let first = ann.until("ack").await;
    ann.send(json!({"type": "message", "content": "once", "nonce": "n", "id": 2})).await;
    let second = ann.until("ack").await;
    assert_eq!((&first["seq"], &first["timestamp"]), (&second["seq"], &second["timestamp"]));
    ann.send(json!({"type": "message", "content": "other", "nonce": "n", "id": 3})).await;
    let error = ann.until("error").await;
    assert_eq!(
        (&error["code"], &error["id"], &error["temporary"]),
        (&json!("nonce_conflict"), &json!(3), &json!(false))
    );
    bob.until("message").await;
    bob.hears_no("message").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_names_its_reason_and_the_connection_goes_on() {
    let world = World::start().await;
    let mut ann = world.settled("hall", "ann").await;
    let cases = [
        (json!({"type": "message", "content": "  ", "id": 1}), "empty"),
        (json!({"type": "message", "content": "x".repeat(4001), "id": 1}), "too_large"),
        (json!({"type": "message", "id": 1}), "bad_frame"),
        (json!({"type": "dance", "id": 1}), "unknown_type"),
        (json!({"type": "react", "seq": 1, "emoji": "x", "on": true, "id": 1}), "unknown_type"),
        (json!({"type": "leave", "room": "hall", "id": 1}), "forbidden"),
        (json!({"type": "join", "room": "other", "id": 1}), "forbidden"),
        (json!({"type": "message", "room": "other", "content": "x", "id": 1}), "not_joined"),
        (json!({"type": "message", "room": "a b", "content": "x", "id": 1}), "bad_name"),
        (json!({"type": "auth", "token": "t", "id": 1}), "forbidden"),
    ];
    for (frame, code) in cases {
        ann.send(frame.clone()).await;
        let error = ann.until("error").await;
        assert_eq!((error["code"].as_str(), &error["id"]), (Some(code), &json!(1)), "{frame}");
    }
    ann.0.send("{oops").await.unwrap();
    assert_eq!(ann.until("error").await["code"], "bad_frame");
    ann.send(json!({"type": "message", "content": "still here"})).await;
    assert_eq!(ann.until("message").await["content"], "still here");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_is_in_many_rooms() {
    let world = World::start().await;
    let mut ann = crate::Client::connect(world.address, "/ws?user=ann").await;
    assert_eq!(ann.next().await["type"], "hello");
    for room in ["a", "b"] {
        ann.send(json!({"type": "join", "room": room, "id": room})).await;
        let joined = ann.until("joined").await;
        assert_eq!((&joined["id"], &joined["room"]), (&json!(room), &json!(room)));
    }
    ann.send(json!({"type": "message", "content": "where?", "id": 1})).await;
    assert_eq!(ann.until("error").await["code"], "bad_frame");
    ann.send(json!({"type": "message", "room": "B", "content": "here", "id": 1})).await;
    assert_eq!(ann.until("message").await["room"], "b", "names are canonical");
    ann.send(json!({"type": "leave", "room": "b", "id": 2})).await;
    assert_eq!(ann.until("left").await["room"], "b");
    world.say("b", 1, "unheard").await;
    world.say("a", 1, "heard").await;
    assert_eq!(ann.until("message").await["content"], "heard");
}
