//! The fields of each server frame.

mod log;

pub use log::*;

use crate::{ErrorCode, FrameError, Id};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Who the client is here, and how this server is set up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Hello<'a> {
    /// Names this connection in the operator's logs.
    pub connection: Cow<'a, str>,
    /// The name that the client's messages are shown under.
    pub user: Cow<'a, str>,
    /// Which server this is.
    pub server: Server<'a>,
    /// Milliseconds of silence after which the server sends a ping.
    pub heartbeat_ms: u64,
    /// What the client may send.
    pub limits: Limits,
    /// What an `ack` means: `full`, `relaxed` or `memory`.
    #[cfg_attr(
        feature = "schema",
        schemars(extend("enum" = ["full", "relaxed", "memory"])),
        ts(type = "\"full\" | \"relaxed\" | \"memory\"")
    )]
    pub durability: Cow<'a, str>,
}

/// Which server this is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Server<'a> {
    /// The server's version.
    pub version: Cow<'a, str>,
    /// The contract that it speaks, [`SCHEMA_HASH`](crate::contract::SCHEMA_HASH).
    pub schema: Cow<'a, str>,
}

/// What a client may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Limits {
    /// Bytes of one message.
    pub content_bytes: u64,
    /// Messages per `per_ms`.
    pub messages: u64,
    /// Milliseconds in which so many messages may be sent.
    pub per_ms: u64,
}

/// Where a room stands as the client comes in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct Joined<'a> {
    /// The `id` of the `join`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
    /// The room, by its canonical name.
    pub room: Cow<'a, str>,
    /// The log that the room's numbers belong to.
    pub epoch: Cow<'a, str>,
    /// The newest message's number, 0 where there is none.
    pub head: u64,
    /// The newest change's number, 0 where there is none.
    pub change: u64,
    /// The client's position was good: what it lacks follows, then `caught_up`. Where it named none, there was
    /// nothing to recover: `false`, without a reason.
    pub recovered: bool,
    /// Why the client's position was not good; `reset` follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// How many users are here, the newcomer included; `presence` has their names.
    pub users: u64,
}

/// A room that the client is out of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct Left<'a> {
    /// The `id` of the `leave`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
    /// The room.
    pub room: Cow<'a, str>,
}

/// A token that was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct Authenticated<'a> {
    /// The `id` of the `auth`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
    /// The name that the client's messages are shown under.
    pub user: Cow<'a, str>,
    /// When the token expires: seconds since the Unix epoch. A new one is to be shown before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<u64>,
}

/// A sign of life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct Pong {
    /// The `id` of the `ping`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
}

/// Who is in a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Presence<'a> {
    /// The room.
    pub room: Cow<'a, str>,
    /// Their names, sorted; the first 200 of them.
    pub users: Vec<Cow<'a, str>>,
    /// How many there are in all.
    pub count: u64,
}

/// A user in a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Member<'a> {
    /// The room.
    pub room: Cow<'a, str>,
    /// The user.
    pub user: Cow<'a, str>,
}

/// Who came and went in a crowded room since the last such frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct PresenceChange<'a> {
    /// The room.
    pub room: Cow<'a, str>,
    /// Who came, sorted.
    pub joined: Vec<Cow<'a, str>>,
    /// Who went, sorted.
    pub left: Vec<Cow<'a, str>>,
    /// How many there are now.
    pub count: u64,
}

/// It is durable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct Ack<'a> {
    /// The `id` of the frame that this answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
    /// Where.
    pub room: Cow<'a, str>,
    /// The number of the message that was sent, changed or reacted to.
    pub seq: u64,
    /// Where a message was changed: the newest change's number with which it is as wanted. Not a position to resume
    /// from, since changes before it may still be on their way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<u64>,
    /// The nonce that it was sent with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<Cow<'a, str>>,
    /// When it was said or changed: seconds since the Unix epoch; the first one's where it is a repetition.
    pub timestamp: u64,
    /// What the client may send next.
    pub budget: Budget,
}

/// How much a client may send before it is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Budget {
    /// Messages that may be sent at once.
    pub remaining: u64,
    /// Milliseconds until the allowance is whole again.
    pub reset_ms: u64,
}

/// Everything up to here that a resume owed has been sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct CaughtUp<'a> {
    /// The room.
    pub room: Cow<'a, str>,
    /// Up to this message,
    pub seq: u64,
    /// and up to this change.
    pub change: u64,
}

/// Messages that are not sent on this connection: ask `history` for them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Gap<'a> {
    /// The room.
    pub room: Cow<'a, str>,
    /// The first of them.
    pub from: u64,
    /// The last of them.
    pub to: u64,
    /// Why.
    pub reason: Reason,
}

/// The client's position means nothing here: load the room afresh.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Reset<'a> {
    /// The room.
    pub room: Cow<'a, str>,
    /// The log that the room's numbers belong to now.
    pub epoch: Cow<'a, str>,
    /// The newest message's number.
    pub head: u64,
    /// The newest change's number.
    pub change: u64,
    /// Why.
    pub reason: Reason,
}

/// Something was refused or failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct ErrorFrame<'a> {
    /// The `id` of the frame that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
    /// The room that it concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room: Option<Cow<'a, str>>,
    /// For programs; stable.
    pub code: ErrorCode,
    /// For people.
    pub message: Cow<'a, str>,
    /// The same frame may succeed later.
    pub temporary: bool,
    /// Milliseconds to wait before it is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

/// The close frame follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct GoingAway<'a> {
    /// The close code.
    pub code: u16,
    /// Why, for people.
    pub reason: Cow<'a, str>,
    /// Reconnecting is worth it.
    pub reconnect: bool,
    /// Milliseconds to wait before.
    pub retry_after_ms: u64,
}

/// Why a position cannot be resumed from, or messages cannot be sent any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The position belongs to another log.
    Epoch,
    /// What is missing is not kept any more.
    Retention,
    /// The position is beyond the room's newest message.
    Ahead,
}

impl<'a> ErrorFrame<'a> {
    /// An error with a code and a text for people; the other fields are empty, `temporary` follows from the code.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<Cow<'a, str>>) -> Self {
        let message = message.into();
        Self { id: None, room: None, code, message, temporary: code.temporary(), retry_after_ms: None }
    }
}

impl From<FrameError> for ErrorFrame<'static> {
    fn from(error: FrameError) -> Self {
        Self { id: error.id, ..Self::new(error.code, error.message) }
    }
}
