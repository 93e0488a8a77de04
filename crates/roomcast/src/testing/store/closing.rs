//! Ends: `close`, and a queue that is full.

use super::{Results, append, head, message, send, with_nonce};
use crate::store::{Append, AppendError, Store, StoreError};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

/// Messages that may wait for their answer before a store must refuse more (I8).
const WAITING: usize = 100_000;
/// Messages that are sent in one batch here.
const BATCH: usize = 100;

/// After `close` nothing is appended, and closing twice is harmless.
pub(super) async fn refuses_what_comes_later(store: Arc<dyn Store>) {
    append(&*store, vec![message("hall", "ann", "hello")]).await;
    store.close().await.expect("closed");
    let results =
        append(&*store, vec![message("hall", "ann", "late"), message("hall", "ann", "later")]).await;
    assert_eq!(results, [Err(AppendError::Unavailable); 2], "a closed store refuses what comes later");
    let read = store.head(super::room_name("hall")).await;
    assert!(matches!(read, Err(StoreError::Unavailable(_))), "a closed store answers no questions: {read:?}");
    store.close().await.expect("closing twice is harmless");
}

/// What was appended before `close` is committed and answered.
pub(super) async fn answers_what_came_before(store: Arc<dyn Store>) {
    let answers: Vec<_> = (0..50).map(|_| send(&*store, vec![message("hall", "ann", "hello")])).collect();
    store.close().await.expect("closed");
    for (n, answer) in (1..).zip(answers) {
        assert_eq!(super::fresh(answer.await[0]), n, "close commits what was queued");
    }
}

/// While the writer stands still, a store answers everything at once or refuses at some point: its queue has a
/// bound. What is refused is refused whole, and what was queued is appended.
pub(super) async fn a_full_queue_is_said(store: Arc<dyn Store>) {
    let release = stop_the_writer(&store);
    let waiting = Arc::new(AtomicUsize::new(0));
    let (results_tx, results_rx) = mpsc::channel();
    for n in 0..WAITING / BATCH {
        waiting.fetch_add(BATCH, Ordering::Relaxed);
        let (waiting, results_tx) = (Arc::clone(&waiting), results_tx.clone());
        let done = move |results: Results| {
            waiting.fetch_sub(BATCH, Ordering::Relaxed);
            drop(results_tx.send(results));
        };
        store.append(numbered(n), Box::new(done));
    }
    assert!(waiting.load(Ordering::Relaxed) < WAITING, "a queue without a bound");
    drop((release, results_tx));
    let mut appended = 1;
    for results in results_rx {
        let n_refused = results.iter().filter(|r| **r == Err(AppendError::Overloaded)).count();
        assert!(n_refused == 0 || n_refused == BATCH, "a batch was refused in part");
        appended += results.iter().filter(|r| r.is_ok()).count() as u64;
    }
    append(&*store, vec![message("hall", "ann", "afterwards")]).await[0].expect("room in the queue again");
    assert_eq!(head(&*store, "hall").await, appended + 1, "what was not refused was appended");
}

fn numbered(batch: usize) -> Vec<Append> {
    (0..BATCH).map(|n| with_nonce(&format!("{batch}.{n}"), message("hall", "ann", "hello"))).collect()
}

/// Holds the writer inside a `done`, until the sender is dropped. A store that answers on the caller's thread holds
/// only that.
fn stop_the_writer(store: &Arc<dyn Store>) -> mpsc::Sender<()> {
    let (release_tx, release_rx) = mpsc::channel::<()>();
    let (stopped_tx, stopped_rx) = mpsc::channel();
    let store = Arc::clone(store);
    thread::spawn(move || {
        let done = move |_: Results| {
            stopped_tx.send(()).expect("somebody waits");
            // An error: the sender was dropped.
            let _ = release_rx.recv();
        };
        store.append(vec![message("hall", "ann", "first")], Box::new(done));
    });
    stopped_rx.recv().expect("done is called");
    release_tx
}
