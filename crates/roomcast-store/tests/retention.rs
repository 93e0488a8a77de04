//! Retention in a file: its bounds, and what stays over a restart.

use crate::child;
use roomcast::{
    store::{MAX_LOOK, Range, Retention, Store},
    testing::store::{append, message},
};
use roomcast_protocol::RoomName;
use std::num::NonZeroU64;

fn keep(messages: u64) -> Retention {
    Retention { max_messages: NonZeroU64::new(messages), ..Retention::default() }
}

/// Rooms whose names sort as their numbers do, with one message each.
async fn rooms(store: &dyn Store, n: usize) {
    append(store, (0..n).map(|n| message(&format!("room-{n:05}"), "ann", "x")).collect()).await;
}

#[tokio::test]
async fn a_step_looks_at_so_many_rooms_and_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let store = child::open(dir.path());
    rooms(&store, MAX_LOOK + 1).await;
    let last = RoomName::parse(&format!("room-{MAX_LOOK:05}")).unwrap();
    append(&store, vec![message(last.as_str(), "ann", "y")]).await[0].unwrap();

    let first = store.retain(keep(1), 0, None).await.unwrap();
    assert_eq!((first.forgotten, first.next.as_ref()), (None, Some(&last)), "the last room is too much");
    let second = store.retain(keep(1), 0, first.next).await.unwrap();
    assert_eq!(second.forgotten.unwrap().room, last);
    let third = store.retain(keep(1), 0, second.next).await.unwrap();
    assert_eq!((third.forgotten, third.next), (None, None));
}

#[tokio::test]
async fn the_floor_and_the_numbers_stay_over_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let hall = RoomName::parse("hall").unwrap();
    let store = child::open(dir.path());
    append(&store, vec![message("hall", "ann", "x"); 9]).await;
    assert_eq!(store.retain(keep(1), 0, None).await.unwrap().forgotten.unwrap().floor, 8);
    store.close().await.unwrap();

    let store = child::open(dir.path());
    assert_eq!(append(&store, vec![message("hall", "ann", "y")]).await[0].unwrap().seq, 10);
    let page = store.page(hall.clone(), Range::After(0), 10).await.unwrap();
    assert_eq!(page.messages.iter().map(|m| m.seq).collect::<Vec<_>>(), [9, 10]);
    assert_eq!(store.head(hall).await.unwrap().floor, 8);
}

#[tokio::test]
async fn a_closed_store_forgets_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = child::open(dir.path());
    append(&store, vec![message("hall", "ann", "x"); 9]).await;
    store.close().await.unwrap();
    assert!(store.retain(keep(1), 0, None).await.is_err());
}
