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
mod run;
mod queue;
mod batch;
mod cache;
mod transaction;
mod change;
mod writer;
mod question;
mod reader;
mod checkpoint;

pub use error::OpenError;

use batch::Batch;
use queue::{Load, Queue, Refused};
use reader::{Question, Reader, Readers};
use roomcast::store::{
    Answer, Append, AppendError, Changes, Done, Durability, Epoch, Head, Page, Position, Range, Store,
    StoreError, Summary,
};
use roomcast_protocol::RoomName;
use std::{fmt, path::Path, sync::Arc};
use tokio::sync::{oneshot, watch};
use writer::Writer;

/// Messages and changes, and bytes of them, that wait for the writer: half a second's work and more. Beyond, a batch is answered
/// with [`AppendError::Overloaded`]; one that is larger by itself always is.
pub const WRITER_QUEUE: usize = 16_384;
/// The bytes of [`WRITER_QUEUE`].
pub const WRITER_QUEUE_BYTES: usize = 64 << 20;
/// Questions that wait for the reading threads. Beyond, the answer is [`StoreError::Overloaded`].
pub const READER_QUEUE: usize = 1024;

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

/// The outcome of closing, once there is one.
type Closed = Option<Result<(), StoreError>>;

/// Messages in a SQLite database, `roomcast.db` in a directory that one server at a time holds.
///
/// Dropping it without [`Store::close`] does the same without waiting: what was queued is committed, then the
/// threads end, and only then can the directory be opened again.
pub struct Sqlite {
    epoch: Epoch,
    durability: Durability,
    batches: Arc<Queue<Batch>>,
    questions: Arc<Queue<Question>>,
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
        let directory = directory::Directory::lock(dir)?;
        let path = directory.database()?;
        let failed = |error| OpenError::sqlite(&path, error);
        let mut connection = connection::writer(&path).map_err(failed)?;
        migrations::run(&mut connection, &path)?;
        let epoch = run::begin(&mut connection, durability, run::boot_id().as_deref()).map_err(failed)?;
        connection::set_durability(&connection, durability).map_err(failed)?;

        let readers = Readers::start(&path)?;
        let questions = Arc::clone(&readers.questions);
        let batches = Arc::new(Queue::new(Load { units: WRITER_QUEUE, bytes: WRITER_QUEUE_BYTES }));
        let (closed_tx, closed) = watch::channel(None);
        let checkpointer = checkpoint::Checkpointer::start(&path)?;
        let writer = Writer::new(connection, Arc::clone(&batches), readers, checkpointer, directory);
        writer.start(closed_tx).map_err(|error| OpenError::io(&path, error))?;
        Ok(Self { epoch, durability, batches, questions, closed })
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
        let load =
            Load { units: batch.len(), bytes: batch.iter().map(|item| item.what.content_bytes()).sum() };
        match self.batches.push(Batch::new(batch, done), load) {
            Ok(()) => {}
            Err(Refused::Full(batch)) => batch.refuse(AppendError::Overloaded),
            Err(Refused::Closed(batch)) => batch.refuse(AppendError::Unavailable),
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

    fn epoch(&self) -> Epoch {
        self.epoch.clone()
    }

    fn durability(&self) -> Durability {
        self.durability
    }

    fn close(&self) -> Answer<()> {
        self.batches.close();
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
        self.batches.close();
    }
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}
