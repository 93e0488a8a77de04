//! One room's messages, and the changes to them.

use super::nonces::Nonces;
use crate::store::{
    Append, AppendError, Appended, Change, Changes, FIRST_HASH_BYTES, Kind, MAX_PAGE, Page, Position, Range,
    Record, Retention, Summary, What, first_hash,
};
use roomcast_protocol::{RoomName, UserName};
use std::{
    collections::{HashMap, VecDeque, hash_map::Entry},
    convert::Infallible,
    sync::Arc,
};

/// The messages `floor + 1 ..= head` of a room. Number `n` is at index `n - floor - 1`.
#[derive(Debug, Default)]
pub(super) struct Log {
    floor: u64,
    records: VecDeque<Record>,
    nonces: Nonces,
    /// The newest change that was forgotten; those that follow it are kept.
    changes_floor: u64,
    changes: VecDeque<Change>,
    /// What changed messages with a nonce said at first.
    firsts: HashMap<u64, [u8; FIRST_HASH_BYTES]>,
}

impl Log {
    pub(super) fn floor(&self) -> u64 {
        self.floor
    }

    pub(super) fn head(&self) -> u64 {
        self.floor + self.records.len() as u64
    }

    pub(super) fn position(&self) -> Position {
        Position { seq: self.head(), change: self.changes_floor + self.changes.len() as u64 }
    }

    /// Numbers a message or a change and keeps it, at most `kept` of each.
    pub(super) fn append(&mut self, append: Append, kept: usize) -> Result<Appended, AppendError> {
        let Append { user, at_ms, what, .. } = append;
        let appended = match what {
            What::Message { content, nonce, reply_to } => {
                let (edited_ms, deleted_ms) = (None, None);
                self.say(Record { seq: 0, user, at_ms, content, nonce, reply_to, edited_ms, deleted_ms })
            }
            What::Edit { seq, content } => self.edit(seq, user, at_ms, content),
            What::Delete { seq } => self.delete(seq, user, at_ms),
        };
        if self.records.len() > kept {
            self.forget_oldest();
        }
        if self.changes.len() > kept {
            self.changes_floor += 1;
            self.changes.pop_front();
        }
        appended
    }

    fn say(&mut self, mut record: Record) -> Result<Appended, AppendError> {
        record.seq = self.head() + 1;
        if let Some(fingerprint) = self.nonces.fingerprint(&record) {
            match self.nonces.numbers.entry(fingerprint) {
                Entry::Vacant(entry) => {
                    entry.insert(record.seq);
                }
                Entry::Occupied(mut entry) => {
                    let first = &self.records[index(self.floor, *entry.get())];
                    if is_same_name(first, &record) {
                        return repeat(first, self.firsts.get(&first.seq), &record)
                            .map(|(seq, at_ms)| self.repeated(seq, at_ms));
                    }
                    entry.insert(record.seq);
                }
            }
        }
        let (seq, at_ms) = (record.seq, record.at_ms);
        self.records.push_back(record);
        Ok(Appended { seq, at: self.position(), at_ms, repeated: false })
    }

    fn edit(
        &mut self,
        seq: u64,
        user: Arc<UserName>,
        at_ms: u64,
        content: Arc<str>,
    ) -> Result<Appended, AppendError> {
        let record = self.own(seq, &user)?;
        if record.deleted_ms.is_some() {
            return Err(AppendError::NoSuchMessage);
        }
        if record.content == content {
            let first_ms = record.edited_ms.unwrap_or(record.at_ms);
            return Ok(self.repeated(seq, first_ms));
        }
        self.remember_first(seq);
        let record = self.record_mut(seq);
        (record.content, record.edited_ms) = (content.clone(), Some(at_ms));
        Ok(self.change(seq, user, at_ms, Kind::Edit { content: Some(content) }))
    }

    fn delete(&mut self, seq: u64, user: Arc<UserName>, at_ms: u64) -> Result<Appended, AppendError> {
        if let Some(first_ms) = self.own(seq, &user)?.deleted_ms {
            return Ok(self.repeated(seq, first_ms));
        }
        self.remember_first(seq);
        self.record_mut(seq).erase(at_ms);
        self.erase_edits(seq);
        Ok(self.change(seq, user, at_ms, Kind::Delete))
    }

    /// The message, where it is this person's.
    fn own(&self, seq: u64, user: &UserName) -> Result<&Record, AppendError> {
        if seq <= self.floor || seq > self.head() {
            return Err(AppendError::NoSuchMessage);
        }
        let record = &self.records[index(self.floor, seq)];
        if record.user.identity() == user.identity() { Ok(record) } else { Err(AppendError::NotTheAuthor) }
    }

    fn record_mut(&mut self, seq: u64) -> &mut Record {
        &mut self.records[index(self.floor, seq)]
    }

    /// Before a message says something else for the first time.
    fn remember_first(&mut self, seq: u64) {
        let record = &self.records[index(self.floor, seq)];
        if let Some(nonce) = &record.nonce {
            self.firsts.entry(seq).or_insert_with(|| first_hash(nonce, &record.content));
        }
    }

    fn erase_edits(&mut self, seq: u64) {
        // No change stands in front of its message.
        let from = self.changes.partition_point(|change| change.after < seq);
        for change in self.changes.range_mut(from..).filter(|change| change.seq == seq) {
            if let Kind::Edit { content } = &mut change.kind {
                *content = None;
            }
        }
    }

    fn change(&mut self, seq: u64, user: Arc<UserName>, at_ms: u64, kind: Kind) -> Appended {
        let Position { seq: after, change } = self.position();
        self.changes.push_back(Change { number: change + 1, after, seq, user, at_ms, kind });
        Appended { seq, at: self.position(), at_ms, repeated: false }
    }

    /// The answer to what is there already.
    fn repeated(&self, seq: u64, at_ms: u64) -> Appended {
        Appended { seq, at: self.position(), at_ms, repeated: true }
    }

    fn forget_oldest(&mut self) {
        let Some(oldest) = self.records.pop_front() else {
            return;
        };
        self.floor = oldest.seq;
        self.firsts.remove(&oldest.seq);
        if let Some(fingerprint) = self.nonces.fingerprint(&oldest)
            && let Entry::Occupied(entry) = self.nonces.numbers.entry(fingerprint)
            && *entry.get() == oldest.seq
        {
            entry.remove();
        }
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

    /// Forgets the messages up to this number, and the changes that everybody has who has the next one.
    pub(super) fn forget_upto(&mut self, floor: u64) {
        while self.floor < floor && !self.records.is_empty() {
            self.forget_oldest();
        }
        while self.changes.len() > 1 && self.changes[0].after < self.floor {
            self.changes_floor += 1;
            self.changes.pop_front();
        }
    }

    pub(super) fn page(&self, range: Range, limit: usize) -> Page {
        let span = range.span(self.floor, self.head(), limit);
        let start = index(self.floor, span.after + 1);
        let messages = self.records.range(start..start + span.count()).cloned().collect();
        Page { messages, more: span.more, head: self.head() }
    }

    pub(super) fn changes(&self, after: u64, limit: usize) -> Changes {
        let newest = self.position().change;
        let skipped = usize::try_from(after.saturating_sub(self.changes_floor)).unwrap_or(usize::MAX);
        let changes = self.changes.iter().skip(skipped).take(limit.min(MAX_PAGE)).cloned().collect();
        Changes { changes, newest }
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

/// Number and time of a message that is there already; `hash` is of what it said at first, where it says something else.
fn repeat(
    first: &Record,
    hash: Option<&[u8; FIRST_HASH_BYTES]>,
    record: &Record,
) -> Result<(u64, u64), AppendError> {
    let same = match (hash, &record.nonce) {
        (Some(hash), Some(nonce)) => *hash == first_hash(nonce, &record.content),
        _ => first.content == record.content,
    };
    if same { Ok((first.seq, first.at_ms)) } else { Err(AppendError::NonceConflict) }
}

/// Where the message `seq` is, one of those that are kept or the next one.
fn index(floor: u64, seq: u64) -> usize {
    usize::try_from(seq - floor - 1).expect("no more messages than memory holds")
}
