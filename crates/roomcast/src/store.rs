//! What a room's log is kept in: the contract, alone. Implementations: [`memory`] here,
//! SQLite in `roomcast-store`. One conformance suite, [`crate::testing::store`], runs against all.
//!
//! The store is the truth. It numbers the messages of each room 1, 2, 3, … without holes, in commit order, inside
//! the transaction that inserts them, and beside them the changes to messages, 1, 2, 3, … as well; nothing is answered
//! before that transaction is as durable as [`Store::durability`] says (I1, I2, I6 of `docs/reliability.md`).
//!
//! A message shows what it says now: changes are kept for those who have seen it as it was.

mod append;
pub mod epoch;
mod first;
mod log;
pub mod memory;
mod range;
mod retention;

pub use append::{Append, AppendError, Appended, What};
pub use first::{FIRST_HASH_BYTES, first_hash};
pub use log::{Change, Event, Happened, Kind, Position, Record};
pub use range::Span;
pub use retention::{Forgotten, MAX_FORGET, MAX_LOOK, Retention, Swept};

use roomcast_protocol::RoomName;
use std::{future::Future, pin::Pin, sync::Arc};

/// A future that a store answers with. It may be dropped at any time: work that was begun is carried out or not
/// at all, and never left half done.
pub type Answer<T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send>>;

/// Called exactly once with one result per item of the batch, in the batch's order, after the commit. It runs
/// on the store's own writer, so it must be short and must not block.
pub type Done = Box<dyn FnOnce(Vec<Result<Appended, AppendError>>) + Send>;

/// Where messages are kept.
pub trait Store: Send + Sync + 'static {
    /// Appends messages and changes in this order. Batches that arrive while one is being committed share the next
    /// commit (at most [`MAX_BATCH`] of them in one). Never blocks: when the queue in front of the writer is
    /// full, everything in the batch is answered with [`AppendError::Overloaded`].
    ///
    /// A change is its author's alone, and of a message that is kept and not deleted. One that changes nothing (an edit
    /// to what the message says already, a deletion of what is deleted) is a repetition and takes no number. A deletion
    /// erases what the message said from everywhere in the store, edits of it included.
    fn append(&self, batch: Vec<Append>, done: Done);

    /// Where a room stands. A room that nobody has written to stands at zero; asking does not create it.
    fn head(&self, room: RoomName) -> Answer<Head>;

    /// Where several rooms stand, in the order asked; at zero a room without messages.
    fn heads(&self, rooms: Vec<RoomName>) -> Answer<Vec<Position>>;

    /// Messages of one room in rising order, as they are now, at most `limit` (at most [`MAX_PAGE`]) of them.
    fn page(&self, room: RoomName, range: Range, limit: usize) -> Answer<Page>;

    /// Changes of one room after this number, the oldest first, at most `limit` (at most [`MAX_PAGE`]) of them. They
    /// have no holes; the oldest may be gone (not the newest), and then the first is not the one that was asked for.
    fn changes(&self, room: RoomName, after: u64, limit: usize) -> Answer<Changes>;

    /// Rooms that have messages, by name, those after `after` first, at most `limit`.
    fn rooms(&self, after: Option<RoomName>, limit: usize) -> Answer<Vec<Summary>>;

    /// One step of retention. It looks at rooms by name, from `from` on, at most [`MAX_LOOK`] of them; of the first
    /// that has messages not to be kept any more it forgets the oldest, at most [`MAX_FORGET`], and their nonces, and
    /// moves its floor. [`Swept::next`] says where to go on. Between two steps appends go on.
    fn retain(&self, retention: Retention, now_ms: u64, from: Option<RoomName>) -> Answer<Swept>;

    /// The log's name, which all rooms of a store share.
    fn epoch(&self) -> Epoch;

    /// What an acknowledgement means here.
    fn durability(&self) -> Durability;

    /// Whether nothing more is written until the store is opened again, while questions are still answered: after a write
    /// of which nobody knows what became.
    fn is_read_only(&self) -> bool {
        false
    }

    /// Commits what is queued, refuses what comes later, and leaves the files as a clean stop does.
    fn close(&self) -> Answer<()>;
}

/// Messages and changes in one commit.
pub const MAX_BATCH: usize = 256;
/// Messages or changes in one page.
pub const MAX_PAGE: usize = 1000;

/// Why a question to the store was not answered.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The queue in front of the readers is full: try again.
    #[error("the store's queue is full")]
    Overloaded,
    /// The store was closed, cannot be reached, or failed. The text is for the operator's log.
    #[error("the store did not answer: {0}")]
    Unavailable(Arc<str>),
}

/// Names the log that sequence numbers belong to. It changes only when the log is not the same one any more
/// (I12): restored from a backup, or its tail lost.
pub type Epoch = Arc<str>;

/// Where a room stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The log's name.
    pub epoch: Epoch,
    /// The newest message's number, 0 where there is none.
    pub seq: u64,
    /// The newest change's number, 0 where there is none.
    pub change: u64,
    /// The oldest message that is still kept is `floor + 1`.
    pub floor: u64,
}

impl Head {
    /// Behind everything that there is.
    #[must_use]
    pub fn position(&self) -> Position {
        Position { seq: self.seq, change: self.change }
    }
}

/// Which messages to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// The newest ones.
    Newest,
    /// The newest ones before this number.
    Before(u64),
    /// The oldest ones after this number.
    After(u64),
    /// Half before this number, the rest from it on.
    Around(u64),
}

/// Messages in rising order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The messages.
    pub messages: Vec<Record>,
    /// There are more in the direction that was read (for [`Range::Around`]: on either side).
    pub more: bool,
    /// The room's head when the page was read.
    pub head: u64,
}

/// Changes in the order in which they were made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// The changes.
    pub changes: Vec<Change>,
    /// The room's newest change when they were read.
    pub newest: u64,
}

/// A room as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Its name.
    pub room: RoomName,
    /// Its newest message's number.
    pub head: u64,
    /// When that was written: milliseconds since the Unix epoch, UTC.
    pub last_at_ms: u64,
}

/// What survives what, once a message is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Every crash, power loss included.
    Full,
    /// A crash of the process; a power loss may take the last moments and starts a new epoch.
    Relaxed,
    /// Nothing survives the process.
    Memory,
}

impl Durability {
    /// The word that `hello` and the configuration use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Relaxed => "relaxed",
            Self::Memory => "memory",
        }
    }
}
