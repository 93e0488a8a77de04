//! A room's log, as far as this node has shown it.

use super::{Room, State};
use crate::{
    auth::User,
    encode::{self, encode},
    pages::{Sent, Wanted},
    store::{Change, Epoch, Event, Happened, Kind, Position},
};
use bytes::{Bytes, BytesMut};
use roomcast_protocol::UserName;
use roomcast_socket::{Lane, Personal, Publish};
use std::sync::Arc;

/// Newest messages and changes kept at hand, so that a herd that comes back costs the store nothing.
const RECENT: usize = 256;
/// Messages and changes kept that came before their turn; beyond that they are read from the store.
const EARLY: usize = 1024;

impl Room {
    /// The log has grown. What is the next is shown; true where what is missing was not brought and is to be fetched.
    /// (Where it was brought early, what lies before it is likely to come by itself; if not, [`Room::lags`].)
    pub(crate) fn grown(
        &self,
        epoch: &Epoch,
        head: Position,
        events: &[Event],
        tag: impl Fn(&UserName) -> u64,
    ) -> bool {
        let mut state = self.state();
        if state.epoch != *epoch {
            return false;
        }
        if head.events() > state.ahead.events() {
            state.ahead = head;
        }
        self.show(&mut state, events, tag);
        !state.early.contains_key(&head.events()) && state.must_fetch()
    }

    /// What was missing was read from the store; true where there is more.
    pub(crate) fn fetched(&self, events: &[Event], tag: impl Fn(&UserName) -> u64) -> bool {
        let mut state = self.state();
        state.fetching = false;
        self.skip_gap(&mut state, events);
        self.show(&mut state, events, tag);
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

    pub(crate) fn cursor(&self) -> Position {
        self.state().cursor
    }

    /// How far the log is known to go.
    pub(crate) fn ahead(&self) -> Position {
        self.state().ahead
    }

    /// Publishes those that follow the cursor, each once, in order.
    fn show(&self, state: &mut State, events: &[Event], tag: impl Fn(&UserName) -> u64) {
        let ready = state.ready(events);
        let mut run = BytesMut::new();
        for event in &ready {
            let everyone = encode::event(&self.name, event.into(), false);
            let Some(sender) = nonced(event) else {
                encode::put(&mut run, &everyone);
                continue;
            };
            // The sender's own connections see the nonce as well.
            let own = (tag(sender), encode(&encode::event(&self.name, event.into(), true)));
            let before = self.publish(state, &mut run, event.before(), Personal::default());
            encode::put(&mut run, &everyone);
            if !(before && self.publish(state, &mut run, event.at, Arc::new([own]))) {
                run.clear();
                break;
            }
        }
        let last = ready.last().map_or(state.cursor, |event| event.at);
        self.publish(state, &mut run, last, Personal::default());
        state.keep(ready);
    }

    /// False where a shard has too much to write: the cursor stays, and the rest is read again later.
    pub(super) fn publish(
        &self,
        state: &mut State,
        run: &mut BytesMut,
        at: Position,
        personal: Personal,
    ) -> bool {
        if run.is_empty() {
            return true;
        }
        let publish =
            Publish { frames: run.split().freeze(), position: at.events(), lane: Lane::Durable, personal };
        let published = self.hub.publish(&self.topic, publish).is_ok();
        if published {
            state.cursor = at;
        }
        published
    }

    /// Up to where somebody who lacks something is to read: what lies beyond is to be had by [`Room::recent`].
    pub(crate) fn wanted(&self) -> Wanted {
        let state = self.state();
        Wanted { floor: state.floor, least: state.before_recent(), upto: state.cursor }
    }

    /// The place behind so many messages and changes, where it is among the newest.
    pub(crate) fn place(&self, events: u64) -> Option<Position> {
        self.state().place(events)
    }

    /// What this person lacks who has so much of the log, up to where so many messages and changes are in front: as frames,
    /// with the place that this is, if all of it is at hand and not too much for once.
    pub(crate) fn recent(&self, sent: Sent, events: u64, asker: &User) -> Option<(Bytes, Position)> {
        let state = self.state();
        let (from, upto) = (state.find(sent)?, state.place(events)?);
        if !upto.covers(from) || !(from.covers(state.before_recent()) || from == upto) {
            return None;
        }
        let mut out = BytesMut::new();
        for event in state.recent.iter().filter(|event| event.is_behind(from)) {
            if event.at.events() > events {
                break;
            }
            encode::put(&mut out, &encode::event_for(&self.name, event.into(), asker));
            if out.len() > crate::catch_up::PAGE_BYTES {
                return None;
            }
        }
        Some((out.freeze(), upto))
    }
}

/// Who has given this a nonce, which only they see.
fn nonced(event: &Event) -> Option<&UserName> {
    match &event.what {
        Happened::Message(record) => record.nonce.as_ref().map(|_| &*record.user),
        Happened::Change(_) => None,
    }
}

impl State {
    fn must_fetch(&mut self) -> bool {
        let must = self.ahead.events() > self.cursor.events() && !self.fetching;
        self.fetching |= must;
        must
    }

    /// Those that follow the cursor without a gap, with what had come too early. What comes too early now is kept for a
    /// while: two commits of one room may be told in the wrong order, and need not be read again for it.
    fn ready(&mut self, events: &[Event]) -> Vec<Event> {
        let mut ready = Vec::new();
        let mut next = self.cursor.events() + 1;
        for event in events {
            let number = event.at.events();
            if number == next {
                ready.push(event.clone());
                next += 1;
                while let Some(early) = self.early.remove(&next) {
                    ready.push(early);
                    next += 1;
                }
            } else if number > next && self.early.len() < EARLY {
                self.early.insert(number, event.clone());
            }
        }
        // Bounded, and nothing below the cursor is of use any more.
        if !self.early.is_empty() {
            self.early = self.early.split_off(&next);
        }
        ready
    }

    /// Keeps what was shown at hand, but nothing of what was deleted.
    fn keep(&mut self, shown: Vec<Event>) {
        let cursor = self.cursor.events();
        for event in shown.into_iter().filter(|event| event.at.events() <= cursor) {
            if let Happened::Change(Change { seq, at_ms, kind: Kind::Delete, .. }) = event.what {
                self.recent.iter_mut().for_each(|earlier| earlier.erase(seq, at_ms));
            }
            self.recent.push_back(event);
        }
        while self.recent.len() > RECENT {
            self.recent.pop_front();
        }
    }

    /// The place in front of what is at hand.
    fn before_recent(&self) -> Position {
        self.recent.front().map_or(self.cursor, Event::before)
    }

    /// The place behind so many messages and changes, where it is among the newest or nothing was ever changed.
    fn place(&self, events: u64) -> Option<Position> {
        if self.cursor.change == 0 {
            return Some(Position { seq: events, change: 0 });
        }
        let oldest = self.before_recent();
        match usize::try_from(events.checked_sub(oldest.events())?).ok()?.checked_sub(1) {
            None => Some(oldest),
            Some(index) => self.recent.get(index).map(|event| event.at),
        }
    }

    /// The place that somebody has had the log up to, where that is among the newest or nothing was ever changed.
    fn find(&self, sent: Sent) -> Option<Position> {
        match sent {
            Sent::At(position) => Some(position),
            Sent::Events(events) => self.place(events),
            Sent::Message(seq) if self.cursor.change == 0 => Some(Position { seq, change: 0 }),
            Sent::Message(seq) => {
                let is_it =
                    |event: &&Event| matches!(&event.what, Happened::Message(record) if record.seq == seq);
                self.recent.iter().find(is_it).map(|event| event.at)
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
