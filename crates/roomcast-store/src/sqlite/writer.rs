//! The thread that writes.

use super::{
    Closed, Work, cache::Cache, checkpoint::Checkpointer, connection, directory::Directory, reader::Question,
    retention, run, transaction, unavailable,
};
use crate::{
    batch::{self, Verdict},
    queue::{Abandon, Queue},
    readers::Readers,
};
use roomcast::store::{Append, AppendError, Durability, MAX_BATCH};
use rusqlite::{Connection, ErrorCode, ffi};
use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};
use tokio::sync::watch;

/// The only one who writes, and the owner of everything that ends with the store. Fields are dropped in this order:
/// the directory's lock goes last.
pub(super) struct Writer {
    connection: Connection,
    cache: Cache,
    health: Health,
    /// An `fsync` failed, here or while checkpointing.
    lost: Arc<AtomicBool>,
    queue: Arc<Queue<Work>>,
    readers: Readers<Question>,
    checkpointer: Checkpointer,
    _directory: Directory,
}

/// How writing goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    Good,
    /// The last commit failed. The next may succeed: the disk was full, say.
    Failing,
    /// An `fsync` failed. The kernel may have dropped what it could not write and will not say so again, so nothing
    /// is acknowledged until the next start (P14).
    Lost,
}

impl Writer {
    pub(super) fn new(
        connection: Connection,
        lost: Arc<AtomicBool>,
        queue: Arc<Queue<Work>>,
        readers: Readers<Question>,
        checkpointer: Checkpointer,
        directory: Directory,
    ) -> Self {
        let (cache, health) = (Cache::default(), Health::Good);
        Self { connection, cache, health, lost, queue, readers, checkpointer, _directory: directory }
    }

    /// Starts the thread. It says on `closed` how it ended, once nothing of the store is left.
    pub(super) fn start(self, closed: watch::Sender<Closed>) -> io::Result<()> {
        let work = move || {
            // Should the thread panic, whoever waits is answered, and whoever comes later is refused.
            let _abandon = Abandon(Arc::clone(&self.queue));
            let outcome = self.work();
            closed.send_replace(Some(outcome.map_err(unavailable)));
        };
        thread::Builder::new().name("store-writer".into()).spawn(work).map(drop)
    }

    fn work(mut self) -> rusqlite::Result<()> {
        let (mut work, mut batches, mut steps) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            self.queue.take(MAX_BATCH, &mut work);
            if work.is_empty() {
                return self.end();
            }
            for item in work.drain(..) {
                match item {
                    Work::Append(batch) => batches.push(batch),
                    Work::Forget(step) => steps.push(step),
                }
            }
            batch::commit(&mut batches, |messages| self.commit(messages));
            steps.drain(..).for_each(|step| self.forget(step));
            self.checkpointer.wake();
        }
    }

    fn commit(&mut self, items: &[&Append]) -> Vec<Verdict> {
        self.cache.trim();
        let mut outcome = self.attempt(items);
        if outcome.as_ref().is_err_and(is_busy) {
            outcome = self.attempt(items);
        }
        match outcome {
            Ok(verdicts) => {
                self.note_success();
                verdicts
            }
            Err(error) => {
                self.note_failure(&error);
                vec![Err(AppendError::Unavailable); items.len()]
            }
        }
    }

    fn attempt(&mut self, items: &[&Append]) -> rusqlite::Result<Vec<Verdict>> {
        self.check_disk()?;
        let outcome = transaction::append(&mut self.connection, &mut self.cache, items);
        if outcome.is_err() {
            self.cache.forget();
        }
        outcome
    }

    /// Carries out a step of retention. Where it fails, that is its asker's concern, but for a lost `fsync`.
    fn forget(&mut self, step: retention::Step) {
        let outcome = self.check_disk().and_then(|()| retention::forget(&mut self.connection, &step));
        if let Err(error) = &outcome
            && is_lost(error)
        {
            self.note_failure(error);
        }
        step.answer(outcome);
    }

    fn check_disk(&self) -> rusqlite::Result<()> {
        if self.lost.load(Ordering::Relaxed) { Err(lost()) } else { Ok(()) }
    }

    fn note_success(&mut self) {
        if self.health == Health::Failing {
            tracing::info!("messages are written again");
            self.health = Health::Good;
        }
    }

    /// Logs once for as long as it lasts.
    fn note_failure(&mut self, error: &rusqlite::Error) {
        let health = if is_lost(error) { Health::Lost } else { Health::Failing };
        if self.health == Health::Good || (self.health, health) == (Health::Failing, Health::Lost) {
            let restart = health == Health::Lost;
            self.lost.fetch_or(restart, Ordering::Relaxed);
            tracing::error!(%error, needs_restart = restart, "messages cannot be written and are refused");
            self.health = health;
        }
    }

    /// Leaves the files as a clean stop does.
    fn end(mut self) -> rusqlite::Result<()> {
        self.readers.end();
        self.checkpointer.end();
        if self.lost.load(Ordering::Relaxed) {
            // Not clean: what is on disk is what the next start finds.
            return Err(lost());
        }
        connection::set_durability(&self.connection, Durability::Full)?;
        run::end(&self.connection)?;
        self.connection.close().map_err(|(_, error)| error)
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// What every commit fails with once an `fsync` failed.
fn lost() -> rusqlite::Error {
    let message = "an fsync failed before: restart, after a look at the disk";
    rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_IOERR_FSYNC), Some(message.into()))
}

/// Whether data that SQLite had written may be gone.
pub(super) fn is_lost(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error().map(|error| error.extended_code);
    matches!(code, Some(ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC))
}
