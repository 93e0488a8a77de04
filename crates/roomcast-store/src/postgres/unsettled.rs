//! Messages of which nobody knows yet whether they were committed.
//!
//! Their senders were told `Unavailable` and repeat them. Where they turn out to be there, nobody has heard of them
//! yet, so they must not count as repetitions, of which nobody is told. (Changes are not remembered: one that was made is
//! heard of with the next thing that happens in its room.)

use crate::batch::Verdict;
use roomcast::store::Append;
use roomcast_protocol::RoomName;
use std::{collections::HashSet, sync::Arc};

/// Messages that are remembered. More in doubt at a time are taken for repetitions: readers then hear of them with the
/// next message of the room.
const MAX_REMEMBERED: usize = 65_536;

/// The messages in doubt, by room, user and nonce. Without a nonce nobody can repeat one.
#[derive(Debug, Default)]
pub(super) struct Unsettled(HashSet<(RoomName, Box<str>, Arc<str>)>);

impl Unsettled {
    /// The commit of these may have happened.
    pub(super) fn note(&mut self, messages: &[&Append]) {
        let room_left = MAX_REMEMBERED.saturating_sub(self.0.len());
        self.0.extend(messages.iter().filter_map(|message| key(message)).take(room_left));
    }

    /// Their fate is known now. Those that are news, by their index: the first that finds its message there brings it.
    pub(super) fn settle(&mut self, messages: &[&Append], verdicts: &[Verdict]) -> Vec<usize> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let is_news = |(index, (message, verdict)): (usize, (&&Append, &Verdict))| {
            let was_in_doubt = key(message).is_some_and(|key| self.0.remove(&key));
            (was_in_doubt && verdict.is_ok_and(|appended| appended.repeated)).then_some(index)
        };
        messages.iter().zip(verdicts).enumerate().filter_map(is_news).collect()
    }
}

fn key(message: &Append) -> Option<(RoomName, Box<str>, Arc<str>)> {
    let nonce = message.what.nonce()?.clone();
    Some((message.room.clone(), message.user.identity().into(), nonce))
}

#[cfg(test)]
mod tests {
    use super::*;
    use roomcast::{
        store::{Appended, Position},
        testing::store::message,
    };

    fn with_nonce(n: usize) -> Append {
        roomcast::testing::store::with_nonce(&n.to_string(), message("hall", "ann", "hello"))
    }

    /// Whether each counts as a repetition after it was found in the log.
    fn settled(unsettled: &mut Unsettled, messages: &[&Append]) -> Vec<bool> {
        let found = Ok(Appended { seq: 1, at: Position::default(), at_ms: 1, repeated: true });
        let news = unsettled.settle(messages, &vec![found; messages.len()]);
        (0..messages.len()).map(|index| !news.contains(&index)).collect()
    }

    #[test]
    fn what_was_in_doubt_is_news_once() {
        let (mut unsettled, one, other) = (Unsettled::default(), with_nonce(1), with_nonce(2));
        unsettled.note(&[&one]);
        assert_eq!(settled(&mut unsettled, &[&other, &one, &one]), [true, false, true]);
        assert_eq!(settled(&mut unsettled, &[&one]), [true]);
    }

    #[test]
    fn so_many_are_remembered_and_not_one_more() {
        let mut unsettled = Unsettled::default();
        let messages: Vec<Append> = (0..=MAX_REMEMBERED).map(with_nonce).collect();
        let messages: Vec<&Append> = messages.iter().collect();
        unsettled.note(&messages);
        assert_eq!(unsettled.0.len(), MAX_REMEMBERED);
        let last = [messages[MAX_REMEMBERED - 1], messages[MAX_REMEMBERED]];
        assert_eq!(settled(&mut unsettled, &last), [false, true]);
    }
}
