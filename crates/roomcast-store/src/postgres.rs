//! A database that several servers can share: [`Store`] by PostgreSQL.
//!
//! ```text
//! append -> Queue -> writer thread, one connection: append_batch_v1(…), commit -> done   (writer.rs, append.rs)
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
mod session;
mod origin;
mod migrations;
mod opening;
mod cache;
mod append;
mod unsettled;
mod writer;
mod question;
mod reader;

pub use address::{Address, AddressError};
pub use error::OpenError;

use crate::{
    batch::Batch,
    queue::{Load, Queue, Refused},
};
use origin::Origin;
use question::{Question, Reply};
use reader::Readers;
use roomcast::store::{
    Answer, Append, AppendError, Done, Durability, Epoch, Head, Page, Range, Store, StoreError, Summary,
};
use roomcast_protocol::RoomName;
use std::{
    fmt, io,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};
use tokio::{
    runtime::{Builder, Runtime},
    sync::{oneshot, watch},
};
use writer::Writer;

/// Messages, and bytes of them, that wait for the writer: a second's work. Beyond, a batch is answered with
/// [`AppendError::Overloaded`]; one that is larger by itself always is.
pub const WRITER_QUEUE: usize = 16_384;
/// The bytes of [`WRITER_QUEUE`].
pub const WRITER_QUEUE_BYTES: usize = 64 << 20;
/// Questions that wait for the reading threads. Beyond, the answer is [`StoreError::Overloaded`].
pub const READER_QUEUE: usize = 1024;
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

/// What [`Postgres::open`] learns from the writer's thread.
struct Started {
    origin: Origin,
    is_new: bool,
    questions: Arc<Queue<Waiting<Question>>>,
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
        let work = move || match start(own_address, own_batches) {
            Ok((writer, started)) => {
                drop(started_tx.send(Ok(started)));
                writer.run(&closed_tx);
            }
            Err(error) => drop(started_tx.send(Err(error))),
        };
        thread::Builder::new().name("store-writer".into()).spawn(work)?;
        let died = |_| OpenError::Thread(io::Error::other("the writer died"));
        let Started { origin, is_new, questions } = started_rx.recv().map_err(died)??;
        Ok(Self { address, epoch: origin.epoch, is_new, batches, questions, closed })
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

/// Everything that may fail at the start, on the writer's thread.
fn start(address: Address, batches: Arc<Queue<Waiting<Batch>>>) -> Result<(Writer, Started), OpenError> {
    let runtime = runtime()?;
    let opened = runtime.block_on(opening::open(&address))?;
    let readers = Readers::start(&address, &opened.origin)?;
    let started = Started {
        origin: opened.origin.clone(),
        is_new: opened.is_new,
        questions: Arc::clone(&readers.questions),
    };
    Ok((Writer::new(runtime, address, opened, batches, readers), started))
}

/// A runtime for one thread and its connection.
fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

impl Store for Postgres {
    fn append(&self, batch: Vec<Append>, done: Done) {
        let load =
            Load { units: batch.len(), bytes: batch.iter().map(|message| message.content.len()).sum() };
        match self.batches.push(Waiting::new(Batch::new(batch, done)), load) {
            Ok(()) => {}
            Err(Refused::Full(waiting)) => waiting.item.refuse(AppendError::Overloaded),
            Err(Refused::Closed(waiting)) => waiting.item.refuse(AppendError::Unavailable),
        }
    }

    fn head(&self, room: RoomName) -> Answer<Head> {
        let epoch = self.epoch.clone();
        let bounds = self.ask(|reply| Question::Bounds(room, reply));
        Box::pin(async { bounds.await.map(|(floor, seq)| Head { epoch, seq, floor }) })
    }

    fn heads(&self, rooms: Vec<RoomName>) -> Answer<Vec<u64>> {
        self.ask(|reply| Question::Heads(rooms, reply))
    }

    fn page(&self, room: RoomName, range: Range, limit: usize) -> Answer<Page> {
        self.ask(|reply| Question::Page(room, range, limit, reply))
    }

    fn rooms(&self, after: Option<RoomName>, limit: usize) -> Answer<Vec<Summary>> {
        self.ask(|reply| Question::Rooms(after, limit, reply))
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
