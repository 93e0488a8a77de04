//! What the server says, `docs/protocol.md` §1 and §3.
//!
//! The structs are here to be filled in by name: `ServerFrame::Ack(Ack { … })`. Texts are borrowed or owned as it
//! suits; all of them decode as `'static`, for clients and tests written in Rust. Times are whole seconds since the
//! Unix epoch, UTC, durations milliseconds, numbers at most [`MAX_SEQ`](crate::MAX_SEQ).

mod frames;

pub use frames::*;

use serde::{Deserialize, Serialize};

/// What the server says to a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame<'a> {
    /// The first frame on every connection.
    Hello(Hello<'a>),
    /// The client is in the room from now on, and where the room stands. The reply to `join`.
    Joined(Joined<'a>),
    /// The client is out of the room. The reply to `leave`.
    Left(Left<'a>),
    /// The token was accepted. The reply to `auth`.
    Authenticated(Authenticated<'a>),
    /// A sign of life. The reply to `ping`.
    Pong(Pong),
    /// Who is in the room.
    Presence(Presence<'a>),
    /// A user came.
    Join(Member<'a>),
    /// A user's last connection is gone.
    Leave(Member<'a>),
    /// Who came and went in a crowded room.
    PresenceChange(PresenceChange<'a>),
    /// A user is typing.
    Typing(Member<'a>),
    /// Something was said.
    Message(Message<'a>),
    /// A message says something else now.
    Edit(Edit<'a>),
    /// A message was taken away.
    Delete(Delete<'a>),
    /// A reaction was set or taken back.
    React(React<'a>),
    /// A user has read up to a message.
    Read(Read<'a>),
    /// Messages that were said before. The reply to `history`.
    History(History<'a>),
    /// It is durable. The reply to `message`, `edit`, `delete` and `react`.
    Ack(Ack<'a>),
    /// Everything that a resume owed has been sent.
    CaughtUp(CaughtUp<'a>),
    /// Messages that are not sent on this connection.
    Gap(Gap<'a>),
    /// The client's position means nothing any more.
    Reset(Reset<'a>),
    /// Something was refused or failed.
    Error(ErrorFrame<'a>),
    /// The close frame follows.
    GoingAway(GoingAway<'a>),
}

/// Said where a frame could not be written, which takes a type that no frame has.
const UNWRITABLE: &[u8] =
    br#"{"type":"error","code":"internal","message":"the answer could not be written","temporary":true}"#;

impl ServerFrame<'_> {
    /// The frame as JSON.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(256);
        self.write_json(&mut out);
        out
    }

    /// Appends the frame as JSON.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        let start = out.len();
        // Serde fails where a map's key is no text or a sink refuses bytes. Frames have no maps, and a `Vec` takes all.
        if serde_json::to_writer(&mut *out, self).is_err() {
            out.truncate(start);
            out.extend_from_slice(UNWRITABLE);
        }
    }
}

impl<'a> From<ErrorFrame<'a>> for ServerFrame<'a> {
    fn from(error: ErrorFrame<'a>) -> Self {
        Self::Error(error)
    }
}
