//! What a room's log holds: messages and changes to them, in one order.

use roomcast_protocol::UserName;
use std::sync::Arc;

/// A place in a room's log: behind this message and this change. Both only grow, so that their sum counts what is in
/// front of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The newest message in front of it, 0 for none.
    pub seq: u64,
    /// The newest change in front of it, 0 for none.
    pub change: u64,
}

impl Position {
    /// How many messages and changes are in front of it.
    #[must_use]
    pub fn events(self) -> u64 {
        self.seq + self.change
    }

    /// Whether everything in front of the other place is in front of this one.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        other.seq <= self.seq && other.change <= self.change
    }
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
    /// What it says now; empty where it was deleted.
    pub content: Arc<str>,
    /// The sender's own name for it.
    pub nonce: Option<Arc<str>>,
    /// The message it answers.
    pub reply_to: Option<u64>,
    /// When it was last edited; not there where it was deleted.
    pub edited_ms: Option<u64>,
    /// When it was deleted.
    pub deleted_ms: Option<u64>,
}

impl Record {
    /// Nothing is left but its place.
    pub(crate) fn erase(&mut self, at_ms: u64) {
        (self.content, self.edited_ms, self.deleted_ms) = ("".into(), None, Some(at_ms));
    }
}

/// A change to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its own number in the room.
    pub number: u64,
    /// It stands behind this message: the room's newest one when it was made.
    pub after: u64,
    /// The message that was changed.
    pub seq: u64,
    /// Who changed it.
    pub user: Arc<UserName>,
    /// Milliseconds since the Unix epoch, UTC.
    pub at_ms: u64,
    /// How it was changed.
    pub kind: Kind,
}

/// How a message was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It says something else.
    Edit {
        /// What it says; `None` where the message was deleted since, which erased it.
        content: Option<Arc<str>>,
    },
    /// It was taken away.
    Delete,
}

/// Something in a room's log, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The place right behind it.
    pub at: Position,
    /// What it is.
    pub what: Happened,
}

/// What an [`Event`] is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happened {
    /// Something was said.
    Message(Record),
    /// Something that was said has changed.
    Change(Change),
}

impl Event {
    /// The place right in front of it.
    #[must_use]
    pub fn before(&self) -> Position {
        match self.what {
            Happened::Message(_) => Position { seq: self.at.seq - 1, ..self.at },
            Happened::Change(_) => Position { change: self.at.change - 1, ..self.at },
        }
    }

    /// Whether it takes a message away.
    #[must_use]
    pub fn is_deletion(&self) -> bool {
        matches!(&self.what, Happened::Change(Change { kind: Kind::Delete, .. }))
    }

    /// Forgets what a message said, where this is the message or an edit of it.
    pub(crate) fn erase(&mut self, seq: u64, at_ms: u64) {
        match &mut self.what {
            Happened::Message(record) if record.seq == seq => record.erase(at_ms),
            Happened::Change(Change { seq: of, kind: Kind::Edit { content }, .. }) if *of == seq => {
                *content = None;
            }
            _ => {}
        }
    }

    /// Whether somebody lacks it who has all messages and all changes up to these numbers.
    #[must_use]
    pub fn is_behind(&self, had: Position) -> bool {
        match self.what {
            Happened::Message(_) => self.at.seq > had.seq,
            Happened::Change(_) => self.at.change > had.change,
        }
    }
}
