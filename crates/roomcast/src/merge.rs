//! Messages and changes, which are kept apart, in the log's one order.

use crate::store::{Change, Event, Happened, Position, Record};

/// What follows in a log.
#[derive(Clone, Copy)]
pub(crate) enum Next<'a> {
    Message(&'a Record),
    Change(&'a Change),
}

impl<'a> From<&'a Event> for Next<'a> {
    fn from(event: &'a Event) -> Self {
        match &event.what {
            Happened::Message(record) => Self::Message(record),
            Happened::Change(change) => Self::Change(change),
        }
    }
}

/// What follows a place in a log, as far as a run of its messages and a run of its changes tell. Both are in rising order
/// and without holes where they reach beyond the place; either may end before the other.
pub(crate) struct Merge<'a> {
    at: Position,
    upto: Position,
    messages: &'a [Record],
    changes: &'a [Change],
}

impl<'a> Merge<'a> {
    /// From one place to another, both places of one log: all that is in front of the second is committed.
    pub(crate) fn new(from: Position, upto: Position, messages: &'a [Record], changes: &'a [Change]) -> Self {
        let messages = &messages[messages.partition_point(|message| message.seq <= from.seq)..];
        let changes = &changes[changes.partition_point(|change| change.number <= from.change)..];
        Self { at: from, upto, messages, changes }
    }

    /// The place right behind what came last.
    pub(crate) fn at(&self) -> Position {
        self.at
    }

    /// As events of their own.
    pub(crate) fn into_events(mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(next) = self.next() {
            let what = match next {
                Next::Message(record) => Happened::Message(record.clone()),
                Next::Change(change) => Happened::Change(change.clone()),
            };
            events.push(Event { at: self.at, what });
        }
        events
    }
}

impl<'a> Iterator for Merge<'a> {
    type Item = Next<'a>;

    fn next(&mut self) -> Option<Next<'a>> {
        let change = self.changes.first().filter(|change| change.number <= self.upto.change);
        if let Some(change) = change.filter(|change| change.after <= self.at.seq) {
            self.at.change = change.number;
            self.changes = &self.changes[1..];
            return Some(Next::Change(change));
        }
        // A change that was not read may stand in front of the next message: that has to wait.
        if change.is_none() && self.at.change < self.upto.change {
            return None;
        }
        let message = self.messages.first().filter(|message| message.seq <= self.upto.seq)?;
        self.at.seq = message.seq;
        self.messages = &self.messages[1..];
        Some(Next::Message(message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Kind;
    use proptest::prelude::*;
    use roomcast_protocol::UserName;
    use std::sync::Arc;

    fn user() -> Arc<UserName> {
        Arc::new(UserName::parse("ann").unwrap())
    }

    fn message(seq: u64) -> Record {
        let (nonce, reply_to, edited_ms, deleted_ms) = (None, None, None, None);
        Record { seq, user: user(), at_ms: 0, content: "x".into(), nonce, reply_to, edited_ms, deleted_ms }
    }

    fn change(number: u64, after: u64) -> Change {
        Change { number, after, seq: 1, user: user(), at_ms: 0, kind: Kind::Delete }
    }

    /// A log of these, `true` a message; all of it, and its parts.
    fn log(kinds: &[bool]) -> (Vec<Event>, Vec<Record>, Vec<Change>) {
        let (mut at, mut events) = (Position::default(), Vec::new());
        let (mut messages, mut changes) = (Vec::new(), Vec::new());
        for is_message in kinds {
            let what = if *is_message {
                at.seq += 1;
                messages.push(message(at.seq));
                Happened::Message(message(at.seq))
            } else {
                at.change += 1;
                changes.push(change(at.change, at.seq));
                Happened::Change(change(at.change, at.seq))
            };
            events.push(Event { at, what });
        }
        (events, messages, changes)
    }

    /// Read piece by piece, never more than so many of either.
    fn read(
        from: Position,
        upto: Position,
        messages: &[Record],
        changes: &[Change],
        limits: &[(usize, usize)],
    ) -> Vec<Event> {
        let (mut at, mut read) = (from, Vec::new());
        for (n_messages, n_changes) in limits.iter().cycle() {
            let (m, c) = (at.seq as usize, at.change as usize);
            let messages = &messages[m..(m + n_messages).min(messages.len())];
            let changes = &changes[c..(c + n_changes).min(changes.len())];
            let piece = Merge::new(at, upto, messages, changes).into_events();
            at = piece.last().map_or(at, |event| event.at);
            read.extend(piece);
            if at == upto {
                break;
            }
        }
        read
    }

    proptest! {
        #[test]
        fn from_any_place_to_any_other_comes_the_rest_once_in_order_however_it_is_cut(
            kinds in prop::collection::vec(any::<bool>(), 0..80),
            places in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
            limits in prop::collection::vec((1..7usize, 1..7usize), 1..6),
        ) {
            let (events, messages, changes) = log(&kinds);
            let (a, b) = (places.0.index(events.len() + 1), places.1.index(events.len() + 1));
            let place = |n: usize| n.checked_sub(1).map_or(Position::default(), |n| events[n].at);
            let read = read(place(a.min(b)), place(a.max(b)), &messages, &changes, &limits);
            prop_assert_eq!(&read, &events[a.min(b)..a.max(b)]);
        }

        /// A client's numbers need not be of one place: what it lacks of either comes, in order.
        #[test]
        fn whoever_has_more_of_one_than_of_the_other_gets_what_they_lack_of_each(
            kinds in prop::collection::vec(any::<bool>(), 0..80),
            had in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
            limits in prop::collection::vec((1..7usize, 1..7usize), 1..6),
        ) {
            let (events, messages, changes) = log(&kinds);
            let (seq, change) = (had.0.index(messages.len() + 1) as u64, had.1.index(changes.len() + 1) as u64);
            let upto = events.last().map_or(Position::default(), |event| event.at);
            let read = read(Position { seq, change }, upto, &messages, &changes, &limits);
            let lacks = |event: &&Event| match &event.what {
                Happened::Message(record) => record.seq > seq,
                Happened::Change(of) => of.number > change,
            };
            let what = |events: Vec<&Event>| events.into_iter().map(|e| e.what.clone()).collect::<Vec<_>>();
            prop_assert_eq!(what(read.iter().collect()), what(events.iter().filter(lacks).collect()));
        }
    }

    #[test]
    fn a_message_waits_for_changes_that_were_not_read_and_a_change_for_its_message() {
        let upto = Position { seq: 2, change: 1 };
        let at = |messages: &[Record], changes: &[Change]| {
            let mut merge = Merge::new(Position::default(), upto, messages, changes);
            merge.by_ref().for_each(drop);
            merge.at()
        };
        assert_eq!(at(&[message(1), message(2)], &[]), Position::default());
        assert_eq!(at(&[], &[change(1, 1)]), Position::default());
        assert_eq!(at(&[message(1)], &[change(1, 1)]), Position { seq: 1, change: 1 });
    }

    #[test]
    fn what_retention_has_taken_is_passed_over() {
        let upto = Position { seq: 9, change: 1 };
        let events =
            Merge::new(Position { seq: 3, change: 0 }, upto, &[message(9)], &[change(1, 7)]).into_events();
        assert_eq!(
            events.iter().map(|event| event.at).collect::<Vec<_>>(),
            [Position { seq: 9, change: 0 }, upto]
        );
    }
}
