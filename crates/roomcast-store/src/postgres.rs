//! A database that several servers can share: [`Store`] by PostgreSQL.
//!
//! ```text
//! append -> Queue -> writer thread, one connection: append_batch_v2(…), commit -> done   (writer.rs, append.rs)
//! page … -> Queue -> one of three reading threads, each with a connection                 (reader.rs, question.rs)
//! ```
//!
//! The writer collects what arrives during a commit into the next one. Its order is the database's: a batch holds the
//! rows of its rooms until it is committed, so that any number of servers give one order to each room.
//!
//! Everything is answered within [`ANSWER_LIMIT`]. Where PostgreSQL is gone the answer is `Unavailable`, and whoever
//! comes next tries to reach it again. A commit whose outcome is not known is `Unavailable`, too: the same nonce then
//! finds what it did (unsettled.rs).

mod address;
mod error;
mod using;
mod session;
mod origin;
mod migrations;
mod opening;
mod cache;
mod append;
mod unsettled;
mod writer;
mod question;
mod retention;
mod reader;
mod link;
mod snapshot;
mod rows;
mod import;

pub use address::{Address, AddressError};
pub use error::OpenError;
pub use import::Import;
pub use link::Hold;
pub use snapshot::Snapshot;

use crate::{
    WRITER_QUEUE, WRITER_QUEUE_BYTES,
    batch::Batch,
    queue::{Load, Queue, Refused},
};
use opening::Started;
use question::{Question, Reply};
use roomcast::store::{
    Answer, Append, Changes, Done, Durability, Epoch, Head, Page, Position, Range, Retention, Store,
    StoreError, Summary, Swept,
};
use roomcast_protocol::RoomName;
use std::{
    fmt, io,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};
use tokio::sync::{oneshot, watch};

/// How long anything may wait for its answer, its time in the queue included.
pub const ANSWER_LIMIT: Duration = Duration::from_secs(4);

/// Something in a queue, and until when it must be answered.
struct Waiting<T> {
    item: T,
    deadline: Instant,
}

impl<T> Waiting<T> {
    fn new(item: T) -> Self {
        Self { item, deadline: Instant::now() + ANSWER_LIMIT }
    }
}

/// There once nothing of the store is left.
type Closed = Option<()>;

/// Messages in a PostgreSQL database, which other servers may write to at the same time.
///
/// Dropping it without [`Store::close`] does the same without waiting: what was queued is committed, then the threads
/// end.
pub struct Postgres {
    address: Address,
    epoch: Epoch,
    is_new: bool,
    batches: Arc<Queue<Waiting<Batch>>>,
    questions: Arc<Queue<Waiting<Question>>>,
    closed: watch::Receiver<Closed>,
}

impl Postgres {
    /// Connects to the database, and makes its tables where they are missing. It blocks the thread for as long as that
    /// takes (two seconds at most until there is a connection) and starts four threads; it does not need a runtime.
    ///
    /// # Errors
    /// [`OpenError`], whose [`help`](OpenError::help) says what to do.
    pub fn open(address: Address) -> Result<Self, OpenError> {
        let batches = Arc::new(Queue::new(Load { units: WRITER_QUEUE, bytes: WRITER_QUEUE_BYTES }));
        let (closed_tx, closed) = watch::channel(None);
        let (started_tx, started_rx) = mpsc::sync_channel(1);
        let (own_address, own_batches) = (address.clone(), Arc::clone(&batches));
        let work = move || match opening::start(own_address, own_batches) {
            Ok((writer, started)) => {
                drop(started_tx.send(Ok(started)));
                writer.run(&closed_tx);
            }
            Err(error) => drop(started_tx.send(Err(error))),
        };
        thread::Builder::new().name("store-writer".into()).spawn(work)?;
        let died = |_| OpenError::Thread(io::Error::other("the writer died"));
        let Started { epoch, is_new, questions } = started_rx.recv().map_err(died)??;
        Ok(Self { address, epoch, is_new, batches, questions, closed })
    }

    /// Whether the tables were made just now.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// Puts a question to the reading threads.
    fn ask<T: Send + 'static>(&self, question: impl FnOnce(Reply<T>) -> Question) -> Answer<T> {
        let (reply, answer) = oneshot::channel();
        let refusal = match self.questions.push(Waiting::new(question(reply)), Load { units: 1, bytes: 0 }) {
            Ok(()) => {
                return Box::pin(async {
                    answer.await.unwrap_or_else(|_| Err(GONE.into())).map_err(StoreError::Unavailable)
                });
            }
            Err(Refused::Full(_)) => StoreError::Overloaded,
            Err(Refused::Closed(_)) => StoreError::Unavailable(GONE.into()),
        };
        Box::pin(std::future::ready(Err(refusal)))
    }
}

/// Why a question is dropped unanswered.
const GONE: &str = "PostgreSQL does not answer, or the store was closed";

impl Store for Postgres {
    fn append(&self, batch: Vec<Append>, done: Done) {
        let batch = Batch::new(batch, done);
        let load = batch.load();
        if let Err(refused) = self.batches.push(Waiting::new(batch), load) {
            Batch::refuse(refused.map(|waiting| waiting.item));
        }
    }

    fn head(&self, room: RoomName) -> Answer<Head> {
        let epoch = self.epoch.clone();
        let bounds = self.ask(|reply| Question::Bounds(room, reply));
        Box::pin(async {
            bounds.await.map(|(floor, at)| Head { epoch, seq: at.seq, change: at.change, floor })
        })
    }

    fn heads(&self, rooms: Vec<RoomName>) -> Answer<Vec<Position>> {
        self.ask(|reply| Question::Heads(rooms, reply))
    }

    fn page(&self, room: RoomName, range: Range, limit: usize) -> Answer<Page> {
        self.ask(|reply| Question::Page(room, range, limit, reply))
    }

    fn changes(&self, room: RoomName, after: u64, limit: usize) -> Answer<Changes> {
        self.ask(|reply| Question::Changes(room, after, limit, reply))
    }

    fn rooms(&self, after: Option<RoomName>, limit: usize) -> Answer<Vec<Summary>> {
        self.ask(|reply| Question::Rooms(after, limit, reply))
    }

    fn retain(&self, retention: Retention, now_ms: u64, from: Option<RoomName>) -> Answer<Swept> {
        self.ask(|reply| Question::Retain(retention, now_ms, from, reply))
    }

    fn epoch(&self) -> Epoch {
        self.epoch.clone()
    }

    fn durability(&self) -> Durability {
        Durability::Full
    }

    fn close(&self) -> Answer<()> {
        self.batches.close();
        let mut closed_rx = self.closed.clone();
        Box::pin(async move {
            // The sender is gone without a word only where the writer's thread panicked.
            let died = |_| StoreError::Unavailable("the writer died".into());
            closed_rx.wait_for(Option::is_some).await.map(drop).map_err(died)
        })
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.batches.close();
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("Postgres");
        fields.field("address", &self.address).field("epoch", &self.epoch).finish_non_exhaustive()
    }
}
