//! What can happen in a run, a line of JSON each. `docs/reliability.md` describes the lines for readers of the files.

use super::Hash;
use roomcast_protocol::server::Reason;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Something that a client did, saw or was told. `at` is nanoseconds since the run began, on one monotonic clock.
///
/// The events of one connection stand in the order in which they happened; those of different connections need not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Event<'a> {
    /// A client's connection is open.
    Opened {
        /// When.
        at: u64,
        /// The client, over all its connections.
        process: u32,
        /// The connection; its number is not used again.
        connection: u64,
        /// The server that it is a connection to.
        #[serde(borrow)]
        server: Cow<'a, str>,
    },
    /// A client begins to publish, or tries again what it does not know the outcome of: then with the same nonce.
    Invoke {
        /// Before the first byte is sent.
        at: u64,
        /// Where it is sent.
        connection: u64,
        /// To which room.
        #[serde(borrow)]
        room: Cow<'a, str>,
        /// The client's name for the message; another for each message.
        #[serde(borrow)]
        nonce: Cow<'a, str>,
        /// Of the sender and the content; another for each message.
        hash: Hash,
    },
    /// An attempt was acknowledged.
    Ok {
        /// After the acknowledgement was read.
        at: u64,
        /// Where.
        connection: u64,
        /// Of which message.
        #[serde(borrow)]
        nonce: Cow<'a, str>,
        /// The log that the number belongs to.
        #[serde(borrow)]
        epoch: Cow<'a, str>,
        /// The number that it was given.
        seq: u64,
    },
    /// An attempt was refused, so that it has had no effect.
    Fail {
        /// When.
        at: u64,
        /// Where.
        connection: u64,
        /// Of which message.
        #[serde(borrow)]
        nonce: Cow<'a, str>,
        /// The error's code.
        #[serde(borrow)]
        code: Cow<'a, str>,
    },
    /// Nobody knows what became of an attempt: the connection was gone, or the server itself did not know.
    Unknown {
        /// When.
        at: u64,
        /// Where.
        connection: u64,
        /// Of which message.
        #[serde(borrow)]
        nonce: Cow<'a, str>,
    },
    /// A connection was told that it is in a room, and where the room stands.
    Joined {
        /// When.
        at: u64,
        /// Which.
        connection: u64,
        /// Which room.
        #[serde(borrow)]
        room: Cow<'a, str>,
        /// The log.
        #[serde(borrow)]
        epoch: Cow<'a, str>,
        /// The newest message's number.
        head: u64,
        /// The position that the client named.
        #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
        resume: Option<Position<'a>>,
        /// That position was good.
        recovered: bool,
        /// Why it was not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Reason>,
    },
    /// A message was shown to a connection.
    Delivery {
        /// When.
        at: u64,
        /// To which.
        connection: u64,
        /// How it came.
        source: Source,
        /// In which room.
        #[serde(borrow)]
        room: Cow<'a, str>,
        /// The log.
        #[serde(borrow)]
        epoch: Cow<'a, str>,
        /// The message's number.
        seq: u64,
        /// Of the sender and the content.
        hash: Hash,
    },
    /// A connection was told that a resume has brought everything up to here.
    CaughtUp {
        /// When.
        at: u64,
        /// Which.
        connection: u64,
        /// In which room.
        #[serde(borrow)]
        room: Cow<'a, str>,
        /// Up to here.
        seq: u64,
    },
    /// A connection was told that it will not get these.
    Gap {
        /// When.
        at: u64,
        /// Which.
        connection: u64,
        /// In which room.
        #[serde(borrow)]
        room: Cow<'a, str>,
        /// The first of them.
        from: u64,
        /// The last of them.
        to: u64,
        /// Why.
        reason: Reason,
    },
    /// A connection was told that its position means nothing any more.
    Reset {
        /// When.
        at: u64,
        /// Which.
        connection: u64,
        /// In which room.
        #[serde(borrow)]
        room: Cow<'a, str>,
        /// The log from now on.
        #[serde(borrow)]
        epoch: Cow<'a, str>,
        /// The newest message's number.
        head: u64,
        /// Why.
        reason: Reason,
    },
    /// A connection is over.
    Closed {
        /// When.
        at: u64,
        /// Which.
        connection: u64,
        /// It was kept to the end of the run and closed because there was nothing more to come, so that everything was
        /// owed to it.
        finished: bool,
        /// Why, for people.
        #[serde(borrow)]
        why: Cow<'a, str>,
    },
    /// When everything was over, a server was asked where a room stands.
    Head {
        /// When.
        at: u64,
        /// The server.
        #[serde(borrow)]
        server: Cow<'a, str>,
        /// By which way it was asked.
        via: Via,
        /// About which room.
        #[serde(borrow)]
        room: Cow<'a, str>,
        /// The log, where the server told it.
        #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
        epoch: Option<Cow<'a, str>>,
        /// The newest message's number.
        head: u64,
    },
    /// A message of the final history, as it was read when everything was over; those of one room, server and way stand
    /// in the order in which the server told them.
    Stored {
        /// When.
        at: u64,
        /// The server.
        #[serde(borrow)]
        server: Cow<'a, str>,
        /// By which way it was asked.
        via: Via,
        /// Of which room.
        #[serde(borrow)]
        room: Cow<'a, str>,
        /// The message's number.
        seq: u64,
        /// Of the sender and the content.
        hash: Hash,
    },
}

/// A place in a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position<'a> {
    /// The log.
    #[serde(borrow)]
    pub epoch: Cow<'a, str>,
    /// The last message that the client has.
    pub seq: u64,
}

/// How a message came to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// As it was said.
    Live,
    /// Between `joined` and `caught_up`.
    Resume,
    /// In the answer to `history`.
    History,
}

/// By which way a server was asked at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// Frames on a WebSocket.
    Socket,
    /// The REST interface.
    Rest,
}

impl Via {
    /// The word in the file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Socket => "socket",
            Self::Rest => "rest",
        }
    }
}
