//! Retention while people talk: what is forgotten is gone for everyone at once, and everyone is told.

use crate::{
    World,
    resume::{back, epoch},
};
use roomcast::{
    Options,
    bus::Local,
    protocol::RoomName,
    store::{Retention, Store, memory::Memory},
};
use serde_json::json;
use std::{num::NonZeroU64, sync::Arc, time::Duration};

const KEPT: u64 = 20;

/// A world that keeps few messages, and its store.
async fn forgetful() -> (Arc<Memory>, World) {
    let store = Arc::new(Memory::default());
    let retention = Retention { max_messages: NonZeroU64::new(KEPT), ..Retention::default() };
    let chat = Options { retention, retention_every: Duration::from_millis(5), ..Options::default() };
    let world = World::with_chat(store.clone(), Arc::new(Local::default()), Default::default(), chat).await;
    (store, world)
}

async fn until_forgotten(world: &World, messages: u64) {
    let forgotten = async {
        while world.chat.stats().forgotten < messages {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), forgotten).await.expect("retention runs");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_there_misses_nothing_and_who_comes_back_from_below_the_floor_is_told() {
    let (store, world) = forgetful().await;
    let epoch = epoch(&world).await;
    let mut ann = world.settled("hall", "ann").await;
    world.say("hall", 300, "x").await;
    assert_eq!(
        ann.seqs(300).await,
        (1..=300).collect::<Vec<_>>(),
        "live messages come whatever is forgotten"
    );
    until_forgotten(&world, 300 - KEPT).await;
    let floor = store.head(RoomName::parse("hall").unwrap()).await.unwrap().floor;
    assert_eq!(floor, 300 - KEPT);

    let mut below = back(&world, floor - 1, &epoch).await;
    let joined = below.until("joined").await;
    assert_eq!((&joined["recovered"], &joined["reason"]), (&json!(false), &json!("retention")));
    let reset = below.until("reset").await;
    assert_eq!((&reset["reason"], &reset["head"]), (&json!("retention"), &json!(300)));

    let mut at = back(&world, floor, &epoch).await;
    assert_eq!(at.until("joined").await["recovered"], true);
    assert_eq!(at.seqs(KEPT as usize).await, (floor + 1..=300).collect::<Vec<_>>());

    ann.send(json!({"type": "history", "limit": 200, "after": 0})).await;
    let page = ann.until("history").await;
    assert_eq!(page["messages"].as_array().unwrap().len() as u64, KEPT);
    assert_eq!(page["messages"][0]["seq"], floor + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_limit_nothing_is_forgotten() {
    let world = World::start().await;
    world.say("hall", 300, "x").await;
    assert_eq!(world.chat.stats().forgotten, 0);
    assert_eq!(world.chat.store().head(RoomName::parse("hall").unwrap()).await.unwrap().floor, 0);
}
