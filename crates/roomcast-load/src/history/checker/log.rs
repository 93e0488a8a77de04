//! One log of a room, as far as anybody was shown it.

use super::publishes::Publishes;
use crate::history::{Check, Finding, Hash, findings::Findings};
use std::collections::BTreeMap;

/// What was claimed to be in a log.
#[derive(Debug)]
pub(super) struct Log {
    /// Its name.
    pub(super) epoch: Box<str>,
    /// What was first shown under each number.
    pub(super) entries: BTreeMap<u64, Entry>,
}

/// A message in its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) hash: Hash,
    /// Shown to somebody, not acknowledged only.
    pub(super) delivered: bool,
}

impl Log {
    pub(super) fn new(epoch: &str) -> Self {
        Self { epoch: epoch.into(), entries: BTreeMap::new() }
    }

    /// C4: a number is one message.
    pub(super) fn shown(&mut self, seq: u64, hash: Hash, how: How, room: &str, findings: &mut Findings) {
        let delivered = how == How::Shown;
        let entry = self.entries.entry(seq).or_insert(Entry { hash, delivered });
        entry.delivered |= delivered;
        if entry.hash != hash {
            let what = format!("{seq} is the message {}, and is {} as {hash}", entry.hash, how.as_str());
            findings.add(Check::C4, Finding::new(room, what).seq(seq));
        }
    }

    /// The last message that is also in the final history, 0 where none is. One that was sent more than once does not
    /// count: the new log may have got it anew, under the same number by chance.
    pub(super) fn survives(&self, last: &BTreeMap<u64, Hash>, publishes: &Publishes) -> u64 {
        let once = |hash| publishes.of(hash).is_some_and(|(_, publish)| publish.attempts == 1);
        let kept = |(seq, entry): &(&u64, &Entry)| last.get(seq) == Some(&entry.hash) && once(entry.hash);
        self.entries.iter().rev().find(kept).map_or(0, |(seq, _)| *seq)
    }
}

/// By what a message's place is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    Acknowledged,
    Shown,
}

impl How {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Acknowledged => "acknowledged",
            Self::Shown => "shown",
        }
    }
}
