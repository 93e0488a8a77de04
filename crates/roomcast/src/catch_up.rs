//! From behind to live, at the connection's own pace.
//!
//! A connection that lacks messages reads them from the log, page by page, as its socket takes them. As soon as what it
//! lacks is among the newest messages at hand, it subscribes to the room's topic and gets those: both in one step on its
//! shard, between two batches, so that nothing falls between and nothing comes twice. (Reading first and subscribing
//! after would be the classic hole.) Resuming and falling behind are the same thing here.

use crate::{
    auth::User,
    encode,
    pages::Page,
    room::Room,
    session::{Cx, Session, say},
    store::Record,
};
use bytes::{Bytes, BytesMut};
use roomcast_protocol::{
    ServerFrame,
    server::{CaughtUp, Gap, Reason},
};
use roomcast_socket::Topic;
use std::{sync::Arc, time::Duration};

/// Bytes sent before the socket is waited for.
pub(crate) const PAGE_BYTES: usize = 256 * 1024;
/// Between two attempts to read from a store that does not answer.
const RETRY: Duration = Duration::from_millis(500);

/// A room that a connection is in.
pub(crate) struct Membership {
    pub(crate) room: Arc<Room>,
    pub(crate) state: State,
}

/// How a connection gets what is said in a room.
pub(crate) enum State {
    /// Subscribed: it gets what the room gets.
    Live,
    /// Everything up to `sent` has been sent; the rest is on its way.
    Behind {
        /// The newest number that it has.
        sent: u64,
        /// A page is on its way.
        reading: bool,
    },
}

impl Session {
    /// The connection's outbox had no room for what the room got: it reads the rest from the log when it has drained.
    pub(crate) fn fell_behind(&mut self, cx: &mut Cx<'_>, topic: &Topic, position: u64) {
        if let Some(m) = self.rooms.iter_mut().find(|m| m.room.topic.name() == topic.name()) {
            m.state = State::Behind { sent: position, reading: false };
            cx.notify_when_drained();
        }
    }

    pub(crate) fn catch_up_all(&mut self, cx: &mut Cx<'_>) {
        for index in 0..self.rooms.len() {
            if self.catch_up(cx, index) {
                // Who came and went meanwhile was told to the others only.
                cx.send(self.rooms[index].room.presence());
            }
        }
    }

    /// One step: goes live, or asks for a page. True where it has gone live.
    pub(crate) fn catch_up(&mut self, cx: &mut Cx<'_>, index: usize) -> bool {
        let Some(Membership { room, state: State::Behind { sent, reading: false } }) = self.rooms.get(index)
        else {
            return false;
        };
        let (room, sent) = (room.clone(), *sent);
        let position = cx.subscribe(&room.topic);
        let missed = room.recent(sent, position, &self.user).filter(|_| sent <= position);
        let live = missed.is_some();
        if let Some(missed) = missed {
            cx.send(missed);
            self.rooms[index].state = State::Live;
            say(cx, &ServerFrame::CaughtUp(CaughtUp { room: room.name.as_str().into(), seq: position }));
        } else {
            cx.unsubscribe(&room.topic);
            self.rooms[index].state = State::Behind { sent, reading: true };
            self.read_page(cx, room, sent);
        }
        live
    }

    fn read_page(&self, cx: &mut Cx<'_>, room: Arc<Room>, sent: u64) {
        let (chat, remote, wanted) = (self.chat.clone(), cx.remote(), room.before_recent());
        let after = sent.max(room.floor());
        self.chat.spawn(async move {
            let page = chat.pages().after(chat.store(), &room.name, after, wanted).await;
            if page.as_ref().map_or(true, |p| p.messages.last().is_none_or(|last| last.seq <= sent)) {
                // The store does not answer; or another shard was faster, and ours has yet to write what it had.
                tokio::time::sleep(if page.is_err() { RETRY } else { Duration::from_millis(1) }).await;
            }
            remote.run(move |session, cx| session.page_came(cx, &room, page.ok()));
        });
    }

    fn page_came(&mut self, cx: &mut Cx<'_>, room: &Arc<Room>, page: Option<Page>) {
        let Some(index) = self.rooms.iter().position(|m| Arc::ptr_eq(&m.room, room)) else {
            return;
        };
        let State::Behind { sent, .. } = self.rooms[index].state else {
            return;
        };
        let sent = page.map_or(sent, |page| self.send_page(cx, room, sent, &page));
        self.rooms[index].state = State::Behind { sent, reading: false };
        cx.notify_when_drained();
    }

    /// Sends of a page what may be sent at once, and returns the newest number that was.
    fn send_page(&self, cx: &mut Cx<'_>, room: &Room, from: u64, page: &Page) -> u64 {
        let (piece, sent) = piece(room, &self.user, from, &page.messages);
        if !piece.is_empty() {
            cx.send(piece);
        }
        sent
    }

    /// The lists of people afresh, after some of their changes were dropped.
    pub(crate) fn tell_presence(&self, cx: &mut Cx<'_>) {
        for membership in self.rooms.iter().filter(|m| matches!(m.state, State::Live)) {
            cx.send(membership.room.presence());
        }
    }
}

/// Those after `from` that the room keeps as frames for this person, up to the first that passes [`PAGE_BYTES`], and the
/// newest number of them.
pub(crate) fn piece(room: &Room, asker: &User, from: u64, messages: &[Record]) -> (Bytes, u64) {
    let (mut sent, mut out) = (from, BytesMut::new());
    // A page may have been read, and kept, before some of it was forgotten.
    let after = from.max(room.floor());
    for record in messages.iter().filter(|record| record.seq > after) {
        if record.seq > sent + 1 {
            let (name, from, to) = (room.name.as_str().into(), sent + 1, record.seq - 1);
            encode::put(&mut out, &ServerFrame::Gap(Gap { room: name, from, to, reason: Reason::Retention }));
        }
        encode::put(&mut out, &encode::message(&room.name, record, encode::is_own(record, asker)));
        sent = record.seq;
        if out.len() > PAGE_BYTES {
            break;
        }
    }
    (out.freeze(), sent)
}
