//! What one connection may have under way, how many rooms it may be in, and how much it is sent at once.

use crate::{Client, World, guest, watched::watched};
use roomcast::{
    limits::MAX_ROOMS,
    store::{MAX_PAGE, Range, Store},
    testing::store::{append, message},
};
use serde_json::json;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn with_64_messages_on_their_way_nobody_is_read() {
    let (store, world) = watched().await;
    store.hold();
    let mut ann = world.settled("hall", "ann").await;
    for n in 0..200 {
        ann.send(json!({"type": "message", "content": "x", "id": n})).await;
    }
    let full = async {
        while store.waiting() < 64 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), full).await.expect("it is never full");
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(store.waiting(), 64);
    store.release();
    for n in 0..200 {
        assert_eq!(ann.until("ack").await["id"], n);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_is_in_so_many_rooms_and_not_in_one_more() {
    let world = World::start().await;
    let mut ann = Client::connect(world.address, "/ws?user=ann").await;
    // All at once: what is checked must be what was there before.
    for n in 0..=MAX_ROOMS {
        ann.send(json!({"type": "join", "room": format!("room-{n}"), "id": n})).await;
    }
    for n in 0..MAX_ROOMS {
        assert_eq!(ann.until("joined").await["id"], n);
    }
    let error = ann.until("error").await;
    assert_eq!((&error["code"], &error["id"]), (&json!("limit"), &json!(MAX_ROOMS)));
    ann.send(json!({"type": "join", "room": "room-7", "id": "again"})).await;
    assert_eq!(ann.until("joined").await["id"], "again", "it is no further room");
    ann.send(json!({"type": "leave", "room": "room-7", "id": "left"})).await;
    ann.send(json!({"type": "join", "room": "another", "id": "free"})).await;
    assert_eq!(ann.until("joined").await["id"], "free");
}

/// Which pages somebody is read who comes back after `n` messages.
async fn pages_of(n: usize) -> Vec<(Range, usize)> {
    let (store, world) = watched().await;
    world.say("hall", n, "x").await;
    let path = format!("/chat/hall?user=ann&since=0&epoch={}", store.epoch());
    let mut ann = Client::connect(world.address, &path).await;
    assert_eq!(ann.seqs(n).await, (1..=n as u64).collect::<Vec<_>>());
    ann.until("caught_up").await;
    store.pages()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_is_read_pages_of_so_many_messages() {
    let after = |seqs: &[u64]| seqs.iter().map(|seq| (Range::After(*seq), 200)).collect::<Vec<_>>();
    assert_eq!(pages_of(200).await, after(&[0]));
    assert_eq!(pages_of(401).await, after(&[0, 200, 400]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_rooms_goes_on_beyond_the_longest_page() {
    let world = World::start().await;
    for n in [MAX_PAGE, MAX_PAGE + 1] {
        let batch = (0..n).map(|n| message(&format!("room-{n:04}"), "ann", "hello")).collect();
        append(world.chat.store(), batch).await;
        let names = world.chat.room_names(&guest()).await.unwrap();
        assert!(names.iter().map(ToString::to_string).eq((0..n).map(|n| format!("room-{n:04}"))), "{n}");
    }
}
