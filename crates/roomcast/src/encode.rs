//! Frames for the wire, and records of the store as frames.

use crate::{
    auth::User,
    merge::Next,
    store::{Change, Kind, Record},
};
use bytes::{Bytes, BytesMut};
use roomcast_protocol::{
    RoomName, ServerFrame,
    server::{Delete, Edit, HistoryMessage, Message},
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

/// An event as everyone sees it; a message with its nonce where it is shown to its sender.
pub(crate) fn event<'a>(room: &'a RoomName, event: Next<'a>, own: bool) -> ServerFrame<'a> {
    match event {
        Next::Message(record) => message(room, record, own),
        Next::Change(of) => change(room, of),
    }
}

/// An event as this person sees it.
pub(crate) fn event_for<'a>(room: &'a RoomName, of: Next<'a>, asker: &User) -> ServerFrame<'a> {
    event(room, of, matches!(of, Next::Message(record) if is_own(record, asker)))
}

/// A change. An edit whose text a deletion has erased is shown as the deletion that the message came to: something is
/// sent for each number, and nothing empty is shown in place of the message.
fn change<'a>(room: &'a RoomName, of: &'a Change) -> ServerFrame<'a> {
    let (room, user) = (Cow::Borrowed(room.as_str()), Cow::Borrowed(of.user.name()));
    let (seq, change, timestamp) = (of.seq, of.number, seconds(of.at_ms));
    match &of.kind {
        Kind::Edit { content: Some(content) } => {
            ServerFrame::Edit(Edit { room, seq, change, user, content: Cow::Borrowed(content), timestamp })
        }
        Kind::Edit { content: None } | Kind::Delete => {
            ServerFrame::Delete(Delete { room, seq, change, user, timestamp })
        }
    }
}

/// A record as everyone sees it; with its nonce where it is shown to its sender.
fn message<'a>(room: &'a RoomName, record: &'a Record, own: bool) -> ServerFrame<'a> {
    ServerFrame::Message(Message {
        room: Cow::Borrowed(room.as_str()),
        seq: record.seq,
        user: Cow::Borrowed(record.user.name()),
        content: Cow::Borrowed(&record.content),
        timestamp: seconds(record.at_ms),
        nonce: record.nonce.as_deref().filter(|_| own).map(Cow::Borrowed),
        reply_to: record.reply_to,
        edited: record.edited_ms.map(seconds),
        deleted: record.deleted_ms.is_some(),
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
        edited: record.edited_ms.map(seconds),
        deleted: record.deleted_ms.is_some(),
    }
}

fn is_own(record: &Record, asker: &User) -> bool {
    record.user.identity() == asker.name.identity()
}

/// The wire's times are whole seconds.
pub(crate) fn seconds(at_ms: u64) -> u64 {
    at_ms / 1000
}
