//! One room's messages.

use crate::store::{AppendError, Appended, Page, Range, Record, Retention, Summary};
use roomcast_protocol::RoomName;
use std::{
    collections::{HashMap, VecDeque, hash_map::Entry},
    convert::Infallible,
    hash::{BuildHasher as _, BuildHasherDefault, Hasher, RandomState},
};

/// The messages `floor + 1 ..= head` of a room. Number `n` is at index `n - floor - 1`.
#[derive(Debug, Default)]
pub(super) struct Log {
    floor: u64,
    records: VecDeque<Record>,
    nonces: Nonces,
}

/// Which message has a nonce, by the fingerprint of its user and its nonce: 16 bytes each, so that the tables of many
/// rooms stay in the processor's caches. The key is secret and the fingerprint has 64 bits: two nonces of a room share
/// one about never, and then the newer one wins, which is to say that a repetition of the older one is not recognised.
#[derive(Debug, Default)]
struct Nonces {
    key: RandomState,
    numbers: HashMap<u64, u64, BuildHasherDefault<Fingerprint>>,
}

/// A hash of a hash: itself.
#[derive(Debug, Default)]
struct Fingerprint(u64);

impl Hasher for Fingerprint {
    fn write(&mut self, _: &[u8]) {
        unreachable!("fingerprints are numbers");
    }

    fn write_u64(&mut self, fingerprint: u64) {
        self.0 = fingerprint;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Nonces {
    fn fingerprint(&self, record: &Record) -> Option<u64> {
        let nonce = record.nonce.as_deref()?;
        Some(self.key.hash_one((record.user.identity(), nonce)))
    }
}

impl Log {
    pub(super) fn floor(&self) -> u64 {
        self.floor
    }

    pub(super) fn head(&self) -> u64 {
        self.floor + self.records.len() as u64
    }

    /// Numbers the record and keeps it, at most `kept` of them.
    pub(super) fn append(&mut self, mut record: Record, kept: usize) -> Result<Appended, AppendError> {
        record.seq = self.head() + 1;
        if let Some(fingerprint) = self.nonces.fingerprint(&record) {
            match self.nonces.numbers.entry(fingerprint) {
                Entry::Vacant(entry) => {
                    entry.insert(record.seq);
                }
                Entry::Occupied(mut entry) => {
                    let first = &self.records[index(self.floor, *entry.get())];
                    if is_same_name(first, &record) {
                        return repeat(first, &record);
                    }
                    entry.insert(record.seq);
                }
            }
        }
        let appended = Appended { seq: record.seq, at_ms: record.at_ms, repeated: false };
        self.records.push_back(record);
        if self.records.len() > kept {
            self.forget_oldest();
        }
        Ok(appended)
    }

    /// The floor after one step of retention.
    pub(super) fn next_floor(&self, retention: Retention, cutoff_ms: u64) -> u64 {
        let first_young = |after, upto| {
            let span = index(self.floor, after + 1)..index(self.floor, upto + 1);
            let young = self.records.range(span).find(|record| record.at_ms >= cutoff_ms);
            Ok::<_, Infallible>(young.map(|record| record.seq))
        };
        let Ok(floor) = retention.next_floor(self.floor, self.head(), first_young);
        floor
    }

    /// Forgets the messages up to this number.
    pub(super) fn forget_upto(&mut self, floor: u64) {
        while self.floor < floor && !self.records.is_empty() {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let Some(oldest) = self.records.pop_front() else {
            return;
        };
        self.floor = oldest.seq;
        if let Some(fingerprint) = self.nonces.fingerprint(&oldest)
            && let Entry::Occupied(entry) = self.nonces.numbers.entry(fingerprint)
            && *entry.get() == oldest.seq
        {
            entry.remove();
        }
    }

    pub(super) fn page(&self, range: Range, limit: usize) -> Page {
        let span = range.span(self.floor, self.head(), limit);
        let start = index(self.floor, span.after + 1);
        let messages = self.records.range(start..start + span.count()).cloned().collect();
        Page { messages, more: span.more, head: self.head() }
    }

    /// How a list shows this room, `None` while it has no message.
    pub(super) fn summary(&self, room: &RoomName) -> Option<Summary> {
        let newest = self.records.back()?;
        Some(Summary { room: room.clone(), head: newest.seq, last_at_ms: newest.at_ms })
    }
}

/// Whether two messages have the same user and nonce.
fn is_same_name(one: &Record, other: &Record) -> bool {
    one.user.identity() == other.user.identity() && one.nonce == other.nonce
}

/// The answer to a message that is there already.
fn repeat(first: &Record, record: &Record) -> Result<Appended, AppendError> {
    if first.content == record.content {
        Ok(Appended { seq: first.seq, at_ms: first.at_ms, repeated: true })
    } else {
        Err(AppendError::NonceConflict)
    }
}

/// Where the message `seq` is, one of those that are kept or the next one.
fn index(floor: u64, seq: u64) -> usize {
    usize::try_from(seq - floor - 1).expect("no more messages than memory holds")
}
