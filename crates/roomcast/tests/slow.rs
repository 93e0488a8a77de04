//! A reader that falls behind is not closed: it is refilled from history when it reads again.

use crate::World;
use roomcast::{bus::Local, socket, store::memory::Memory};
use serde_json::json;
use std::sync::{Arc, atomic::Ordering};

#[tokio::test(flavor = "multi_thread")]
async fn who_was_behind_misses_nothing_and_others_notice_nothing() {
    let options = socket::Options { outbox_bytes: 128 * 1024, ..Default::default() };
    let world = World::with(Arc::new(Memory::default()), Arc::new(Local::default()), options).await;
    let mut slow = world.settled("hall", "slow").await;
    let mut quick = world.settled("hall", "quick").await;
    let content = "x".repeat(3900);
    let reading = async { assert_eq!(quick.seqs(3000).await, (1..=3000).collect::<Vec<_>>()) };
    tokio::join!(world.say("hall", 3000, &content), reading);
    assert!(world.chat.hub().counters().behind.load(Ordering::Relaxed) > 0, "the test must fill the outbox");
    assert_eq!(slow.seqs(3000).await, (1..=3000).collect::<Vec<_>>());
    slow.until("caught_up").await;
    slow.send(json!({"type": "message", "content": "awake"})).await;
    assert_eq!(quick.until("message").await["content"], "awake");
    assert_eq!(slow.until("message").await["seq"], 3001);
}
