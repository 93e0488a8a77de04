//! What clients say, `docs/protocol.md` §2.

mod decode;
mod fields;
#[cfg(feature = "schema")]
mod schema;

use crate::{ErrorCode, Id};
use serde::{Serialize, Serializer, ser::SerializeMap as _};
use std::borrow::Cow;

/// One client frame with the `id` that its reply carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema, ts_rs::TS),
    ts(optional_fields, rename = "ClientFrame")
)]
pub struct Envelope<'a> {
    /// What is said.
    #[serde(flatten)]
    pub frame: ClientFrame<'a>,
    /// Chosen by the client; without it nothing but a failure is answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
}

/// What a client says. Texts are borrowed from the frame wherever it writes them without escapes. They are bounded
/// by the frame's size only: names and contents are checked by [`RoomName::parse`](crate::RoomName::parse),
/// [`check_content`](crate::check_content), [`check_nonce`](crate::check_nonce) and
/// [`check_emoji`](crate::check_emoji). Numbers are at most [`MAX_SEQ`](crate::MAX_SEQ).
///
/// `room` may be left out on `/chat/{room}`, where there is only the one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientFrame<'a> {
    /// Says something; answered with `ack` after it is durable.
    Message {
        /// Where.
        #[serde(skip_serializing_if = "Option::is_none")]
        room: Option<Cow<'a, str>>,
        /// What is said, 1 to 4,000 characters after trimming.
        #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 16_384)))]
        content: Cow<'a, str>,
        /// The client's own name for this message, at most 64 bytes: makes it safe to send it again.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 64)))]
        nonce: Option<Cow<'a, str>>,
        /// The message that this one answers.
        #[serde(skip_serializing_if = "Option::is_none")]
        reply_to: Option<u64>,
    },
    /// The user is typing; passed on to the others, not answered.
    Typing {
        /// Where.
        #[serde(skip_serializing_if = "Option::is_none")]
        room: Option<Cow<'a, str>>,
    },
    /// Asks for messages that were said before; answered with `history`.
    History {
        /// Of which room.
        #[serde(skip_serializing_if = "Option::is_none")]
        room: Option<Cow<'a, str>>,
        /// How many at most, at least 1; more than 200 means 200, leaving it out 50.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
        limit: Option<u32>,
        /// From where.
        #[serde(flatten)]
        #[cfg_attr(feature = "schema", schemars(with = "schema::HistoryAtFields"))]
        at: HistoryAt,
    },
    /// Joins a room (`/ws` only); answered with `joined`.
    Join {
        /// Which room.
        room: Cow<'a, str>,
        /// What the client has already.
        #[serde(skip_serializing_if = "Option::is_none")]
        resume: Option<Resume<'a>>,
    },
    /// Leaves a room (`/ws` only); answered with `left`.
    Leave {
        /// Which room.
        room: Cow<'a, str>,
    },
    /// Shows a token, or on a live connection a newer one of the same user; answered with `authenticated`.
    Auth {
        /// A JSON Web Token (RFC 7519).
        token: Cow<'a, str>,
    },
    /// Asks for a sign of life; answered with `pong`.
    Ping,
    /// Changes what a message says; answered with `ack`.
    Edit {
        /// Where.
        #[serde(skip_serializing_if = "Option::is_none")]
        room: Option<Cow<'a, str>>,
        /// Which message.
        seq: u64,
        /// What it says from now on.
        #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 16_384)))]
        content: Cow<'a, str>,
    },
    /// Takes a message away; answered with `ack`.
    Delete {
        /// Where.
        #[serde(skip_serializing_if = "Option::is_none")]
        room: Option<Cow<'a, str>>,
        /// Which message.
        seq: u64,
    },
    /// Sets or takes back a reaction to a message; answered with `ack`.
    React {
        /// Where.
        #[serde(skip_serializing_if = "Option::is_none")]
        room: Option<Cow<'a, str>>,
        /// Which message.
        seq: u64,
        /// With what, 1 to 64 bytes.
        #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 64)))]
        emoji: Cow<'a, str>,
        /// Set (`true`) or taken back.
        on: bool,
    },
    /// The user has read everything up to here; not answered.
    Read {
        /// Where.
        #[serde(skip_serializing_if = "Option::is_none")]
        room: Option<Cow<'a, str>>,
        /// The last message that was read.
        seq: u64,
    },
}

/// How far a client has a room's log, and which log that is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct Resume<'a> {
    /// The last message's number; 0 for none.
    pub seq: u64,
    /// The log's name, as `joined` said it.
    pub epoch: Cow<'a, str>,
    /// The last change's number; 0 for none. Without it every change behind the message `seq` is sent, also those that
    /// the client has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<u64>,
}

/// From where history is wanted. On the wire one of the fields `before`, `after` and `around`, or none of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HistoryAt {
    /// The newest messages.
    #[default]
    Newest,
    /// The newest ones before this one.
    Before(u64),
    /// The oldest ones after this one.
    After(u64),
    /// This one, and as many before it as after it.
    Around(u64),
}

impl Serialize for HistoryAt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::Newest => {}
            Self::Before(seq) => map.serialize_entry("before", seq)?,
            Self::After(seq) => map.serialize_entry("after", seq)?,
            Self::Around(seq) => map.serialize_entry("around", seq)?,
        }
        map.end()
    }
}

/// Why a frame could not be read, with what the `error` reply needs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct FrameError {
    /// The frame's `id`, where it could be read.
    pub id: Option<Id>,
    /// [`ErrorCode::BadFrame`], [`ErrorCode::UnknownType`] or [`ErrorCode::TooLarge`].
    pub code: ErrorCode,
    /// For whoever wrote the client.
    pub message: Cow<'static, str>,
}

impl<'a> Envelope<'a> {
    /// The frame as JSON, for clients.
    ///
    /// # Errors
    /// None for any frame of this crate; the signature is serde's.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

impl<'a> From<ClientFrame<'a>> for Envelope<'a> {
    /// A frame without `id`.
    fn from(frame: ClientFrame<'a>) -> Self {
        Self { frame, id: None }
    }
}

impl ClientFrame<'_> {
    /// The word in `type`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Message { .. } => "message",
            Self::Typing { .. } => "typing",
            Self::History { .. } => "history",
            Self::Join { .. } => "join",
            Self::Leave { .. } => "leave",
            Self::Auth { .. } => "auth",
            Self::Ping => "ping",
            Self::Edit { .. } => "edit",
            Self::Delete { .. } => "delete",
            Self::React { .. } => "react",
            Self::Read { .. } => "read",
        }
    }

    /// The room that the frame names; `None` where it concerns none, or leaves it to the connection.
    #[must_use]
    pub fn room(&self) -> Option<&str> {
        match self {
            Self::Message { room, .. }
            | Self::Typing { room }
            | Self::History { room, .. }
            | Self::Edit { room, .. }
            | Self::Delete { room, .. }
            | Self::React { room, .. }
            | Self::Read { room, .. } => room.as_deref(),
            Self::Join { room, .. } | Self::Leave { room } => Some(room),
            Self::Auth { .. } | Self::Ping => None,
        }
    }
}
