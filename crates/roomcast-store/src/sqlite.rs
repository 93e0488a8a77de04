//! One file on disk: [`Store`] by SQLite, for a single server.
//!
//! ```text
//! append -> Queue -> writer thread: BEGIN IMMEDIATE, numbers, rows, COMMIT -> done (writer.rs, transaction.rs, change.rs)
//! page … -> Queue -> one of two reading threads                                         (reader.rs, question.rs)
//!                    a checkpointing thread keeps the write-ahead log short             (checkpoint.rs)
//! ```
//!
//! The writer collects what arrives during a commit into the next one, so that one `fsync` serves up to
//! [`MAX_BATCH`](roomcast::store::MAX_BATCH) messages. It owns the other threads and ends them, then itself, when the
//! store is closed or dropped.

mod error;
mod directory;
mod connection;
mod migrations;
mod log;
mod run;
mod cache;
mod transaction;
mod change;
mod writer;
mod question;
mod reader;
mod checkpoint;
mod retention;
mod snapshot;
mod import;
mod backup;

pub use backup::{Contents, Restored, backup, restore};
pub use directory::Directory;
pub use error::OpenError;
pub use import::Import;
pub use snapshot::Snapshot;

use crate::{
    WRITER_QUEUE, WRITER_QUEUE_BYTES,
    batch::Batch,
    queue::{Load, Queue, Refused},
};
use reader::{Question, Reader};
use roomcast::store::{
    Answer, Append, Changes, Done, Durability, Epoch, Head, Page, Position, Range, Retention, Store,
    StoreError, Summary, Swept,
};
use roomcast_protocol::RoomName;
use std::{
    fmt,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::sync::{oneshot, watch};
use writer::Writer;

/// How a store is opened.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// What an acknowledgement means: [`Durability::Full`], the default, or [`Durability::Relaxed`].
    pub durability: Durability,
}

impl Default for Options {
    fn default() -> Self {
        Self { durability: Durability::Full }
    }
}

/// What waits for the writer.
enum Work {
    /// Messages to append.
    Append(Batch),
    /// Messages to forget.
    Forget(retention::Step),
}

/// The outcome of closing, once there is one.
type Closed = Option<Result<(), StoreError>>;

/// Messages in a SQLite database, `roomcast.db` in a directory that one server at a time holds.
///
/// Dropping it without [`Store::close`] does the same without waiting: what was queued is committed, then the
/// threads end, and only then can the directory be opened again.
pub struct Sqlite {
    epoch: Epoch,
    durability: Durability,
    work: Arc<Queue<Work>>,
    questions: Arc<Queue<Question>>,
    lost: Arc<AtomicBool>,
    closed: watch::Receiver<Closed>,
}

impl Sqlite {
    /// Opens the database in this directory, and makes both where they are missing (modes 0600 and 0700). It reads
    /// and writes files and starts four threads; it does not need a runtime.
    ///
    /// # Errors
    /// [`OpenError`], whose text says what to do.
    pub fn open(dir: &Path, options: Options) -> Result<Self, OpenError> {
        let durability = options.durability;
        if durability == Durability::Memory {
            return Err(OpenError::Durability);
        }
        connection::check_version()?;
        let directory = Directory::lock(dir)?;
        let path = directory.database()?;
        let failed = |error| OpenError::sqlite(&path, error);
        // Looked at before SQLite opens it, which cuts off what it cannot read.
        let damaged = log::is_damaged(&path).map_err(|error| OpenError::io(&path, error))?;
        let mut connection = connection::writer(&path).map_err(failed)?;
        migrations::run(&mut connection, &path)?;
        if damaged {
            tracing::error!(path = %path.display(), "the write-ahead log was damaged: messages are lost, and the log has a new epoch");
            run::lose_epoch(&connection).map_err(failed)?;
        }
        let epoch = run::begin(&mut connection, durability, run::boot_id().as_deref()).map_err(failed)?;
        connection::set_durability(&connection, durability).map_err(failed)?;

        let readers = reader::start(&path)?;
        let questions = Arc::clone(&readers.questions);
        let work = Arc::new(Queue::new(Load { units: WRITER_QUEUE, bytes: WRITER_QUEUE_BYTES }));
        let (closed_tx, closed) = watch::channel(None);
        let lost = Arc::new(AtomicBool::new(false));
        let checkpointer = checkpoint::Checkpointer::start(&path, Arc::clone(&lost))?;
        let writer =
            Writer::new(connection, Arc::clone(&lost), Arc::clone(&work), readers, checkpointer, directory);
        writer.start(closed_tx).map_err(|error| OpenError::io(&path, error))?;
        Ok(Self { epoch, durability, work, questions, lost, closed })
    }

    /// Puts a question to the reading threads. One whose asker has gone by then is not answered.
    fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Reader) -> rusqlite::Result<T> + Send + 'static,
    ) -> Answer<T> {
        let (answer_tx, answer_rx) = oneshot::channel();
        let question: Question = Box::new(move |reader| {
            if !answer_tx.is_closed() {
                drop(answer_tx.send(question(reader).map_err(unavailable)));
            }
        });
        let refusal = match self.questions.push(question, Load { units: 1, bytes: 0 }) {
            Ok(()) => return Box::pin(async { answer_rx.await.unwrap_or_else(|_| Err(closed())) }),
            Err(Refused::Full(_)) => StoreError::Overloaded,
            Err(Refused::Closed(_)) => closed(),
        };
        Box::pin(std::future::ready(Err(refusal)))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "an argument of map_err")]
fn unavailable(error: rusqlite::Error) -> StoreError {
    StoreError::Unavailable(error.to_string().into())
}

fn closed() -> StoreError {
    StoreError::Unavailable("it was closed".into())
}

impl Store for Sqlite {
    fn append(&self, batch: Vec<Append>, done: Done) {
        let batch = Batch::new(batch, done);
        let load = batch.load();
        match self.work.push(Work::Append(batch), load) {
            Err(Refused::Full(Work::Append(batch))) => Batch::refuse(Refused::Full(batch)),
            Err(Refused::Closed(Work::Append(batch))) => Batch::refuse(Refused::Closed(batch)),
            // What comes back is what was given.
            Ok(()) | Err(_) => {}
        }
    }

    fn head(&self, room: RoomName) -> Answer<Head> {
        let epoch = self.epoch.clone();
        self.ask(move |reader| {
            let (floor, Position { seq, change }) = reader.bounds(&room)?;
            Ok(Head { epoch, seq, change, floor })
        })
    }

    fn heads(&self, rooms: Vec<RoomName>) -> Answer<Vec<Position>> {
        self.ask(move |reader| reader.heads(&rooms))
    }

    fn page(&self, room: RoomName, range: Range, limit: usize) -> Answer<Page> {
        self.ask(move |reader| reader.page(&room, range, limit))
    }

    fn changes(&self, room: RoomName, after: u64, limit: usize) -> Answer<Changes> {
        self.ask(move |reader| reader.changes(&room, after, limit))
    }

    fn rooms(&self, after: Option<RoomName>, limit: usize) -> Answer<Vec<Summary>> {
        self.ask(move |reader| reader.rooms(after.as_ref(), limit))
    }

    fn retain(&self, retention: Retention, now_ms: u64, from: Option<RoomName>) -> Answer<Swept> {
        let look = self.ask(move |reader| reader.look(retention, now_ms, from.as_ref()));
        retention::sweep(look, Arc::clone(&self.work), retention, now_ms)
    }

    fn epoch(&self) -> Epoch {
        self.epoch.clone()
    }

    fn durability(&self) -> Durability {
        self.durability
    }

    fn is_read_only(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    fn close(&self) -> Answer<()> {
        self.work.close();
        let mut closed_rx = self.closed.clone();
        Box::pin(async move {
            let outcome = closed_rx.wait_for(Option::is_some).await.map(|outcome| outcome.clone());
            // The sender is gone without a word only where the writer's thread panicked.
            outcome.ok().flatten().unwrap_or_else(|| Err(StoreError::Unavailable("the writer died".into())))
        })
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.work.close();
    }
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
