//! A nonce makes a send safe to repeat (`docs/protocol.md` §2).

use e2e::stream::{messages, of_type};
use e2e::{Client, Server};
use serde_json::{Value, json};

async fn ann_in_red(server: &Server) -> Client {
    let mut ann = Client::ws(server, "ann").await;
    ann.join("red").await;
    ann
}

fn message(content: &str, nonce: &str) -> Value {
    json!({"type": "message", "room": "red", "content": content, "nonce": nonce})
}

#[tokio::test]
async fn a_repeat_gets_the_first_ack_and_is_not_said_again() {
    let server = Server::start().await;
    let mut bob = Client::chat(&server, "red", "bob").await;
    let mut ann = ann_in_red(&server).await;
    let first = ann.ask(message("once", "n1")).await;
    let second = ann.ask(message("once", "n1")).await;
    for field in ["type", "room", "seq", "nonce", "timestamp"] {
        assert_eq!(first[field], second[field], "{field}");
    }
    bob.hear("once").await;
    assert!(of_type(&bob.drain().await, "message").is_empty(), "said once");
    let history = ann.ask(json!({"type": "history", "room": "red", "limit": 9})).await;
    assert_eq!(messages(&history).len(), 1);
}

#[tokio::test]
async fn a_repeat_is_known_after_kill_and_restart() {
    let mut server = Server::start().await;
    let first = ann_in_red(&server).await.ask(message("once", "n1")).await;
    server.kill();
    server.restart().await;
    let again = ann_in_red(&server).await.ask(message("once", "n1")).await;
    assert_eq!((&again["type"], &again["seq"]), (&json!("ack"), &first["seq"]));
}

#[tokio::test]
async fn the_same_nonce_with_other_words_is_a_conflict() {
    let server = Server::start().await;
    let mut ann = ann_in_red(&server).await;
    ann.ask(message("first", "n1")).await;
    let error = ann.ask(message("second", "n1")).await;
    assert_eq!((&error["type"], &error["code"]), (&json!("error"), &json!("nonce_conflict")));
    assert_eq!(ann.ask(message("second", "n2")).await["seq"], 2, "the conflict took no number");
}

#[tokio::test]
async fn a_nonce_belongs_to_its_user_and_its_room() {
    let server = Server::start().await;
    let mut ann = ann_in_red(&server).await;
    ann.join("blue").await;
    let mut bob = Client::ws(&server, "bob").await;
    bob.join("red").await;
    assert_eq!(ann.ask(message("from ann", "n1")).await["seq"], 1);
    assert_eq!(bob.ask(message("from bob", "n1")).await["seq"], 2);
    let blue = json!({"type": "message", "room": "blue", "content": "in blue", "nonce": "n1"});
    assert_eq!(ann.ask(blue).await["seq"], 1);
}

#[tokio::test]
async fn only_the_senders_own_connections_see_the_nonce() {
    let server = Server::start().await;
    let mut ann = ann_in_red(&server).await;
    let mut tab = ann_in_red(&server).await;
    let mut bob = Client::chat(&server, "red", "bob").await;
    ann.send(message("whose?", "n1")).await;
    assert_eq!(ann.hear("whose?").await["nonce"], "n1");
    assert_eq!(tab.hear("whose?").await["nonce"], "n1", "her other tab is hers, too");
    assert!(bob.hear("whose?").await.get("nonce").is_none_or(Value::is_null));
}

#[tokio::test]
async fn sixty_four_bytes_are_a_nonce_and_sixty_five_are_not() {
    let server = Server::start().await;
    let mut ann = ann_in_red(&server).await;
    assert_eq!(ann.ask(message("longest", &"n".repeat(64))).await["type"], "ack");
    let error = ann.ask(message("too long", &"n".repeat(65))).await;
    assert_eq!((&error["type"], &error["code"]), (&json!("error"), &json!("bad_frame")));
}
