//! Backups from inside: of a store that is written to without pause, and of one that is damaged where no reader looks.

use crate::child;
use roomcast::{
    store::Store,
    testing::store::{append, message, with_nonce},
};
use roomcast_store::{
    sqlite::{backup, restore},
    transfer::TransferError,
};
use rusqlite::Connection;
use std::{
    fs,
    sync::{
        Arc, Barrier,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

/// Several pieces of a backup.
const MESSAGES: usize = 1500;

/// A backup that began anew at each commit would never end.
#[tokio::test]
async fn a_backup_ends_although_somebody_writes_without_pause() {
    let dir = tempfile::tempdir().unwrap();
    let store = child::open(dir.path());
    append(&store, vec![message("hall", "ann", &"x".repeat(16_000)); MESSAGES]).await;
    let (done, writing) = (Arc::new(AtomicBool::new(false)), Arc::new(Barrier::new(2)));
    let (end, began) = (Arc::clone(&done), Arc::clone(&writing));
    let writer = thread::spawn(move || {
        let deadline = Instant::now() + Duration::from_secs(60);
        began.wait();
        while !end.load(Ordering::Relaxed) {
            if Instant::now() > deadline {
                return false;
            }
            let (done_tx, done_rx) = mpsc::channel();
            let told = Box::new(move |_| done_tx.send(()).unwrap());
            store.append(vec![message("hall", "ann", "x")], told);
            done_rx.recv().unwrap();
        }
        true
    });
    writing.wait();
    let contents = backup(dir.path(), &dir.path().join("copy.db"), false).unwrap();
    done.store(true, Ordering::Relaxed);
    assert!(writer.join().unwrap(), "it ended only when nobody wrote any more");
    assert!(contents.totals.messages >= MESSAGES as u64);
}

#[tokio::test]
async fn damage_that_no_reader_would_see_is_seen() {
    let dir = tempfile::tempdir().unwrap();
    let store = child::open(dir.path());
    let numbered = |n: u64| with_nonce(&format!("nonce-{n}"), message("hall", "ann", "x"));
    append(&store, (0..20).map(numbered).collect()).await;
    store.close().await.unwrap();
    let copy = dir.path().join("copy.db");
    backup(dir.path(), &copy, false).unwrap();

    // The index of nonces, whose last cell is one nonce: another one stands there now.
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'messages_nonce'";
    let page: usize = Connection::open(&copy).unwrap().query_row(sql, [], |row| row.get(0)).unwrap();
    let mut bytes = fs::read(&copy).unwrap();
    let index = &mut bytes[(page - 1) * 4096..page * 4096];
    let at = index.windows(7).position(|text| text == b"nonce-7").unwrap();
    index[at + 6] = b'x';
    fs::write(&copy, bytes).unwrap();
    let error = restore(&dir.path().join("new"), &copy, false, 0).unwrap_err();
    assert!(matches!(error, TransferError::Damaged { .. }), "{error}");
}
