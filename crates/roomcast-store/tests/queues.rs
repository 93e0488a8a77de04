//! What waits for the writer is bounded in messages and in bytes, for both stores alike. (For the readers:
//! `src/sqlite/tests.rs` and `postgres/outages.rs`.)

use crate::child;
use roomcast::{
    store::{Append, AppendError, Appended, Position, Store},
    testing::store::{append, message, send},
};
use roomcast_protocol::RoomName;
use roomcast_store::{Sqlite, WRITER_QUEUE, WRITER_QUEUE_BYTES};
use std::{sync::mpsc, time::Duration};
use tokio::time::timeout;

/// Holds the writer where it tells of a commit, until the sender is dropped.
fn hold_the_writer(store: &Sqlite) -> mpsc::Sender<()> {
    let (release_tx, release_rx) = mpsc::channel::<()>();
    let (held_tx, held_rx) = mpsc::channel();
    let done = move |_: Vec<Result<Appended, AppendError>>| {
        held_tx.send(()).unwrap();
        // An error: the sender was dropped.
        let _ = release_rx.recv();
    };
    store.append(vec![message("hall", "ann", "first")], Box::new(done));
    held_rx.recv().unwrap();
    release_tx
}

/// Fills the queue with these batches to the last place, and sees that `one_more` is refused, and later is not.
async fn fill(batches: Vec<Vec<Append>>, one_more: Append) {
    let dir = tempfile::tempdir().unwrap();
    let store = child::open(dir.path());
    let release = hold_the_writer(&store);
    let n: usize = batches.iter().map(Vec::len).sum();
    let waiting: Vec<_> = batches.into_iter().map(|batch| send(&store, batch)).collect();
    // What is queued is answered only when the writer goes on.
    let refused = timeout(Duration::from_secs(10), append(&store, vec![one_more.clone()])).await;
    assert_eq!(refused.expect("it was queued"), [Err(AppendError::Overloaded)]);
    drop(release);
    let mut seqs = Vec::new();
    for answer in waiting {
        seqs.extend(answer.await.into_iter().map(|result| result.unwrap().seq));
    }
    assert!(seqs.into_iter().eq(2..n as u64 + 2), "all that waited were written, in order");
    assert_eq!(append(&store, vec![one_more]).await[0].unwrap().seq, n as u64 + 2);
    let hall = RoomName::parse("hall").unwrap();
    assert_eq!(store.heads(vec![hall]).await.unwrap(), [Position { seq: n as u64 + 2, change: 0 }]);
}

#[tokio::test]
async fn so_many_messages_wait_for_the_writer_and_not_one_more() {
    let batch = vec![message("hall", "ann", "x"); 1024];
    fill(vec![batch; WRITER_QUEUE / 1024], message("hall", "ann", "x")).await;
}

#[tokio::test]
async fn so_many_bytes_wait_for_the_writer_and_not_one_more() {
    let large = message("hall", "ann", &"x".repeat(1 << 20));
    fill(vec![vec![large]; WRITER_QUEUE_BYTES >> 20], message("hall", "ann", "x")).await;
}

#[tokio::test]
async fn a_batch_beyond_the_queue_is_refused_even_where_nothing_waits() {
    let dir = tempfile::tempdir().unwrap();
    let store = child::open(dir.path());
    let batch = vec![message("hall", "ann", "x"); WRITER_QUEUE + 1];
    let results = append(&store, batch).await;
    assert!(results.len() == WRITER_QUEUE + 1 && results.iter().all(|r| *r == Err(AppendError::Overloaded)));
    assert_eq!(append(&store, vec![message("hall", "ann", "x")]).await[0].unwrap().seq, 1);
}
