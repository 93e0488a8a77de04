//! SIGTERM: a goodbye to everyone, everything kept, exit 0 (`docs/protocol.md` §6, `docs/operations.md`).

use std::time::Duration;

use e2e::stream::messages;
use e2e::{Client, Server, http};
use serde_json::json;

#[tokio::test]
async fn everyone_is_told_and_the_server_ends_with_0_within_ten_seconds() {
    let mut server = Server::start().await;
    let mut clients = Vec::new();
    for number in 0..20 {
        clients.push(Client::chat(&server, "general", &format!("user{number}")).await);
    }
    server.terminate();
    for client in &mut clients {
        let goodbye = client.expect("going_away").await;
        assert_eq!(goodbye["reconnect"], true, "{goodbye}");
        assert!(goodbye["retry_after_ms"].is_u64() && goodbye["reason"].is_string(), "{goodbye}");
        let code = client.closed(Duration::from_secs(8)).await.expect("a close frame");
        assert!([1001, 1012].contains(&code), "{code}");
        assert_eq!(goodbye["code"], code);
    }
    let (status, took) = server.ended().await;
    assert_eq!(status.code(), Some(0), "{status}: {}", server.log());
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[tokio::test]
async fn what_was_acked_before_the_end_is_there_after_it() {
    let mut server = Server::start().await;
    let mut ann = Client::chat(&server, "general", "ann").await;
    let ack = ann.ask(json!({"type": "message", "content": "last words", "nonce": "n"})).await;
    let epoch = epoch(&server).await;
    server.terminate();
    server.ended().await;
    server.restart().await;
    let mut ann = Client::chat(&server, "general", "ann").await;
    let history = ann.ask(json!({"type": "history", "limit": 5})).await;
    assert_eq!(messages(&history).len(), 1);
    assert_eq!(
        (&messages(&history)[0]["seq"], &messages(&history)[0]["content"]),
        (&ack["seq"], &json!("last words"))
    );
    assert_eq!(epoch, self::epoch(&server).await);
}

async fn epoch(server: &Server) -> serde_json::Value {
    Client::ws(server, "guest").await.join("general").await["epoch"].clone()
}

/// A client that answers nothing must not hold the end up: two clients, one that never reads its close frame.
#[tokio::test]
async fn who_does_not_answer_the_goodbye_does_not_hold_it_up() {
    let mut server = Server::start().await;
    let mut deaf = e2e::Raw::open(server.address(), "/chat/general?user=deaf").await;
    deaf.expect("join").await;
    server.terminate();
    let (status, took) = server.ended().await;
    assert_eq!(status.code(), Some(0));
    assert!(took < Duration::from_secs(10), "{took:?}");
    deaf.expect("going_away").await;
}

#[tokio::test]
async fn while_it_ends_it_is_not_ready_and_takes_nobody_new() {
    let mut server = Server::start().await;
    let mut deaf = e2e::Raw::open(server.address(), "/chat/general?user=deaf").await;
    deaf.expect("join").await;
    server.terminate();
    deaf.expect("going_away").await;
    // Gone already is as good an answer as 503.
    let ready = http::try_get(server.admin(), "/readyz").await.map_or(503, |answer| answer.status);
    assert_eq!(ready, 503);
    assert!(Client::try_open(server.address(), "/chat/general?user=late").await.is_err());
    server.ended().await;
}

#[tokio::test]
async fn a_successor_starts_at_once_on_the_same_port_and_data() {
    let mut server = Server::start().await;
    let mut ann = Client::chat(&server, "general", "ann").await;
    ann.say("before").await;
    server.terminate();
    server.ended().await;
    server.restart().await;
    let mut ann = Client::chat(&server, "general", "ann").await;
    assert_eq!(ann.say("after").await["seq"], 2);
}

#[tokio::test]
async fn sigint_ends_it_just_as_well() {
    let mut server = Server::start().await;
    let mut ann = Client::chat(&server, "general", "ann").await;
    server.interrupt();
    ann.expect("going_away").await;
    assert_eq!(server.ended().await.0.code(), Some(0));
}
