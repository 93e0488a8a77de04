//! `/ws`: many rooms on one connection (`docs/protocol.md` §1–§3).

use e2e::stream::{of_type, texts};
use e2e::{Client, Server};
use serde_json::json;

#[tokio::test]
async fn one_connection_joins_several_rooms_and_hears_each_under_its_name() {
    let server = Server::start().await;
    let mut ann = Client::ws(&server, "ann").await;
    let (red, blue) = (ann.join("red").await, ann.join("blue").await);
    assert_eq!((&red["id"], &blue["id"]), (&json!("join red"), &json!("join blue")));
    let mut bob = Client::chat(&server, "blue", "bob").await;
    bob.say("hello blue").await;
    assert_eq!(ann.hear("hello blue").await["room"], "blue");
    ann.send(json!({"type": "message", "room": "red", "content": "hello red"})).await;
    assert_eq!(ann.hear("hello red").await["room"], "red");
    let heard = bob.drain().await;
    assert!(of_type(&heard, "message").is_empty(), "{heard:?}");
}

#[tokio::test]
async fn joining_brings_the_position_the_people_and_the_own_join() {
    let server = Server::start().await;
    let mut ann = Client::ws(&server, "ann").await;
    ann.send(json!({"type": "join", "room": "red", "id": 1})).await;
    let frames = [ann.next().await, ann.next().await, ann.next().await];
    assert_eq!(texts(&frames, "type"), ["joined", "presence", "join"]);
    assert_eq!(frames[0]["id"], 1);
}

#[tokio::test]
async fn leaving_is_answered_told_to_the_others_and_final() {
    let server = Server::start().await;
    let mut bob = Client::chat(&server, "red", "bob").await;
    let mut ann = Client::ws(&server, "ann").await;
    ann.join("red").await;
    let left = ann.ask(json!({"type": "leave", "room": "red"})).await;
    assert_eq!((&left["type"], &left["room"]), (&json!("left"), &json!("red")));
    assert_eq!(bob.expect("leave").await["user"], "ann");
    bob.say("is she gone?").await;
    let heard = ann.drain().await;
    assert!(of_type(&heard, "message").is_empty(), "{heard:?}");
    let refused = ann.ask(json!({"type": "message", "room": "red", "content": "from outside"})).await;
    assert_eq!(refused["code"], "not_joined");
    ann.join("red").await;
    assert_eq!(bob.expect("join").await["user"], "ann", "one may come again");
}

#[tokio::test]
async fn every_command_needs_a_room_that_was_joined() {
    let server = Server::start().await;
    let mut ann = Client::ws(&server, "ann").await;
    for command in [
        json!({"type": "message", "room": "red", "content": "hi"}),
        json!({"type": "typing", "room": "red"}),
        json!({"type": "history", "room": "red", "limit": 5}),
        json!({"type": "leave", "room": "red"}),
    ] {
        let error = ann.ask(command.clone()).await;
        assert_eq!((&error["type"], &error["code"]), (&json!("error"), &json!("not_joined")), "{command}");
    }
}

#[tokio::test]
async fn a_frame_that_concerns_a_room_must_name_it() {
    let server = Server::start().await;
    let mut ann = Client::ws(&server, "ann").await;
    ann.join("red").await;
    for command in [
        json!({"type": "message", "content": "hi"}),
        json!({"type": "typing"}),
        json!({"type": "history", "limit": 5}),
        json!({"type": "join"}),
        json!({"type": "leave"}),
    ] {
        let error = ann.ask(command.clone()).await;
        assert_eq!((&error["type"], &error["code"]), (&json!("error"), &json!("bad_frame")), "{command}");
    }
}

#[tokio::test]
async fn an_id_comes_back_as_it_was_string_or_number() {
    let server = Server::start().await;
    let mut ann = Client::ws(&server, "ann").await;
    ann.join("red").await;
    let longest = "x".repeat(64);
    for id in [json!(7), json!("seven"), json!(""), json!(longest), json!(9_007_199_254_740_991_u64)] {
        ann.send(json!({"type": "ping", "id": id})).await;
        assert_eq!(ann.expect("pong").await["id"], id);
        ann.send(json!({"type": "history", "room": "red", "limit": 1, "id": id})).await;
        assert_eq!(ann.expect("history").await["id"], id);
        ann.send(json!({"type": "nonsense", "id": id})).await;
        assert_eq!(ann.expect("error").await["id"], id);
    }
}

#[tokio::test]
async fn an_ack_tells_the_number_the_time_and_the_budget() {
    let server = Server::start().await;
    let mut ann = Client::ws(&server, "ann").await;
    ann.join("red").await;
    let message = json!({"type": "message", "room": "red", "content": "hi", "nonce": "n1"});
    let ack = ann.ask(message).await;
    assert_eq!((&ack["type"], &ack["room"]), (&json!("ack"), &json!("red")), "{ack}");
    assert_eq!((&ack["seq"], &ack["nonce"]), (&json!(1), &json!("n1")), "{ack}");
    assert!(ack["timestamp"].is_u64() && ack["budget"]["remaining"].is_u64(), "{ack}");
    assert!(ack["budget"]["reset_ms"].as_u64().is_some_and(|reset| reset <= 1_000), "{ack}");
}

#[tokio::test]
async fn a_second_join_of_the_same_room_changes_nothing() {
    let server = Server::start().await;
    let mut bob = Client::chat(&server, "red", "bob").await;
    let mut ann = Client::ws(&server, "ann").await;
    ann.join("red").await;
    bob.expect("join").await;
    ann.ask(json!({"type": "join", "room": "red"})).await;
    bob.say("how often do you hear me?").await;
    let heard = ann.drain().await;
    let once = of_type(&heard, "message").len();
    assert!(once <= 1 && of_type(&bob.drain().await, "join").is_empty(), "{heard:?}");
}

#[tokio::test]
async fn a_ping_is_answered_on_both_endpoints() {
    let server = Server::start().await;
    for path in ["/ws?user=ann", "/chat/general?user=ann"] {
        let mut ann = Client::open(server.address(), path).await;
        ann.send(json!({"type": "ping"})).await;
        ann.expect("pong").await;
    }
}

#[tokio::test]
async fn the_one_room_of_chat_is_the_only_one() {
    let server = Server::start().await;
    let mut ann = Client::chat(&server, "red", "ann").await;
    ann.send(json!({"type": "message", "room": "red", "content": "named, and right"})).await;
    ann.hear("named, and right").await;
    for command in [
        json!({"type": "message", "room": "blue", "content": "hi"}),
        json!({"type": "history", "room": "blue", "limit": 1}),
        json!({"type": "join", "room": "blue"}),
    ] {
        assert_eq!(ann.ask(command.clone()).await["type"], "error", "{command}");
    }
}
