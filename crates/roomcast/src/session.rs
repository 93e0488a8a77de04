//! One connection's logic: decode, dispatch to one file per command, reply. It lives on its connection's shard and needs
//! no lock.

use crate::{
    access,
    append::{Flow, Outgoing},
    auth::{Pass, User},
    catch_up::Membership,
    chat::Chat,
    command,
    encode::encode,
    limits::MAX_REFUSALS,
};
use bytes::Bytes;
use roomcast_protocol::{
    CloseCode, Envelope, ErrorCode, HEARTBEAT_MS, Id, MAX_CONTENT_BYTES, Resume, RoomName, ServerFrame,
    contract,
    server::{ErrorFrame, GoingAway, Hello, Limits, Server},
};
use roomcast_socket::{Close, Closed, Context, Handler, Message, Topic};
use smallvec::SmallVec;
use std::{fmt, sync::Arc};

pub(crate) type Cx<'a> = Context<'a, Session>;

/// A connection of a person.
pub struct Session {
    pub(crate) chat: Chat,
    pub(crate) user: Arc<User>,
    /// The one room of a `/chat/{room}` connection, with the position it resumes from.
    pub(crate) only: Option<Box<Only>>,
    pub(crate) rooms: SmallVec<[Membership; 1]>,
    pub(crate) flow: Option<Arc<Flow>>,
    /// What the token allows, where there was one.
    pub(crate) pass: Option<Box<Pass>>,
    /// An answer is awaited: the next frame is read after it.
    pub(crate) busy: bool,
    /// Nobody has said who this is: the `auth` frame is due. Counted by the chat.
    pub(crate) owes: bool,
    /// It is one of the connections that a person may have.
    pub(crate) counts: bool,
    /// Frames that were refused since one was allowed.
    pub(crate) refusals: u8,
    /// What goes with the connection.
    _hold: Box<dyn Send>,
}

/// The room of a connection that has exactly one.
pub(crate) struct Only {
    pub(crate) room: RoomName,
    pub(crate) resume: Option<Resume<'static>>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("user", &self.user.name).finish_non_exhaustive()
    }
}

impl Session {
    pub(crate) fn new(
        chat: Chat,
        user: Arc<User>,
        pass: Option<Box<Pass>>,
        only: Option<Only>,
        hold: Box<dyn Send>,
    ) -> Self {
        let (only, rooms) = (only.map(Box::new), SmallVec::new());
        Self {
            chat,
            user,
            only,
            rooms,
            flow: None,
            pass,
            busy: false,
            owes: false,
            counts: false,
            refusals: 0,
            _hold: hold,
        }
    }

    pub(crate) fn hello(&self, cx: &mut Cx<'_>) -> Bytes {
        let rate = self.chat.options().limits.messages;
        encode(&ServerFrame::Hello(Hello {
            connection: cx.remote().to_string().into(),
            user: self.user.name.name().into(),
            server: Server {
                version: env!("CARGO_PKG_VERSION").into(),
                schema: contract::SCHEMA_HASH.into(),
            },
            heartbeat_ms: HEARTBEAT_MS,
            limits: Limits {
                content_bytes: MAX_CONTENT_BYTES as u64,
                messages: rate.count.get().into(),
                per_ms: crate::limits::millis(rate.per),
            },
            durability: self.chat.store().durability().as_str().into(),
        }))
    }

    pub(crate) fn refuse(&self, cx: &mut Cx<'_>, id: Option<Id>, room: Option<&str>, error: ErrorFrame<'_>) {
        self.chat.count_refusal();
        say(cx, &ServerFrame::Error(ErrorFrame { id, room: room.map(Into::into), ..error }));
    }

    /// Counts the frames in a row that were refused, and closes where nothing else comes.
    fn note(&mut self, cx: &mut Cx<'_>, was_allowed: bool) {
        self.refusals = if was_allowed { 0 } else { self.refusals.saturating_add(1) };
        if self.refusals == MAX_REFUSALS {
            access::cut_off(cx, CloseCode::Flooding, "nothing but refusals: wait for as long as they say");
        }
    }

    /// Nothing more is read until [`Session::resume`].
    pub(crate) fn wait(&mut self, cx: &mut Cx<'_>) {
        self.busy = true;
        cx.pause();
    }

    /// The answer is there, or the messages on their way are fewer.
    pub(crate) fn resume(&mut self, cx: &mut Cx<'_>) {
        if !self.busy {
            cx.resume();
        }
    }

    pub(crate) fn answered(&mut self, cx: &mut Cx<'_>) {
        self.busy = false;
        cx.resume();
    }

    /// The room that a frame concerns, which the connection must be in.
    pub(crate) fn membership(&mut self, room: Option<&str>) -> Result<&mut Membership, ErrorFrame<'static>> {
        let named = room.or(self.only.as_ref().map(|only| only.room.as_str()));
        let Some(named) = named else {
            return Err(ErrorFrame::new(
                ErrorCode::BadFrame,
                "`room` is missing: say which room this is for",
            ));
        };
        let canonical = RoomName::canonical(named).map_err(|e| ErrorFrame::new(e.code(), e.to_string()))?;
        let found = self.rooms.iter_mut().find(|m| m.room.name.as_str() == canonical);
        found
            .ok_or_else(|| ErrorFrame::new(ErrorCode::NotJoined, "you are not in this room: `join` it first"))
    }
}

impl Handler for Session {
    type Shard = Outgoing;

    fn opened(&mut self, cx: &mut Cx<'_>) {
        cx.shard().belong(&self.chat);
        if self.owes {
            access::await_token(cx);
        } else if self.takes_effect(cx) && self.takes_place(cx) {
            self.greet(cx);
            self.enter_only(cx);
        }
    }

    fn message(&mut self, cx: &mut Cx<'_>, message: Message<'_>) {
        let Message::Text(text) = message else {
            return cx.close(close(CloseCode::Unsupported));
        };
        let was_allowed = match Envelope::parse(text) {
            Ok(envelope) => command::run(self, cx, envelope),
            Err(error) => {
                self.refuse(cx, error.id.clone(), None, error.into());
                false
            }
        };
        self.note(cx, was_allowed);
    }

    fn behind(&mut self, cx: &mut Cx<'_>, topic: &Topic, position: u64) {
        self.fell_behind(cx, topic, position);
    }

    fn drained(&mut self, cx: &mut Cx<'_>, missed: bool) {
        if missed {
            self.tell_presence(cx);
        }
        self.catch_up_all(cx);
    }

    fn deadline(&mut self, cx: &mut Cx<'_>) {
        self.time_is_up(cx);
    }

    fn shutdown(&mut self, cx: &mut Cx<'_>, close: Close) {
        let retry_after_ms = self.chat.retry_after_ms(&cx.remote());
        let away =
            GoingAway { code: close.code, reason: close.reason.into(), reconnect: true, retry_after_ms };
        say(cx, &ServerFrame::GoingAway(away));
        cx.close(close);
    }

    fn closed(&mut self, _: &mut Cx<'_>, how: Closed) {
        for membership in self.rooms.drain(..) {
            self.chat.depart(&membership.room, &self.user, how.by_peer() || is_final(how));
        }
    }

    fn turn(shard: &mut Outgoing) -> bool {
        shard.send()
    }
}

/// We closed it with a code after which nobody comes back.
fn is_final(how: Closed) -> bool {
    matches!(how, Closed::ByUs(4500..=4999))
}

impl Drop for Session {
    fn drop(&mut self) {
        self.owe_nothing();
        if self.counts {
            self.user.leave();
        }
    }
}

/// Says something to this connection alone.
pub(crate) fn say(cx: &mut Cx<'_>, frame: &ServerFrame<'_>) {
    cx.send(encode(frame));
}

/// A code of the protocol's table, with its meaning as the reason.
pub(crate) fn close(code: CloseCode) -> Close {
    Close::new(code as u16, code.meaning())
}
