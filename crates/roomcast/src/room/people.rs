//! Who is in a room: coming, going and writing, as the others are told.

use super::{Room, State};
use crate::presence::Departure;
use crate::{
    auth::User,
    encode::encode,
    presence::Changes,
    store::{Epoch, Position},
};
use bytes::Bytes;
use roomcast_protocol::{
    CROWD, ServerFrame, UserName,
    server::{Member, Presence, PresenceChange},
};
use roomcast_socket::{Lane, Personal, Publish};
use std::{borrow::Cow, collections::BTreeSet, sync::Arc, time::Instant};

/// Where a newcomer stands.
pub(crate) struct Entered {
    pub(crate) epoch: Epoch,
    pub(crate) cursor: Position,
    pub(crate) floor: u64,
    /// Nobody of this name was here: the others have been told.
    pub(crate) new: bool,
    /// So many are here that newcomers are announced together.
    pub(crate) crowd: bool,
    pub(crate) people: usize,
}

/// What a departure leaves to be done.
pub(crate) enum Left {
    Nothing,
    /// The end of this grace is to be reported.
    Grace(u64),
}

impl Room {
    /// One more connection; the others are told of a new person. `None` where the room is retired.
    pub(crate) fn enter(&self, user: &User) -> Option<Entered> {
        let mut state = self.state();
        if state.retired {
            return None;
        }
        state.connections += 1;
        let new = state.presence.enter(&user.name);
        let crowd = state.presence.is_crowd();
        if new && !crowd {
            let join = ServerFrame::Join(self.member(&user.name));
            self.announce(&mut state, user, &join);
        }
        Some(Entered {
            epoch: state.epoch.clone(),
            cursor: state.cursor,
            floor: state.floor,
            new,
            crowd,
            people: state.presence.len(),
        })
    }

    /// One connection less.
    pub(crate) fn depart(&self, user: &User, properly: bool) -> Left {
        let mut state = self.state();
        state.connections -= 1;
        match state.presence.depart(&user.name, properly) {
            Departure::Remains => Left::Nothing,
            Departure::Grace(departure) => Left::Grace(departure),
            Departure::Left => {
                self.announce_leave(&mut state, user);
                Left::Nothing
            }
        }
    }

    /// A grace has ended: who has not come back has left.
    pub(crate) fn grace_ended(&self, user: &User, departure: u64) {
        let mut state = self.state();
        if state.presence.grace_ended(&user.name, departure) {
            self.announce_leave(&mut state, user);
        }
    }

    fn announce_leave(&self, state: &mut State, user: &User) {
        if !state.presence.is_crowd() {
            let leave = ServerFrame::Leave(self.member(&user.name));
            self.announce(state, user, &leave);
        }
    }

    /// Tells everyone of one person's coming or going, behind what a crowd was still to be told. The person's own
    /// connections are told by other means, or have gone.
    fn announce(&self, state: &mut State, user: &User, frame: &ServerFrame<'_>) {
        let mut changes = state.presence.take_changes();
        changes.forget(&user.name);
        self.publish_changes(&changes, state.presence.len());
        self.tell(encode(frame), Some(user.tag));
    }

    /// A person, as frames name them.
    pub(crate) fn member<'a>(&'a self, user: &'a UserName) -> Member<'a> {
        Member { room: self.name.as_str().into(), user: user.name().into() }
    }

    /// Tells a crowd what has changed since it was told last.
    pub(crate) fn tell_changes(&self) {
        let mut state = self.state();
        let changes = state.presence.take_changes();
        self.publish_changes(&changes, state.presence.len());
    }

    fn publish_changes(&self, changes: &Changes, count: usize) {
        if changes.is_empty() {
            return;
        }
        let names =
            |users: &BTreeSet<Arc<UserName>>| users.iter().map(|u| Cow::Owned(u.name().to_owned())).collect();
        self.tell(
            encode(&ServerFrame::PresenceChange(PresenceChange {
                room: self.name.as_str().into(),
                joined: names(&changes.joined),
                left: names(&changes.left),
                count: count as u64,
            })),
            None,
        );
    }

    /// The list of people, as a newcomer gets it.
    pub(crate) fn presence(&self) -> Bytes {
        let state = self.state();
        let users = state.presence.names().take(CROWD).map(Cow::Borrowed).collect();
        let count = state.presence.len() as u64;
        encode(&ServerFrame::Presence(Presence { room: self.name.as_str().into(), users, count }))
    }

    /// Names of the people here, those after `after`, at most `limit`, and how many are here in all.
    pub(crate) fn people(&self, after: Option<&str>, limit: usize) -> (Vec<String>, usize) {
        let state = self.state();
        let names = state.presence.names().filter(|name| after.is_none_or(|a| *name > a));
        (names.take(limit).map(str::to_owned).collect(), state.presence.len())
    }

    pub(crate) fn count(&self) -> usize {
        self.state().presence.len()
    }

    /// Whether a `typing` of this person is to be passed on.
    pub(crate) fn may_type(&self, user: &User, now: Instant) -> bool {
        self.state().presence.may_type(&user.name, now)
    }

    /// Somebody writes: the others are told.
    pub(crate) fn typing(&self, user: &UserName, tag: u64) {
        self.tell(encode(&ServerFrame::Typing(self.member(user))), Some(tag));
    }

    /// Something volatile, for everyone but this person.
    fn tell(&self, frames: Bytes, except: Option<u64>) {
        let personal: Personal = except.map(|tag| (tag, Bytes::new())).into_iter().collect();
        // A hub that is congested drops what is volatile.
        let _ =
            self.hub.publish(&self.topic, Publish { frames, position: 0, lane: Lane::Volatile, personal });
    }
}
