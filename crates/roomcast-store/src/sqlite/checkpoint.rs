//! The thread that moves the write-ahead log into the database, so that the writer need not (`docs/store.md` §4).

use super::{OpenError, connection, writer::is_lost};
use rusqlite::Connection;
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

/// Pages of 4 KiB in the log past which it is moved and started anew: 16 MB.
const PAGES: i64 = 4096;
/// How often the log is looked at while there are commits.
const PAUSE: Duration = Duration::from_millis(100);

/// The checkpointing thread. It sleeps while nobody writes, and ends when this does.
pub(super) struct Checkpointer {
    /// Holds one wake-up; a second one would say nothing new.
    wake: Option<SyncSender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Checkpointer {
    /// `lost` is set where an `fsync` of the database fails.
    pub(super) fn start(path: &Path, lost: Arc<AtomicBool>) -> Result<Self, OpenError> {
        let connection = connection::checkpointer(path).map_err(|error| OpenError::sqlite(path, error))?;
        let (wake, woken) = sync_channel(1);
        let thread = thread::Builder::new().name("store-checkpoint".into());
        let thread =
            thread.spawn(move || work(&connection, &woken, &lost)).map_err(|e| OpenError::io(path, e))?;
        Ok(Self { wake: Some(wake), thread: Some(thread) })
    }

    /// Says that there was a commit.
    pub(super) fn wake(&self) {
        if let Some(wake) = &self.wake {
            let _ = wake.try_send(());
        }
    }

    pub(super) fn end(&mut self) {
        self.wake = None;
        let Some(thread) = self.thread.take() else { return };
        thread.thread().unpark();
        if thread.join().is_err() {
            tracing::error!("the thread that checkpoints the store panicked");
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.end();
    }
}

fn work(connection: &Connection, woken: &Receiver<()>, lost: &AtomicBool) {
    let mut failing = false;
    while woken.recv().is_ok() {
        let outcome = checkpoint(connection);
        if let Err(error) = &outcome
            && !failing
        {
            tracing::error!(%error, "the write-ahead log cannot be moved and grows");
        }
        failing = outcome.is_err();
        if outcome.is_err_and(|error| is_lost(&error)) {
            lost.store(true, Ordering::Relaxed);
        }
        thread::park_timeout(PAUSE);
    }
}

/// Moves the log where it is long: nearly all of it beside the writer, then the rest while the writer waits, because
/// only a log that is moved whole starts anew. The second pass beside the writer takes what came during the first and
/// halves the wait.
fn checkpoint(connection: &Connection) -> rusqlite::Result<()> {
    let (pages, moved) = run(connection, "NOOP")?;
    if pages - moved >= PAGES {
        for mode in ["PASSIVE", "PASSIVE", "RESTART"] {
            run(connection, mode)?;
        }
    }
    Ok(())
}

/// Pages in the log, and how many of them have been moved. Readers in the way are no error: there is a next time.
fn run(connection: &Connection, mode: &str) -> rusqlite::Result<(i64, i64)> {
    connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| Ok((row.get(1)?, row.get(2)?)))
}
