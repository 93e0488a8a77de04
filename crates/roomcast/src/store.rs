//! What a room's log is kept in: the contract, alone. Implementations: [`memory`] here,
//! SQLite in `roomcast-store`. One conformance suite, [`crate::testing::store`], runs against all.
//!
//! The store is the truth. It numbers the messages of each room 1, 2, 3, … without holes, in commit order, inside
//! the transaction that inserts them; nothing is answered before that transaction is as durable as
//! [`Store::durability`] says (I1, I2, I6 of `docs/reliability.md`).

pub mod epoch;
pub mod memory;
mod range;
mod retention;

pub use range::Span;
pub use retention::{Forgotten, MAX_FORGET, MAX_LOOK, Retention, Swept};

use roomcast_protocol::{RoomName, UserName};
use std::{future::Future, pin::Pin, sync::Arc};

/// A future that a store answers with. It may be dropped at any time: work that was begun is carried out or not
/// at all, and never left half done.
pub type Answer<T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send>>;

/// Called exactly once with one result per message of the batch, in the batch's order, after the commit. It runs
/// on the store's own writer, so it must be short and must not block.
pub type Done = Box<dyn FnOnce(Vec<Result<Appended, AppendError>>) + Send>;

/// Where messages are kept.
pub trait Store: Send + Sync + 'static {
    /// Appends the messages in this order. Batches that arrive while one is being committed share the next
    /// commit (at most [`MAX_BATCH`] messages in one). Never blocks: when the queue in front of the writer is
    /// full, every message of the batch is answered with [`AppendError::Overloaded`].
    fn append(&self, batch: Vec<Append>, done: Done);

    /// Where a room stands. A room that nobody has written to stands at zero; asking does not create it.
    fn head(&self, room: RoomName) -> Answer<Head>;

    /// The heads of several rooms, in the order asked; 0 for a room without messages.
    fn heads(&self, rooms: Vec<RoomName>) -> Answer<Vec<u64>>;

    /// Messages of one room in rising order, at most `limit` (at most [`MAX_PAGE`]) of them.
    fn page(&self, room: RoomName, range: Range, limit: usize) -> Answer<Page>;

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

    /// Commits what is queued, refuses what comes later, and leaves the files as a clean stop does.
    fn close(&self) -> Answer<()>;
}

/// Messages in one commit.
pub const MAX_BATCH: usize = 256;
/// Messages in one page.
pub const MAX_PAGE: usize = 1000;

/// A message to be appended.
#[derive(Clone, Debug)]
pub struct Append {
    /// The room whose log it joins.
    pub room: RoomName,
    /// Who says it.
    pub user: Arc<UserName>,
    /// Milliseconds since the Unix epoch, UTC: shown, never used for order.
    pub at_ms: u64,
    /// What is said, already checked (`docs/protocol.md` §9).
    pub content: Arc<str>,
    /// The sender's own name for this message, so that sending it again is safe: (room, user identity, nonce)
    /// is one message for as long as it is kept (I3).
    pub nonce: Option<Arc<str>>,
    /// The message this one answers.
    pub reply_to: Option<u64>,
}

/// Where an appended message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Its number in the room.
    pub seq: u64,
    /// Its time: the first one's where the message was a repetition.
    pub at_ms: u64,
    /// It was there already, under the same nonce and with the same content: nobody is to be told again.
    pub repeated: bool,
}

/// Why one message was not appended. The others of its batch are not concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The nonce names another message already (I5).
    #[error("this nonce was used for a message with another content")]
    NonceConflict,
    /// The queue in front of the writer is full: try again.
    #[error("the store's queue is full")]
    Overloaded,
    /// The commit failed or its outcome is not known: repeat with the same nonce.
    #[error("the store did not answer")]
    Unavailable,
}

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
    /// The oldest number that is still kept is `floor + 1`.
    pub floor: u64,
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

/// A message as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its number in the room.
    pub seq: u64,
    /// Who said it.
    pub user: Arc<UserName>,
    /// Milliseconds since the Unix epoch, UTC.
    pub at_ms: u64,
    /// What was said.
    pub content: Arc<str>,
    /// The sender's own name for it.
    pub nonce: Option<Arc<str>>,
    /// The message it answers.
    pub reply_to: Option<u64>,
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
