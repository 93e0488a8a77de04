//! What is to be added to a log, and what becomes of it.

use super::Position;
use roomcast_protocol::{RoomName, UserName};
use std::sync::Arc;

/// Something to be added to a room's log.
#[derive(Clone, Debug)]
pub struct Append {
    /// The room whose log it joins.
    pub room: RoomName,
    /// Who says or does it.
    pub user: Arc<UserName>,
    /// Milliseconds since the Unix epoch, UTC: shown, never used for order.
    pub at_ms: u64,
    /// What it is.
    pub what: What,
}

/// What is added. Contents are already checked (`docs/protocol.md` §9).
#[derive(Clone, Debug)]
pub enum What {
    /// A message.
    Message {
        /// What is said.
        content: Arc<str>,
        /// The sender's own name for this message, so that sending it again is safe: (room, user identity, nonce)
        /// is one message for as long as it is kept (I3).
        nonce: Option<Arc<str>>,
        /// The message this one answers.
        reply_to: Option<u64>,
    },
    /// A message says something else from now on.
    Edit {
        /// The message's number.
        seq: u64,
        /// What it says.
        content: Arc<str>,
    },
    /// A message is taken away; its place stays.
    Delete {
        /// The message's number.
        seq: u64,
    },
}

impl What {
    /// Bytes of content, for those who count what waits.
    #[must_use]
    pub fn content_bytes(&self) -> usize {
        match self {
            Self::Message { content, .. } | Self::Edit { content, .. } => content.len(),
            Self::Delete { .. } => 0,
        }
    }

    /// The sender's own name for it.
    #[must_use]
    pub fn nonce(&self) -> Option<&Arc<str>> {
        match self {
            Self::Message { nonce, .. } => nonce.as_ref(),
            Self::Edit { .. } | Self::Delete { .. } => None,
        }
    }
}

/// Where something that was appended stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The number of the message: its own, or that of the one that was changed.
    pub seq: u64,
    /// Where the room's log stands with it: right behind what was added, or where it stood if nothing was.
    pub at: Position,
    /// Its time: where it was a repetition, that of the first one.
    pub at_ms: u64,
    /// It was there already (a message under the same nonce and with the same content, a change that is made): nobody
    /// is to be told again.
    pub repeated: bool,
}

/// Why something was not appended. The rest of its batch is not concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The nonce names another message already (I5).
    #[error("this nonce was used for a message with another content")]
    NonceConflict,
    /// The message to be changed was never there, is not kept any more, or was deleted.
    #[error("there is no such message, or it was deleted")]
    NoSuchMessage,
    /// The message to be changed is somebody else's.
    #[error("only its author may change a message")]
    NotTheAuthor,
    /// The queue in front of the writer is full: try again.
    #[error("the store's queue is full")]
    Overloaded,
    /// The commit failed or its outcome is not known: repeat it, a message with the same nonce.
    #[error("the store did not answer")]
    Unavailable,
}
