//! A room as this node has it while people are in it: how far its log has been shown, and who is here. Its lock is taken
//! once per commit, join and leave, never per delivery; nothing is awaited under it.

use crate::{
    auth::User,
    encode::{self, encode},
    presence::{Departure, Presence},
    store::{Epoch, Head, Record},
};
use bytes::{Bytes, BytesMut};
use roomcast_protocol::{
    RoomName, ServerFrame, UserName,
    server::{self, Member, PresenceChange},
};
use roomcast_socket::{Hub, Lane, Personal, Publish, Topic};
use std::{
    borrow::Cow,
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

/// Newest messages kept at hand, so that a herd that comes back costs the store nothing.
const RECENT: usize = 256;

pub(crate) type SessionHub = Hub<crate::session::Session>;

pub(crate) struct Room {
    pub(crate) name: RoomName,
    pub(crate) topic: Topic,
    hub: SessionHub,
    state: Mutex<State>,
}

struct State {
    epoch: Epoch,
    /// Everything up to here was published to this node's connections.
    cursor: u64,
    floor: u64,
    /// The newest messages, up to the cursor.
    recent: VecDeque<Record>,
    /// A head beyond the cursor that this node has heard of: the messages between are to be read from the store.
    ahead: u64,
    /// Somebody reads them already.
    fetching: bool,
    presence: Presence,
    /// Connections in the room, those included that are still catching up.
    connections: usize,
    /// Taken off the list of rooms: whoever still holds it must ask for a new one.
    retired: bool,
}

/// Where a newcomer stands.
pub(crate) struct Entered {
    pub(crate) epoch: Epoch,
    pub(crate) cursor: u64,
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
    pub(crate) fn new(name: RoomName, hub: SessionHub, head: &Head) -> Self {
        let topic = hub.topic(name.as_str());
        topic.start_at(head.seq);
        let state = State {
            epoch: head.epoch.clone(),
            cursor: head.seq,
            floor: head.floor,
            recent: VecDeque::new(),
            ahead: head.seq,
            fetching: false,
            presence: Presence::default(),
            connections: 0,
            retired: false,
        };
        Self { name, topic, hub, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // ---- the log

    /// The log has grown. What is the next is shown; true where something is missing, which is then to be fetched.
    pub(crate) fn grown(&self, epoch: &Epoch, head: u64, messages: &[Record], tag: impl Fn(&UserName) -> u64) -> bool {
        let mut state = self.state();
        if state.epoch != *epoch {
            return false;
        }
        state.ahead = state.ahead.max(head);
        self.show(&mut state, messages, tag);
        state.must_fetch()
    }

    /// What was missing was read from the store; true where there is more.
    pub(crate) fn fetched(&self, messages: &[Record], tag: impl Fn(&UserName) -> u64) -> bool {
        let mut state = self.state();
        state.fetching = false;
        self.show(&mut state, messages, tag);
        state.must_fetch()
    }

    /// Reading what is missing has failed, or went too fast for the readers: it is tried again later.
    pub(crate) fn not_fetched(&self) {
        self.state().fetching = false;
    }

    /// True where something is missing and nobody reads it.
    pub(crate) fn lags(&self) -> bool {
        self.state().must_fetch()
    }

    pub(crate) fn cursor(&self) -> u64 {
        self.state().cursor
    }

    /// Publishes those that follow the cursor, each once, in order.
    fn show(&self, state: &mut State, messages: &[Record], tag: impl Fn(&UserName) -> u64) {
        let mut run = BytesMut::new();
        let mut position = state.cursor;
        for record in messages {
            if record.seq != position + 1 {
                continue;
            }
            position = record.seq;
            let everyone = encode::message(&self.name, record, false);
            if record.nonce.is_none() {
                encode::put(&mut run, &everyone);
                continue;
            }
            // The sender's own connections see the nonce as well.
            let own = (tag(&record.user), encode(&encode::message(&self.name, record, true)));
            if !self.publish(state, &mut run, record.seq - 1, Personal::default()) {
                break;
            }
            encode::put(&mut run, &everyone);
            if !self.publish(state, &mut run, record.seq, Arc::new([own])) {
                break;
            }
        }
        self.publish(state, &mut run, position, Personal::default());
        state.keep(messages);
    }

    /// False where a shard has too much to write: the cursor stays, and the rest is read again later.
    fn publish(&self, state: &mut State, run: &mut BytesMut, position: u64, personal: Personal) -> bool {
        if run.is_empty() {
            return true;
        }
        let publish = Publish { frames: run.split().freeze(), position, lane: Lane::Durable, personal };
        let published = self.hub.publish(&self.topic, publish).is_ok();
        if published {
            state.cursor = position;
        }
        published
    }

    /// The messages after `sent` up to `position` as frames for this person, if all of them are at hand and not too
    /// much for once.
    pub(crate) fn recent(&self, sent: u64, position: u64, asker: &User) -> Option<Bytes> {
        let state = self.state();
        let mut out = BytesMut::new();
        if sent < position {
            let first = state.recent.front()?.seq;
            let skip = usize::try_from((sent + 1).checked_sub(first)?).ok()?;
            let wanted = usize::try_from(position - sent).ok()?;
            for record in state.recent.iter().skip(skip).take(wanted) {
                encode::put(&mut out, &encode::message(&self.name, record, encode::is_own(record, asker)));
                if out.len() > crate::join::PAGE_BYTES {
                    return None;
                }
            }
        }
        Some(out.freeze())
    }

    // ---- people

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

    fn publish_changes(&self, changes: &crate::presence::Changes, count: usize) {
        if changes.is_empty() {
            return;
        }
        let names = |users: &'_ std::collections::BTreeSet<Arc<UserName>>| {
            users.iter().map(|u| Cow::Owned(u.name().to_owned())).collect()
        };
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
        let users = state.presence.names().take(roomcast_protocol::CROWD).map(Cow::Borrowed).collect();
        let count = state.presence.len() as u64;
        encode(&ServerFrame::Presence(server::Presence { room: self.name.as_str().into(), users, count }))
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
        let _ = self.hub.publish(&self.topic, Publish { frames, position: 0, lane: Lane::Volatile, personal });
    }

    /// True, once, where nobody is here or may be back: the room is to be taken off the list.
    pub(crate) fn retire(&self) -> bool {
        let mut state = self.state();
        let idle = state.connections == 0 && state.presence.len() == 0;
        idle && !std::mem::replace(&mut state.retired, idle)
    }
}

impl State {
    fn must_fetch(&mut self) -> bool {
        let must = self.ahead > self.cursor && !self.fetching;
        self.fetching |= must;
        must
    }

    /// Keeps what was shown at hand.
    fn keep(&mut self, messages: &[Record]) {
        for record in messages {
            let next = self.recent.back().is_none_or(|last| record.seq == last.seq + 1);
            if next && record.seq <= self.cursor {
                self.recent.push_back(record.clone());
            }
        }
        while self.recent.len() > RECENT {
            self.recent.pop_front();
        }
    }
}
