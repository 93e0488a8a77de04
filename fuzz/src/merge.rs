//! The merge of messages and changes, by which a connection is served what it lacks: from any place to any other comes what lies between,
//! once and in order, however the pages are cut. Four bytes for the places and the pages, then one for each eight events of the log.

use roomcast::{
    protocol::UserName,
    store::{Change, Event, Happened, Kind, Position, Record},
    testing::merged,
};
use std::sync::Arc;

#[derive(Default)]
struct Log {
    events: Vec<Event>,
    messages: Vec<Record>,
    changes: Vec<Change>,
}

pub(crate) fn fuzz(data: &[u8]) {
    let Some(([a, b, n_messages, n_changes], kinds)) = data.split_first_chunk() else { return };
    let log = Log::of(kinds);
    let place = |n: &u8| usize::from(*n) % (log.events.len() + 1);
    let (from, to) = (place(a).min(place(b)), place(a).max(place(b)));
    let limits = (usize::from(*n_messages).max(1), usize::from(*n_changes).max(1));
    assert_eq!(log.read(log.at(from), log.at(to), limits), log.events[from..to]);
    log.lacking(Position { seq: u64::from(*a), change: u64::from(*b) }, limits);
}

impl Log {
    /// A message where a bit is set, a change where it is not.
    fn of(kinds: &[u8]) -> Self {
        let mut log = Self::default();
        kinds.iter().flat_map(|byte| (0..8).map(move |n| byte >> n & 1 == 1)).for_each(|it| log.add(it));
        log
    }

    fn add(&mut self, is_message: bool) {
        let mut at = self.at(self.events.len());
        let what = if is_message {
            at.seq += 1;
            self.messages.push(message(at.seq));
            Happened::Message(message(at.seq))
        } else {
            at.change += 1;
            self.changes.push(change(at.change, at.seq));
            Happened::Change(change(at.change, at.seq))
        };
        self.events.push(Event { at, what });
    }

    /// The place behind so many events.
    fn at(&self, events: usize) -> Position {
        events.checked_sub(1).map_or(Position::default(), |last| self.events[last].at)
    }

    /// Page by page, never more than so many messages and changes at a time.
    fn read(&self, from: Position, upto: Position, limits: (usize, usize)) -> Vec<Event> {
        let (mut at, mut read) = (from, Vec::new());
        while at != upto {
            let messages = page(&self.messages, at.seq, limits.0);
            let piece = merged(at, upto, messages, page(&self.changes, at.change, limits.1));
            at = piece.last().expect("what lacks comes in the end").at;
            read.extend(piece);
        }
        read
    }

    /// Whoever has more of one than of the other gets what they lack of each.
    fn lacking(&self, had: Position, limits: (usize, usize)) {
        let upto = self.at(self.events.len());
        let had = Position { seq: had.seq.min(upto.seq), change: had.change.min(upto.change) };
        let lacks = |event: &&Event| match &event.what {
            Happened::Message(record) => record.seq > had.seq,
            Happened::Change(change) => change.number > had.change,
        };
        let lacked = self.events.iter().filter(lacks).map(|event| &event.what);
        assert!(self.read(had, upto, limits).iter().map(|event| &event.what).eq(lacked));
    }
}

fn page<T>(of: &[T], after: u64, limit: usize) -> &[T] {
    let rest = usize::try_from(after).ok().and_then(|after| of.get(after..)).unwrap_or_default();
    &rest[..limit.min(rest.len())]
}

fn user() -> Arc<UserName> {
    Arc::new(UserName::from_parts("ann", "ann"))
}

fn message(seq: u64) -> Record {
    let (nonce, reply_to, edited_ms, deleted_ms) = (None, None, None, None);
    Record { seq, user: user(), at_ms: 0, content: "x".into(), nonce, reply_to, edited_ms, deleted_ms }
}

fn change(number: u64, after: u64) -> Change {
    Change { number, after, seq: 1, user: user(), at_ms: 0, kind: Kind::Delete }
}
