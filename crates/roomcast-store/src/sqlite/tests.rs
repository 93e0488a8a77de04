//! What waits for the readers is bounded.

use super::*;
use crate::READER_QUEUE;
use std::{sync::mpsc, time::Duration};
use tokio::time::timeout;

/// A question that a reader is at until the sender is dropped.
fn occupy(store: &Sqlite) -> (mpsc::Sender<()>, Answer<()>) {
    let (release_tx, release_rx) = mpsc::channel::<()>();
    let (begun_tx, begun_rx) = mpsc::channel();
    let answer = store.ask(move |_| {
        begun_tx.send(()).unwrap();
        // An error: the sender was dropped.
        let _ = release_rx.recv();
        Ok(())
    });
    begun_rx.recv().unwrap();
    (release_tx, answer)
}

#[tokio::test]
async fn so_many_questions_wait_for_the_readers_and_not_one_more() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path(), Options::default()).unwrap();
    let head = || store.head(RoomName::parse("hall").unwrap());
    let readers: Vec<_> = (0..reader::N_READERS).map(|_| occupy(&store)).collect();
    let waiting: Vec<_> = (0..READER_QUEUE).map(|_| head()).collect();
    // What is queued is answered only when a reader is free.
    let refused = timeout(Duration::from_secs(10), head()).await;
    assert!(matches!(refused.expect("it was queued"), Err(StoreError::Overloaded)));
    for (release, answer) in readers {
        drop(release);
        answer.await.unwrap();
    }
    for answer in waiting {
        assert_eq!(answer.await.unwrap().seq, 0);
    }
    assert_eq!(head().await.unwrap().seq, 0, "there is room again");
    store.close().await.unwrap();
}
