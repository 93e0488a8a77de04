//! The stable `code` of every error, `docs/protocol.md` §6.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Why something was refused or failed. Codes are stable: programs may match on them. The same ones stand in
/// `error` frames and in the problem documents of the REST side (RFC 9457).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Not a JSON object, a field missing, doubled, out of its bounds or of the wrong type.
    BadFrame,
    /// A frame of a `type` that this server does not know.
    UnknownType,
    /// More bytes or characters than are allowed.
    TooLarge,
    /// A message with nothing in it.
    Empty,
    /// Too many in too short a time: wait for `retry_after_ms`.
    RateLimited,
    /// The frame concerns a room that this connection has not joined.
    NotJoined,
    /// There is no such room, or none that the caller may know of.
    NoSuchRoom,
    /// There is no such message, it was deleted, or it is not kept any more.
    NoSuchMessage,
    /// The caller may not do this.
    Forbidden,
    /// Nobody said who the caller is, or not believably.
    Unauthenticated,
    /// The token is not valid any more: fetch a new one.
    TokenExpired,
    /// The nonce names another message already.
    NonceConflict,
    /// A room or user name that is not one.
    BadName,
    /// A limit on how many (rooms, connections) is reached.
    Limit,
    /// The store does not answer. Whether the message was kept is unknown: repeat with the same nonce.
    Unavailable,
    /// The server's own fault.
    Internal,
}

impl ErrorCode {
    /// Every code, in the order of `docs/protocol.md` §6.
    pub const ALL: [Self; 16] = [
        Self::BadFrame,
        Self::UnknownType,
        Self::TooLarge,
        Self::Empty,
        Self::RateLimited,
        Self::NotJoined,
        Self::NoSuchRoom,
        Self::NoSuchMessage,
        Self::Forbidden,
        Self::Unauthenticated,
        Self::TokenExpired,
        Self::NonceConflict,
        Self::BadName,
        Self::Limit,
        Self::Unavailable,
        Self::Internal,
    ];

    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BadFrame => "bad_frame",
            Self::UnknownType => "unknown_type",
            Self::TooLarge => "too_large",
            Self::Empty => "empty",
            Self::RateLimited => "rate_limited",
            Self::NotJoined => "not_joined",
            Self::NoSuchRoom => "no_such_room",
            Self::NoSuchMessage => "no_such_message",
            Self::Forbidden => "forbidden",
            Self::Unauthenticated => "unauthenticated",
            Self::TokenExpired => "token_expired",
            Self::NonceConflict => "nonce_conflict",
            Self::BadName => "bad_name",
            Self::Limit => "limit",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }

    /// The very same frame may succeed later, without anyone's doing anything about it.
    #[must_use]
    pub const fn temporary(self) -> bool {
        matches!(self, Self::RateLimited | Self::Limit | Self::Unavailable | Self::Internal)
    }

    /// The HTTP status (RFC 9110 §15, RFC 6585) that says the same on the REST side.
    #[must_use]
    pub const fn http_status(self) -> u16 {
        match self {
            Self::BadFrame | Self::UnknownType | Self::Empty | Self::BadName => 400,
            Self::Unauthenticated | Self::TokenExpired => 401,
            Self::Forbidden => 403,
            Self::NoSuchRoom | Self::NoSuchMessage => 404,
            Self::NotJoined | Self::NonceConflict => 409,
            Self::TooLarge => 413,
            Self::RateLimited | Self::Limit => 429,
            Self::Internal => 500,
            Self::Unavailable => 503,
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
