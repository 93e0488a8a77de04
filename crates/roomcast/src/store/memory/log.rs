//! One room's messages.

use crate::store::{AppendError, Appended, Page, Range, Record, Summary};
use roomcast_protocol::{RoomName, UserName};
use std::{
    collections::{HashMap, VecDeque, hash_map::Entry},
    hash::{Hash, Hasher},
    sync::Arc,
};

/// The messages `floor + 1 ..= head` of a room. Number `n` is at index `n - floor - 1`.
#[derive(Debug, Default)]
pub(super) struct Log {
    floor: u64,
    records: VecDeque<Record>,
    nonces: HashMap<Key, u64>,
}

/// What makes a message the same message. The standard hasher, because clients choose nonces.
#[derive(Debug)]
struct Key {
    user: Arc<UserName>,
    nonce: Arc<str>,
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.nonce == other.nonce && self.user.identity() == other.user.identity()
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.user.identity().hash(state);
        self.nonce.hash(state);
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
        if let Some(nonce) = &record.nonce {
            let key = Key {
                user: Arc::clone(&record.user),
                nonce: Arc::clone(nonce),
            };
            match self.nonces.entry(key) {
                Entry::Vacant(entry) => entry.insert(record.seq),
                Entry::Occupied(entry) => return repeat(&self.records, self.floor, *entry.get(), &record),
            };
        }
        let appended = Appended {
            seq: record.seq,
            at_ms: record.at_ms,
            repeated: false,
        };
        self.records.push_back(record);
        if self.records.len() > kept {
            self.forget_oldest();
        }
        Ok(appended)
    }

    fn forget_oldest(&mut self) {
        let Some(oldest) = self.records.pop_front() else {
            return;
        };
        self.floor = oldest.seq;
        if let Some(nonce) = oldest.nonce {
            self.nonces.remove(&Key {
                user: oldest.user,
                nonce,
            });
        }
    }

    pub(super) fn page(&self, range: Range, limit: usize) -> Page {
        let span = range.span(self.floor, self.head(), limit);
        let start = index(self.floor, span.after + 1);
        let messages = self.records.range(start..start + span.count()).cloned().collect();
        Page {
            messages,
            more: span.more,
            head: self.head(),
        }
    }

    /// How a list shows this room, `None` while it has no message.
    pub(super) fn summary(&self, room: &RoomName) -> Option<Summary> {
        let newest = self.records.back()?;
        Some(Summary {
            room: room.clone(),
            head: newest.seq,
            last_at_ms: newest.at_ms,
        })
    }
}

/// The answer to a nonce that is there already, under the number `seq`.
fn repeat(
    records: &VecDeque<Record>,
    floor: u64,
    seq: u64,
    record: &Record,
) -> Result<Appended, AppendError> {
    let first = &records[index(floor, seq)];
    if first.content == record.content {
        Ok(Appended {
            seq,
            at_ms: first.at_ms,
            repeated: true,
        })
    } else {
        Err(AppendError::NonceConflict)
    }
}

/// Where the message `seq` is, one of those that are kept or the next one.
fn index(floor: u64, seq: u64) -> usize {
    usize::try_from(seq - floor - 1).expect("no more messages than memory holds")
}
