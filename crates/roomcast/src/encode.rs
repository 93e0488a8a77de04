//! Frames for the wire, and records of the store as frames.

use crate::{auth::User, store::Record};
use bytes::{Bytes, BytesMut};
use roomcast_protocol::{
    RoomName, ServerFrame,
    server::{HistoryMessage, Message},
};
use roomcast_socket::frame;
use std::borrow::Cow;

/// One frame, ready to be written to a socket.
pub(crate) fn encode(frame: &ServerFrame<'_>) -> Bytes {
    let mut out = BytesMut::new();
    put(&mut out, frame);
    out.freeze()
}

/// Appends a frame, for those who gather several in one piece.
pub(crate) fn put(out: &mut BytesMut, frame: &ServerFrame<'_>) {
    frame::put_text(out, &frame.to_json());
}

/// A record as everyone sees it; with its nonce where it is shown to its sender.
pub(crate) fn message<'a>(room: &'a RoomName, record: &'a Record, own: bool) -> ServerFrame<'a> {
    ServerFrame::Message(Message {
        room: Cow::Borrowed(room.as_str()),
        seq: record.seq,
        user: Cow::Borrowed(record.user.name()),
        content: Cow::Borrowed(&record.content),
        timestamp: seconds(record.at_ms),
        nonce: record.nonce.as_deref().filter(|_| own).map(Cow::Borrowed),
        reply_to: record.reply_to,
        edited: None,
        deleted: false,
    })
}

/// A record in a page of history, as this person sees it.
pub(crate) fn history_message<'a>(record: &'a Record, asker: &User) -> HistoryMessage<'a> {
    HistoryMessage {
        seq: record.seq,
        user: Cow::Borrowed(record.user.name()),
        content: Cow::Borrowed(&record.content),
        timestamp: seconds(record.at_ms),
        nonce: record.nonce.as_deref().filter(|_| is_own(record, asker)).map(Cow::Borrowed),
        reply_to: record.reply_to,
        edited: None,
        deleted: false,
    }
}

pub(crate) fn is_own(record: &Record, asker: &User) -> bool {
    record.user.identity() == asker.name.identity()
}

/// The wire's times are whole seconds.
pub(crate) fn seconds(at_ms: u64) -> u64 {
    at_ms / 1000
}
