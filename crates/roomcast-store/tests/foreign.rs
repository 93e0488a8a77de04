//! Another program has the database open, as an operator with `sqlite3` does (P11, P12, P24 of docs/reliability.md).

use crate::child;
use roomcast::{
    protocol::MAX_SEQ,
    store::{AppendError, Range, Store},
    testing::store::{append, message},
};
use roomcast_protocol::RoomName;
use rusqlite::Connection;
use std::{fs, path::Path, time::Duration};
use tokio::time::timeout;

fn hall() -> RoomName {
    RoomName::parse("hall").unwrap()
}

fn foreign(dir: &Path) -> Connection {
    Connection::open(dir.join("roomcast.db")).unwrap()
}

/// Longer than the writer is patient.
#[tokio::test]
async fn while_another_program_has_the_lock_appends_are_refused_and_reading_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let store = child::open(dir.path());
    append(&store, vec![message("hall", "ann", "before")]).await[0].unwrap();
    let other = foreign(dir.path());
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = roomcast::testing::store::send(&store, vec![message("hall", "ann", "during")]);
    assert_eq!(store.page(hall(), Range::Newest, 9).await.unwrap().head, 1, "reading goes on");
    let refused = timeout(Duration::from_secs(60), refused).await.expect("nobody waits for ever");
    assert_eq!(refused, [Err(AppendError::Unavailable)]);
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(append(&store, vec![message("hall", "ann", "after")]).await[0].unwrap().seq, 2);
    store.close().await.unwrap();
}

fn log_bytes(dir: &Path) -> u64 {
    fs::metadata(dir.join("roomcast.db-wal")).unwrap().len()
}

/// A snapshot that another program holds keeps the log from being moved: it grows, and starts anew when that lets go.
#[tokio::test]
async fn a_log_that_a_long_reader_kept_grows_no_further_when_it_has_gone() {
    let dir = tempfile::tempdir().unwrap();
    let store = child::open(dir.path());
    let content = "x".repeat(16 << 10);
    let write = async || append(&store, vec![message("hall", "ann", &content); 250]).await[0].unwrap();
    write().await;
    let other = foreign(dir.path());
    other.execute_batch("BEGIN; SELECT count(*) FROM messages").unwrap();
    for _ in 0..10 {
        write().await;
    }
    let kept = log_bytes(dir.path());
    assert!(kept > 40 << 20, "41 MB were written, and the log has {kept}");
    other.execute_batch("COMMIT").unwrap();
    // Moved and begun anew, it is written from its beginning, and the file stays as long as it was.
    for _ in 0..20 {
        write().await;
    }
    let grown = log_bytes(dir.path()) - kept;
    assert!(grown < 41 << 20, "82 MB more, and the log grew by {grown}");
    store.close().await.unwrap();
}

/// The last number that is exact in JavaScript is given, and none after it.
#[tokio::test]
async fn numbers_end_where_they_would_not_be_exact_any_more() {
    let dir = tempfile::tempdir().unwrap();
    let store = child::open(dir.path());
    append(&store, vec![message("hall", "ann", "first")]).await[0].unwrap();
    store.close().await.unwrap();
    let other = foreign(dir.path());
    let jump = format!("UPDATE messages SET seq = {}; UPDATE rooms SET floor = {}", MAX_SEQ - 1, MAX_SEQ - 2);
    other.execute_batch(&jump).unwrap();
    drop(other);
    drop(store);
    let store = child::open(dir.path());
    assert_eq!(append(&store, vec![message("hall", "ann", "last")]).await[0].unwrap().seq, MAX_SEQ);
    assert_eq!(append(&store, vec![message("hall", "ann", "beyond")]).await, [Err(AppendError::Unavailable)]);
    assert_eq!(store.page(hall(), Range::Newest, 1).await.unwrap().head, MAX_SEQ);
    store.close().await.unwrap();
}
