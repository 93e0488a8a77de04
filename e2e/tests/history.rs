//! Pages of history (`docs/protocol.md` §2): the newest, before, after, around.

use e2e::stream::{messages, seqs};
use e2e::{Client, Server, http};
use serde_json::{Value, json};

/// A server without the rate limit in the way, and a room of `count` messages.
async fn room_of(count: u64) -> (Server, Client) {
    let server = Server::start_with(&[("ROOMCAST_LIMITS__MESSAGES", "10000/1s")]).await;
    let mut ann = Client::chat(&server, "general", "ann").await;
    for number in 1..=count {
        ann.send(json!({"type": "message", "content": format!("m{number}")})).await;
    }
    ann.hear(&format!("m{count}")).await;
    (server, ann)
}

async fn page(client: &mut Client, query: Value) -> (Vec<u64>, bool) {
    let mut frame = query;
    frame["type"] = "history".into();
    let history = client.ask(frame).await;
    assert_eq!((&history["type"], &history["room"]), (&json!("history"), &json!("general")), "{history}");
    (seqs(&messages(&history)), history["more"].as_bool().expect("more is said"))
}

#[tokio::test]
async fn a_page_is_capped_at_two_hundred() {
    let (_server, mut ann) = room_of(205).await;
    for limit in [200, 201, 1_000_000] {
        let (seqs, more) = page(&mut ann, json!({"limit": limit})).await;
        assert_eq!(seqs, (6..=205).collect::<Vec<_>>(), "limit {limit}");
        assert!(more, "five older ones are left");
    }
}

#[tokio::test]
async fn a_page_without_a_limit_has_fifty() {
    let (_server, mut ann) = room_of(60).await;
    assert_eq!(page(&mut ann, json!({})).await, ((11..=60).collect(), true));
}

#[tokio::test]
async fn pages_go_back_before_and_forward_after_a_number() {
    let (_server, mut ann) = room_of(30).await;
    assert_eq!(page(&mut ann, json!({"limit": 4})).await, (vec![27, 28, 29, 30], true));
    assert_eq!(page(&mut ann, json!({"limit": 4, "before": 27})).await, (vec![23, 24, 25, 26], true));
    assert_eq!(page(&mut ann, json!({"limit": 4, "before": 3})).await, (vec![1, 2], false));
    assert_eq!(page(&mut ann, json!({"limit": 4, "before": 1})).await, (vec![], false));
    assert_eq!(page(&mut ann, json!({"limit": 4, "after": 0})).await, (vec![1, 2, 3, 4], true));
    assert_eq!(page(&mut ann, json!({"limit": 4, "after": 28})).await, (vec![29, 30], false));
    assert_eq!(page(&mut ann, json!({"limit": 4, "after": 30})).await, (vec![], false));
}

#[tokio::test]
async fn a_page_around_a_number_contains_it_in_the_middle() {
    let (_server, mut ann) = room_of(30).await;
    let (seqs, _) = page(&mut ann, json!({"limit": 5, "around": 15})).await;
    assert!(seqs.len() == 5 && seqs.contains(&15), "{seqs:?}");
    assert!(seqs.windows(2).all(|two| two[1] == two[0] + 1), "{seqs:?}");
    assert!((12..=15).contains(&seqs[0]), "it lies around, not beside: {seqs:?}");
}

#[tokio::test]
async fn walking_back_page_by_page_meets_every_message_once() {
    let (_server, mut ann) = room_of(53).await;
    let (mut walked, mut more) = page(&mut ann, json!({"limit": 10})).await;
    while more {
        let (mut older, again) = page(&mut ann, json!({"limit": 10, "before": walked[0]})).await;
        older.append(&mut walked);
        (walked, more) = (older, again);
    }
    assert_eq!(walked, (1..=53).collect::<Vec<_>>());
}

#[tokio::test]
async fn rest_and_socket_tell_the_same_history() {
    let (server, mut ann) = room_of(10).await;
    let history = ann.ask(json!({"type": "history", "limit": 5, "before": 9})).await;
    let page = http::get(server.address(), "/api/v1/rooms/general/messages?limit=5&before=9").await.json();
    assert_eq!(seqs(&messages(&page)), seqs(&messages(&history)));
    assert_eq!(messages(&page), messages(&history));
}

#[tokio::test]
async fn history_is_there_after_a_restart() {
    let (mut server, mut ann) = room_of(5).await;
    let before = messages(&ann.ask(json!({"type": "history", "limit": 10})).await);
    server.kill();
    server.restart().await;
    let mut ann = Client::chat(&server, "general", "ann").await;
    let after = messages(&ann.ask(json!({"type": "history", "limit": 10})).await);
    assert_eq!(before, after);
}
