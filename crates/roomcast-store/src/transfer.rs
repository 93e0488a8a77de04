//! Moving messages, and the changes to them: from a store into a file of lines, from there into a store, from one store into another. All of it is
//! [`copy`] from a [`Source`] to a [`Sink`], one at a time, so that memory is bounded whatever is moved.

mod chain;
mod error;
mod line;
mod lines;
mod new_file;

pub use chain::{RoomChain, compare};
pub use error::TransferError;
pub use lines::{LineSink, LineSource};
pub use new_file::NewFile;

pub(crate) use new_file::sync_folder;

use roomcast::store::{Change, FIRST_HASH_BYTES, Record};
use roomcast_protocol::RoomName;
use std::fmt;

/// A message or a change, and the room that it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The room.
    pub room: RoomName,
    /// What it is.
    pub item: Item,
    /// The line that it comes from, counted from 1, where there are lines.
    pub line: Option<u64>,
}

/// What an [`Entry`] is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A message.
    Message {
        /// As it is kept.
        record: Record,
        /// What [`first_hash`](roomcast::store::first_hash) makes of what it said at first: where it has a nonce and was
        /// changed.
        first_hash: Option<[u8; FIRST_HASH_BYTES]>,
    },
    /// A change to a message, which may be forgotten already.
    Change(Change),
}

/// What an import may do.
#[derive(Clone, Copy, Debug, Default)]
pub struct ImportOptions {
    /// The log of an empty store gets a new name, not that of where the messages come from: clients load afresh.
    pub new_epoch: bool,
    /// The store must be empty.
    pub into_empty: bool,
}

/// How much was moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    /// Rooms.
    pub rooms: u64,
    /// Messages in them.
    pub messages: u64,
    /// Changes to messages. A file does not name them where there are none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub changes: u64,
}

impl Totals {
    fn count(&mut self, item: &Item) {
        match item {
            Item::Message { .. } => self.messages += 1,
            Item::Change(_) => self.changes += 1,
        }
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rooms, messages, changes } = self;
        write!(f, "{messages} messages ")?;
        if !is_zero(changes) {
            write!(f, "and {changes} changes ")?;
        }
        write!(f, "in {rooms} rooms")
    }
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Whether changes are there and have no hole: between them, and after the one that was read last, 0 for none. (Retention
/// may have taken those before the first.)
pub(crate) fn are_dense(changes: &[Change], last: u64) -> bool {
    changes.first().is_some_and(|first| last == 0 || first.number == last + 1)
        && changes.windows(2).all(|two| two[1].number == two[0].number + 1)
}

/// Where messages come from, as they were at one moment.
pub trait Source {
    /// The name of the log that the numbers belong to.
    fn epoch(&self) -> &str;

    /// The next message or change, `None` after the last: room by room, by name where it is a store; in a room its
    /// messages and then its changes, each by number and without a hole.
    ///
    /// # Errors
    /// When it cannot be read or makes no sense.
    fn next(&mut self) -> Result<Option<Entry>, TransferError>;
}

/// Where messages go: all of them, or none where anything fails before [`Sink::finish`] has returned.
pub trait Sink {
    /// Begins with the name of the log.
    ///
    /// # Errors
    /// When it cannot be written to.
    fn begin(&mut self, epoch: &str) -> Result<(), TransferError>;

    /// Takes a message or a change, in the order of [`Source::next`].
    ///
    /// # Errors
    /// When it, or one before it, cannot be written, or something of it is there already.
    fn put(&mut self, entry: &Entry) -> Result<(), TransferError>;

    /// Makes what was put durable, all at once.
    ///
    /// # Errors
    /// When that fails; then nothing was put.
    fn finish(&mut self, totals: Totals) -> Result<(), TransferError>;
}

/// Moves everything.
///
/// # Errors
/// Those of the two.
pub fn copy(source: &mut dyn Source, sink: &mut dyn Sink) -> Result<Totals, TransferError> {
    sink.begin(source.epoch())?;
    let (mut totals, mut room) = (Totals::default(), None);
    while let Some(entry) = source.next()? {
        sink.put(&entry)?;
        totals.count(&entry.item);
        if room.as_ref() != Some(&entry.room) {
            totals.rooms += 1;
            room = Some(entry.room);
        }
    }
    sink.finish(totals)?;
    Ok(totals)
}
