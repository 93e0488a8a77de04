//! Moving messages: from a store into a file of lines, from there into a store, from one store into another. All of it is
//! [`copy`] from a [`Source`] to a [`Sink`], one message at a time, so that memory is bounded whatever is moved.

mod chain;
mod error;
mod lines;
mod new_file;

pub use chain::{RoomChain, compare};
pub use error::TransferError;
pub use lines::{LineSink, LineSource};
pub use new_file::NewFile;

pub(crate) use new_file::sync_folder;

use roomcast::store::Record;
use roomcast_protocol::RoomName;

/// A message and the room that it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The room.
    pub room: RoomName,
    /// The message, as it is kept.
    pub record: Record,
    /// The line that it comes from, counted from 1, where there are lines.
    pub line: Option<u64>,
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
}

/// Where messages come from, as they were at one moment.
pub trait Source {
    /// The name of the log that the numbers belong to.
    fn epoch(&self) -> &str;

    /// The next message, `None` after the last: room by room, by name where it is a store; in a room by number, without
    /// a hole.
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

    /// Takes a message. Those of a room come one after the other, by number.
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
        totals.messages += 1;
        if room.as_ref() != Some(&entry.room) {
            totals.rooms += 1;
            room = Some(entry.room);
        }
    }
    sink.finish(totals)?;
    Ok(totals)
}
