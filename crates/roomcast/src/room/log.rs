//! A room's log, as far as this node has shown it.

use super::{Room, State};
use crate::{
    auth::User,
    encode::{self, encode},
    store::{Epoch, Record},
};
use bytes::{Bytes, BytesMut};
use roomcast_protocol::UserName;
use roomcast_socket::{Lane, Personal, Publish};
use std::sync::Arc;

/// Newest messages kept at hand, so that a herd that comes back costs the store nothing.
const RECENT: usize = 256;
/// Messages kept that came before their turn; beyond that they are read from the store.
const EARLY: usize = 1024;

impl Room {
    /// The log has grown. What is the next is shown; true where what is missing was not brought and is to be fetched.
    /// (Where it was brought early, what lies before it is likely to come by itself; if not, [`Room::lags`].)
    pub(crate) fn grown(
        &self,
        epoch: &Epoch,
        head: u64,
        messages: &[Record],
        tag: impl Fn(&UserName) -> u64,
    ) -> bool {
        let mut state = self.state();
        if state.epoch != *epoch {
            return false;
        }
        state.ahead = state.ahead.max(head);
        self.show(&mut state, messages, tag);
        !state.early.contains_key(&head) && state.must_fetch()
    }

    /// What was missing was read from the store; true where there is more.
    pub(crate) fn fetched(&self, messages: &[Record], tag: impl Fn(&UserName) -> u64) -> bool {
        let mut state = self.state();
        state.fetching = false;
        self.skip_gap(&mut state, messages);
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
        let ready = state.ready(messages);
        let mut run = BytesMut::new();
        for record in &ready {
            let everyone = encode::message(&self.name, record, false);
            if record.nonce.is_none() {
                encode::put(&mut run, &everyone);
                continue;
            }
            // The sender's own connections see the nonce as well.
            let own = (tag(&record.user), encode(&encode::message(&self.name, record, true)));
            let before = self.publish(state, &mut run, record.seq - 1, Personal::default());
            encode::put(&mut run, &everyone);
            if !(before && self.publish(state, &mut run, record.seq, Arc::new([own]))) {
                run.clear();
                break;
            }
        }
        self.publish(state, &mut run, ready.last().map_or(0, |r| r.seq), Personal::default());
        state.keep(ready);
    }

    /// False where a shard has too much to write: the cursor stays, and the rest is read again later.
    pub(super) fn publish(
        &self,
        state: &mut State,
        run: &mut BytesMut,
        position: u64,
        personal: Personal,
    ) -> bool {
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

    /// The newest number that is not among the newest messages at hand: what lies beyond is to be had by
    /// [`Room::recent`].
    pub(crate) fn before_recent(&self) -> u64 {
        let state = self.state();
        state.recent.front().map_or(state.cursor, |oldest| oldest.seq - 1)
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
                if out.len() > crate::catch_up::PAGE_BYTES {
                    return None;
                }
            }
        }
        Some(out.freeze())
    }
}

impl State {
    fn must_fetch(&mut self) -> bool {
        let must = self.ahead > self.cursor && !self.fetching;
        self.fetching |= must;
        must
    }

    /// Those that follow the cursor without a gap, with what had come too early. What comes too early now is kept for a
    /// while: two commits of one room may be told in the wrong order, and need not be read again for it.
    fn ready(&mut self, messages: &[Record]) -> Vec<Record> {
        let mut ready = Vec::new();
        let mut next = self.cursor + 1;
        for record in messages {
            if record.seq == next {
                ready.push(record.clone());
                next += 1;
                while let Some(early) = self.early.remove(&next) {
                    ready.push(early);
                    next += 1;
                }
            } else if record.seq > next && self.early.len() < EARLY {
                self.early.insert(record.seq, record.clone());
            }
        }
        // Bounded, and nothing below the cursor is of use any more.
        if !self.early.is_empty() {
            self.early = self.early.split_off(&next);
        }
        ready
    }

    /// Keeps what was shown at hand.
    fn keep(&mut self, shown: Vec<Record>) {
        let cursor = self.cursor;
        self.recent.extend(shown.into_iter().filter(|record| record.seq <= cursor));
        while self.recent.len() > RECENT {
            self.recent.pop_front();
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::{
        auth::Users,
        catch_up::{PAGE_BYTES, piece},
        limits::Rate,
        store::Head,
    };
    use roomcast_protocol::RoomName;
    use roomcast_socket::{Hub, Options};

    pub(in crate::room) fn room() -> Room {
        let hub = Hub::start(Options { shards: 1, ..Options::default() }).unwrap();
        Room::new(RoomName::parse("hall").unwrap(), hub, &Head { epoch: "e".into(), seq: 0, floor: 0 })
    }

    pub(in crate::room) fn ann() -> Arc<User> {
        Users::new(Rate::default()).get(UserName::parse("ann").unwrap())
    }

    /// Messages with these numbers.
    pub(in crate::room) fn records(seqs: impl Iterator<Item = usize>, content: &str) -> Vec<Record> {
        let (user, content) = (ann().name.clone(), Arc::<str>::from(content));
        seqs.map(|seq| Record {
            seq: seq as u64,
            user: user.clone(),
            at_ms: 0,
            content: content.clone(),
            nonce: None,
            reply_to: None,
        })
        .collect()
    }

    pub(in crate::room) fn grown(room: &Room, messages: &[Record]) -> bool {
        room.grown(&"e".into(), messages.last().unwrap().seq, messages, |_| 0)
    }

    #[test]
    fn what_comes_early_is_kept_up_to_the_bound_and_read_again_beyond_it() {
        let (full, more) = (room(), room());
        assert!(!grown(&full, &records(2..EARLY + 2, "x")), "all of it is kept");
        assert!(!grown(&full, &records(1..2, "x")));
        assert_eq!((full.cursor(), full.lags()), (EARLY as u64 + 1, false));

        assert!(grown(&more, &records(2..EARLY + 3, "x")), "the last is to be read again");
        assert_eq!(more.state().early.len(), EARLY);
        assert!(more.fetched(&records(1..2, "x"), |_| 0));
        assert_eq!(more.cursor(), EARLY as u64 + 1);
        assert!(!more.fetched(&records(EARLY + 2..EARLY + 3, "x"), |_| 0));
        assert_eq!((more.cursor(), more.lags()), (EARLY as u64 + 2, false));
    }

    #[test]
    fn the_newest_are_at_hand_and_one_more_is_not() {
        let (room, ann) = (room(), ann());
        let n = RECENT as u64;
        grown(&room, &records(1..RECENT + 1, "x"));
        assert!(room.recent(0, n, &ann).is_some_and(|frames| !frames.is_empty()));
        grown(&room, &records(RECENT + 1..RECENT + 2, "x"));
        assert_eq!(room.recent(0, n + 1, &ann), None);
        assert!(room.recent(1, n + 1, &ann).is_some());
        assert_eq!(room.state().recent.len(), RECENT);
    }

    #[test]
    fn at_hand_is_what_may_be_sent_at_once_and_not_a_byte_more() {
        let ann = ann();
        let sent = |bytes: usize| {
            let room = room();
            grown(&room, &records(1..3, &"x".repeat(bytes)));
            room.recent(0, 2, &ann).map(|frames| frames.len())
        };
        let some = 100_000;
        let fits = some + (PAGE_BYTES - sent(some).unwrap()) / 2;
        assert_eq!(sent(fits), Some(PAGE_BYTES));
        assert_eq!(sent(fits + 1), None);
    }

    #[test]
    fn a_piece_of_a_page_ends_with_what_passes_the_bound() {
        let (room, ann) = (room(), ann());
        let piece = |bytes: usize, from| {
            let (frames, sent) = piece(&room, &ann, from, &records(1..5, &"x".repeat(bytes)));
            (frames.len(), sent)
        };
        let some = 100_000;
        let fits = some + (PAGE_BYTES - piece(some, 2).0) / 2;
        assert_eq!(piece(fits, 2), (PAGE_BYTES, 4));
        assert_eq!(piece(fits, 1), (PAGE_BYTES / 2 * 3, 4), "just so much is not beyond it");
        assert_eq!(piece(fits + 1, 0), (PAGE_BYTES + 2, 2));
        assert_eq!(piece(fits + 1, 2), (PAGE_BYTES + 2, 4), "and the next one goes on");
    }
}
