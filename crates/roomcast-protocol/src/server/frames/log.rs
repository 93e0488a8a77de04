//! What was said, and what became of it.

use crate::Id;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct Message<'a> {
    /// Where.
    pub room: Cow<'a, str>,
    /// Its number in the room.
    pub seq: u64,
    /// Who said it.
    pub user: Cow<'a, str>,
    /// What was said; empty where it was deleted.
    pub content: Cow<'a, str>,
    /// When: seconds since the Unix epoch.
    pub timestamp: u64,
    /// The sender's own name for it; on the sender's own connections only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<Cow<'a, str>>,
    /// The message that it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<u64>,
    /// When it was last edited: seconds since the Unix epoch; not there where it was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edited: Option<u64>,
    /// It was taken away; only its place is left.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "schema", ts(optional, as = "Option<bool>"))]
    pub deleted: bool,
}

/// What was said before: [`Message`] without the room, which [`History`] names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct HistoryMessage<'a> {
    /// Its number in the room.
    pub seq: u64,
    /// Who said it.
    pub user: Cow<'a, str>,
    /// What was said; empty where it was deleted.
    pub content: Cow<'a, str>,
    /// When: seconds since the Unix epoch.
    pub timestamp: u64,
    /// The sender's own name for it; on the sender's own connections only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<Cow<'a, str>>,
    /// The message that it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<u64>,
    /// When it was last edited: seconds since the Unix epoch; not there where it was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edited: Option<u64>,
    /// It was taken away; only its place is left.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "schema", ts(optional, as = "Option<bool>"))]
    pub deleted: bool,
}

/// A page of what was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct History<'a> {
    /// The `id` of the `history`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
    /// The room.
    pub room: Cow<'a, str>,
    /// Oldest first, at most 200.
    pub messages: Vec<HistoryMessage<'a>>,
    /// There are more in the direction that was asked for (with `around`: in either).
    pub more: bool,
}

/// What a message says now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Edit<'a> {
    /// Where.
    pub room: Cow<'a, str>,
    /// Which message.
    pub seq: u64,
    /// The change's own number in the room.
    pub change: u64,
    /// Who changed it.
    pub user: Cow<'a, str>,
    /// What it says now.
    pub content: Cow<'a, str>,
    /// When it was changed: seconds since the Unix epoch.
    pub timestamp: u64,
}

/// A message that was taken away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Delete<'a> {
    /// Where.
    pub room: Cow<'a, str>,
    /// Which message.
    pub seq: u64,
    /// The change's own number in the room.
    pub change: u64,
    /// Who took it away.
    pub user: Cow<'a, str>,
    /// When: seconds since the Unix epoch.
    pub timestamp: u64,
}

/// A reaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct React<'a> {
    /// Where.
    pub room: Cow<'a, str>,
    /// Which message.
    pub seq: u64,
    /// Whose reaction.
    pub user: Cow<'a, str>,
    /// With what.
    pub emoji: Cow<'a, str>,
    /// Set (`true`) or taken back.
    pub on: bool,
}

/// How far a user has read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Read<'a> {
    /// Where.
    pub room: Cow<'a, str>,
    /// The last message that was read.
    pub seq: u64,
    /// Who has read.
    pub user: Cow<'a, str>,
}
