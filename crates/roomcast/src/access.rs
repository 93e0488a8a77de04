//! What a connection may do, and until when: it owes its token, has it renewed, has it expire, is cut off.

use crate::{
    Refusal,
    auth::{Denied, Identity, Verb, may},
    room::Room,
    session::{Cx, Session, close, say},
};
use roomcast_protocol::{
    AUTH_WITHIN_MS, CloseCode, ErrorCode, Id, MAX_FRAME_BYTES, MAX_TOKEN_BYTES, RoomName, ServerFrame,
    server::{Authenticated, ErrorFrame, GoingAway, Left},
};
use std::{sync::Arc, time::Duration};

/// The longest `auth` frame: the longest token, and what stands around it.
const MAX_AUTH_FRAME_BYTES: usize = MAX_TOKEN_BYTES + 256;

const ANOTHER: &str = "the token is another user's: open a connection of theirs";

impl Session {
    /// Whether this may be done there, now.
    pub(crate) fn permit(&self, room: &RoomName, verb: Verb) -> Result<(), ErrorFrame<'static>> {
        if self.pass.as_ref().is_some_and(|pass| pass.ends <= self.chat.now_s()) {
            return Err(Denied::expired().frame());
        }
        if may(self.pass.as_deref(), room, verb) { Ok(()) } else { Err(Refusal::forbidden(verb).frame()) }
    }

    /// The room that a frame concerns, where the connection is in it and may do this there, now.
    pub(crate) fn permitted(
        &mut self,
        room: Option<&str>,
        verb: Verb,
    ) -> Result<Arc<Room>, ErrorFrame<'static>> {
        let room = self.membership(room)?.room.clone();
        self.permit(&room.name, verb)?;
        Ok(room)
    }

    /// The token came, by the `auth` frame, and was checked.
    pub(crate) fn token_checked(
        &mut self,
        cx: &mut Cx<'_>,
        id: Option<Id>,
        checked: Result<Identity, Denied>,
    ) {
        match checked {
            Err(denied) => self.deny(cx, id, &denied),
            Ok(identity) if self.owes => self.begin(cx, id, identity),
            Ok(identity) if identity.name == *self.user.name => self.renew(cx, id, identity),
            Ok(_) => self.deny(cx, id, &Denied::bad(ANOTHER)),
        }
    }

    /// The connection is somebody's from here on.
    fn begin(&mut self, cx: &mut Cx<'_>, id: Option<Id>, identity: Identity) {
        self.owe_nothing();
        cx.set_max_message(MAX_FRAME_BYTES);
        cx.set_deadline(None);
        (self.user, self.pass) = (self.chat.user(identity.name), identity.pass);
        if self.takes_effect(cx) && self.takes_place(cx) {
            self.greet(cx);
            self.tell_authenticated(cx, id);
            self.enter_only(cx);
        }
    }

    /// What may be done from here on is what the new token says.
    fn renew(&mut self, cx: &mut Cx<'_>, id: Option<Id>, identity: Identity) {
        self.pass = identity.pass;
        if self.takes_effect(cx) {
            self.tell_authenticated(cx, id);
            self.leave_forbidden(cx);
        }
    }

    /// Lets the token count, and watches for its end. False where it was revoked a moment ago.
    pub(crate) fn takes_effect(&mut self, cx: &mut Cx<'_>) -> bool {
        // Before the look at what is revoked: whoever revokes comes after it, and finds the connection by its tag.
        cx.set_tag(self.user.tag);
        if let Some(pass) = &self.pass {
            if self.chat.revoked().holds_pass(&self.user.name, pass) {
                cut_off(cx, CloseCode::BadToken, "the token was revoked");
                return false;
            }
            cx.set_deadline(Some(self.left_of(pass.ends)));
        }
        true
    }

    /// Counts the connection against its person's cap, where a token says whose it is. False where there are too many.
    pub(crate) fn takes_place(&mut self, cx: &mut Cx<'_>) -> bool {
        let most = self.chat.options().limits.connections;
        self.counts = self.pass.is_some() && self.user.enter(most);
        let is_in = self.counts || self.pass.is_none();
        if !is_in {
            let message = format!("you have {most} connections open: close one of them first");
            self.refuse(cx, None, None, ErrorFrame::new(ErrorCode::Limit, message));
            cx.close(close(CloseCode::TooManyConnections));
        }
        is_in
    }

    fn left_of(&self, ends: u64) -> Duration {
        Duration::from_millis(ends.saturating_mul(1000).saturating_sub(self.chat.now_ms()))
    }

    /// The first frame.
    pub(crate) fn greet(&self, cx: &mut Cx<'_>) {
        let hello = self.hello(cx);
        cx.send(hello);
    }

    /// A connection for one room enters it.
    pub(crate) fn enter_only(&mut self, cx: &mut Cx<'_>) {
        let Some(only) = &mut self.only else { return };
        let (room, resume) = (only.room.clone(), only.resume.take());
        match self.permit(&room, Verb::Read) {
            Ok(()) => self.join(cx, None, room, resume),
            Err(error) => {
                let expired = error.code == ErrorCode::TokenExpired;
                self.refuse(cx, None, Some(room.as_str()), error);
                cx.close(close(if expired { CloseCode::TokenExpired } else { CloseCode::Forbidden }));
            }
        }
    }

    fn tell_authenticated(&self, cx: &mut Cx<'_>, id: Option<Id>) {
        let expires = self.pass.as_ref().map(|pass| pass.expires);
        let user = self.user.name.name().into();
        say(cx, &ServerFrame::Authenticated(Authenticated { id, user, expires }));
    }

    /// Leaves the rooms that the token does not let it read any more.
    fn leave_forbidden(&mut self, cx: &mut Cx<'_>) {
        while let Some(index) = self.rooms.iter().position(|m| self.permit(&m.room.name, Verb::Read).is_err())
        {
            let room = self.rooms.remove(index).room;
            cx.unsubscribe(&room.topic);
            self.chat.depart(&room, &self.user, true);
            self.refuse(cx, None, Some(room.name.as_str()), Refusal::forbidden(Verb::Read).frame());
            say(cx, &ServerFrame::Left(Left { id: None, room: room.name.as_str().into() }));
            if self.only.is_some() {
                cx.close(close(CloseCode::Forbidden));
            }
        }
    }

    /// A token that is no good ends the connection, unless the server is at fault and somebody is there already.
    fn deny(&mut self, cx: &mut Cx<'_>, id: Option<Id>, denied: &Denied) {
        self.refuse(cx, id, None, denied.frame());
        match denied.code {
            ErrorCode::TokenExpired => cx.close(close(CloseCode::TokenExpired)),
            ErrorCode::Unavailable if self.owes => cx.close(close(CloseCode::Overloaded)),
            ErrorCode::Unavailable => {}
            _ => cx.close(close(CloseCode::BadToken)),
        }
    }

    /// The deadline has passed: no token came, or it is not good any more. (The wall clock may have been set back.)
    pub(crate) fn time_is_up(&mut self, cx: &mut Cx<'_>) {
        if self.owes {
            let message = "no token came in time: send an `auth` frame within 5 s";
            self.deny(cx, None, &Denied::bad(message));
        } else if let Some(pass) = &self.pass {
            match self.left_of(pass.ends) {
                Duration::ZERO => {
                    cut_off(cx, CloseCode::TokenExpired, CloseCode::TokenExpired.meaning());
                }
                left => cx.set_deadline(Some(left)),
            }
        }
    }

    /// It is known whose the connection is, or it ends: it does not count any more as one of which that is unknown.
    pub(crate) fn owe_nothing(&mut self) {
        if std::mem::take(&mut self.owes) {
            self.chat.forget_owing();
        }
    }
}

/// Nobody has said who this is. Nothing but an `auth` frame is understood, and that only for a while.
pub(crate) fn await_token(cx: &mut Cx<'_>) {
    cx.set_max_message(MAX_AUTH_FRAME_BYTES);
    cx.set_deadline(Some(Duration::from_millis(AUTH_WITHIN_MS)));
}

/// Ends the connection, and says why.
pub(crate) fn cut_off(cx: &mut Cx<'_>, code: CloseCode, reason: &str) {
    let reconnect = code.reconnects();
    let away = GoingAway { code: code.code(), reason: reason.into(), reconnect, retry_after_ms: 0 };
    say(cx, &ServerFrame::GoingAway(away));
    cx.close(close(code));
}
