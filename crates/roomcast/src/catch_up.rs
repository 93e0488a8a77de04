//! From behind to live, at the connection's own pace.
//!
//! A connection that lacks messages or changes reads them from the log, page by page, as its socket takes them. As soon as
//! what it lacks is among the newest at hand, it subscribes to the room's topic and gets those: both in one step on its
//! shard, between two batches, so that nothing falls between and nothing comes twice. (Reading first and subscribing
//! after would be the classic hole.) Resuming and falling behind are the same thing here.

use crate::{
    auth::User,
    encode,
    merge::Next,
    pages::{Lacking, Sent},
    room::Room,
    session::{Cx, Session, say},
    store::Position,
};
use bytes::{Bytes, BytesMut};
use roomcast_protocol::{
    ServerFrame,
    server::{CaughtUp, Gap, Reason, Reset},
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
    /// Some has been sent; the rest is on its way. (In a box of its own, which those who are live need not pay for.)
    Behind(Box<Behind>),
}

/// How far a connection is that catches up.
pub(crate) struct Behind {
    sent: Sent,
    /// Pages are on their way.
    reading: bool,
}

impl State {
    pub(crate) fn behind(sent: Sent) -> Self {
        Self::Behind(Box::new(Behind { sent, reading: false }))
    }

    fn lacks_from(&self, sent: Sent) -> bool {
        matches!(self, Self::Behind(behind) if behind.sent == sent)
    }
}

impl Session {
    /// The connection's outbox had no room for what the room got: it reads the rest from the log when it has drained.
    pub(crate) fn fell_behind(&mut self, cx: &mut Cx<'_>, topic: &Topic, events: u64) {
        if let Some(m) = self.rooms.iter_mut().find(|m| m.room.topic.name() == topic.name()) {
            m.state = State::behind(Sent::Events(events));
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

    /// One step: goes live, or asks for pages. True where it has gone live.
    pub(crate) fn catch_up(&mut self, cx: &mut Cx<'_>, index: usize) -> bool {
        let Some(Membership { room, state: State::Behind(behind) }) = self.rooms.get_mut(index) else {
            return false;
        };
        if behind.reading {
            return false;
        }
        let (room, sent) = (room.clone(), behind.sent);
        let events = cx.subscribe(&room.topic);
        let Some((missed, Position { seq, change })) = room.recent(sent, events, &self.user) else {
            behind.reading = true;
            cx.unsubscribe(&room.topic);
            self.read_pages(cx, room, sent);
            return false;
        };
        self.rooms[index].state = State::Live;
        cx.send(missed);
        say(cx, &ServerFrame::CaughtUp(CaughtUp { room: room.name.as_str().into(), seq, change }));
        true
    }

    fn read_pages(&self, cx: &mut Cx<'_>, room: Arc<Room>, sent: Sent) {
        let (chat, remote, wanted) = (self.chat.clone(), cx.remote(), room.wanted());
        self.chat.spawn(async move {
            let lacking = chat.pages().after(chat.store(), &room.name, sent, wanted).await;
            if lacking.as_ref().map_or(true, |lacking| lacking.events().next().is_none()) {
                // The store does not answer; or another shard was faster, and ours has yet to write what it had.
                tokio::time::sleep(if lacking.is_err() { RETRY } else { Duration::from_millis(1) }).await;
            }
            remote.run(move |session, cx| session.pages_came(cx, &room, sent, lacking.ok()));
        });
    }

    /// What was read for somebody who had `asked` so much is here.
    fn pages_came(&mut self, cx: &mut Cx<'_>, room: &Arc<Room>, asked: Sent, lacking: Option<Lacking>) {
        // Whoever has left or joined again meanwhile lacks something else.
        let is_it = |m: &Membership| Arc::ptr_eq(&m.room, room) && m.state.lacks_from(asked);
        let Some(index) = self.rooms.iter().position(is_it) else {
            return;
        };
        let sent = lacking.map_or(asked, |lacking| Sent::At(self.send_pages(cx, room, &lacking)));
        self.rooms[index].state = State::behind(sent);
        cx.notify_when_drained();
    }

    /// Sends of pages what may be sent at once, and returns how far that was.
    fn send_pages(&self, cx: &mut Cx<'_>, room: &Room, lacking: &Lacking) -> Position {
        if lacking.is_lost() {
            let (epoch, Position { seq: head, change }) = (self.chat.store().epoch(), lacking.upto);
            let (room, epoch, reason) = (room.name.as_str().into(), (&*epoch).into(), Reason::Retention);
            say(cx, &ServerFrame::Reset(Reset { room, epoch, head, change, reason }));
            return lacking.upto;
        }
        let (piece, sent) = piece(room, &self.user, lacking);
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

/// What is lacking and kept as frames for this person, up to the first that passes [`PAGE_BYTES`], and how far that is.
pub(crate) fn piece(room: &Room, asker: &User, lacking: &Lacking) -> (Bytes, Position) {
    let (mut sent, mut seq, mut out) = (lacking.from, lacking.from.seq, BytesMut::new());
    // A page may have been read, and kept, before some of it was forgotten.
    let floor = room.floor();
    let mut events = lacking.events();
    while let Some(next) = events.next() {
        sent = events.at();
        if sent.seq < floor || sent.seq == floor && matches!(next, Next::Message(_)) {
            continue;
        }
        if let Next::Message(record) = next
            && record.seq > seq + 1
        {
            let (name, from, to) = (room.name.as_str().into(), seq + 1, record.seq - 1);
            encode::put(&mut out, &ServerFrame::Gap(Gap { room: name, from, to, reason: Reason::Retention }));
        }
        encode::put(&mut out, &encode::event_for(&room.name, next, asker));
        seq = sent.seq;
        if out.len() > PAGE_BYTES {
            break;
        }
    }
    (out.freeze(), sent)
}
