//! Heads of several rooms, and the list of rooms.

use super::{append, head, message, room_name};
use crate::store::{Head, Position, Store, Summary};
use std::sync::Arc;

/// One head for each room that was asked for, known or not, once or twice; asking creates nothing.
pub(super) async fn heads_in_the_order_asked(store: Arc<dyn Store>) {
    let batch = ["hall", "attic", "hall", "hall"].map(|room| message(room, "ann", "hello"));
    append(&*store, batch.to_vec()).await;
    let asked = ["nowhere", "attic", "hall", "attic"].map(room_name);
    assert_eq!(
        store.heads(asked.to_vec()).await.expect("heads"),
        [0, 1, 3, 1].map(|seq| Position { seq, change: 0 }),
        "heads come in the order asked"
    );
    assert!(store.heads(Vec::new()).await.expect("heads").is_empty());
    assert_eq!(head(&*store, "nowhere").await, 0, "an unknown room stands at 0");
    let rooms = store.rooms(None, 10).await.expect("rooms");
    assert_eq!(rooms.len(), 2, "asking does not create a room");
    let Head { epoch, floor, .. } = store.head(room_name("hall")).await.expect("a head");
    assert_eq!(floor, 0, "nothing was forgotten yet");
    assert_eq!(epoch, store.epoch(), "one log has one epoch");
    let nowhere = store.head(room_name("nowhere")).await.expect("a head");
    assert_eq!(epoch, nowhere.epoch, "one log has one epoch");
    assert!((4..=64).contains(&epoch.len()), "an epoch is a short string");
}

/// Rooms by name, page by page, each with its newest number and time.
pub(super) async fn rooms_by_name(store: Arc<dyn Store>) {
    assert!(store.rooms(None, 10).await.expect("rooms").is_empty());
    let names = ["b", "a", "é", "a-1", "a.b", "z", "10", "9"];
    let batch: Vec<_> =
        names.into_iter().chain(["z", "9"]).map(|room| message(room, "ann", "hello")).collect();
    append(&*store, batch.clone()).await;
    let mut expected: Vec<Summary> = Vec::new();
    for message in batch {
        let head = 1 + expected.iter().filter(|s| s.room == message.room).map(|s| s.head).sum::<u64>();
        expected.retain(|summary| summary.room != message.room);
        expected.push(Summary { room: message.room, head, last_at_ms: message.at_ms });
    }
    expected.sort_by(|a, b| a.room.cmp(&b.room));
    assert_eq!(store.rooms(None, usize::MAX).await.expect("rooms"), expected, "rooms are listed by name");
    let mut listed: Vec<Summary> = Vec::new();
    for _ in 0..expected.len() {
        let after = listed.last().map(|summary| summary.room.clone());
        listed.extend(store.rooms(after, 3).await.expect("rooms"));
    }
    assert_eq!(listed, expected, "rooms are listed page by page");
    let after_unknown = store.rooms(Some(room_name("a-2")), 1).await.expect("rooms");
    assert_eq!(after_unknown[0].room, room_name("a.b"), "a list goes on after a name that is not there");
}
