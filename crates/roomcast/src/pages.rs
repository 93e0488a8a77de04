//! Pages of the log for those who catch up. A herd that comes back after a restart lacks the same messages and changes, so
//! a page is read once, however many ask for it at once, and kept for those who ask next.
//!
//! A page of messages that is kept may show one as it was before an edit or a deletion. That does no harm: a change stands
//! behind its message in the log, so that whoever is sent the message from here lacks the change as well, and is sent that
//! next. For the same reason a page may show a message as a change leaves it that is sent only afterwards.
//!
//! But what was deleted is to be shown to nobody, also not for a moment: a deletion makes all of its room's pages void.

mod kept;

pub(crate) use kept::PAGE;

use crate::{
    merge::Merge,
    store::{Change, Position, Record, Store, StoreError},
};
use kept::{Kept, Key};
use roomcast_protocol::RoomName;
use std::{
    hash::{BuildHasher as _, RandomState},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Bytes of messages that are kept, over all rooms, and as many of changes.
const MAX_BYTES: u64 = 32 << 20;

/// How far somebody has had a room's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// Up to this place, or all of either up to these numbers.
    At(Position),
    /// Up to this message: of changes only those in front of it are taken for granted.
    Message(u64),
    /// So many messages and changes.
    Events(u64),
}

/// Up to where somebody who lacks something is read to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Messages up to here are not kept.
    pub(crate) floor: u64,
    /// What comes after is to be had elsewhere.
    pub(crate) least: Position,
    /// Everything up to here is committed.
    pub(crate) upto: Position,
}

/// What somebody lacks, as far as a page of messages and a page of changes go.
pub(crate) struct Lacking {
    pub(crate) from: Position,
    pub(crate) upto: Position,
    pub(crate) messages: Arc<[Record]>,
    pub(crate) changes: Arc<[Change]>,
}

impl Lacking {
    pub(crate) fn events(&self) -> Merge<'_> {
        Merge::new(self.from, self.upto, &self.messages, &self.changes)
    }

    /// The next change is not kept any more.
    pub(crate) fn is_lost(&self) -> bool {
        let next = self.changes.iter().find(|change| change.number > self.from.change);
        next.is_some_and(|change| change.number > self.from.change + 1)
    }
}

/// Counts of deletions; several rooms share one, and with it their void pages.
const DELETIONS: usize = 1024;

pub(crate) struct Pages {
    messages: Kept<Record>,
    changes: Kept<Change>,
    rooms: RandomState,
    /// By a room's hash. Pages are found by what the count was when they were asked for.
    deletions: Box<[AtomicU64]>,
}

impl Default for Pages {
    fn default() -> Self {
        let deletions = (0..DELETIONS).map(|_| AtomicU64::new(0)).collect();
        let kept = (Kept::new(MAX_BYTES), Kept::new(MAX_BYTES));
        Self { messages: kept.0, changes: kept.1, rooms: RandomState::new(), deletions }
    }
}

impl Pages {
    fn deletions(&self, room: &RoomName) -> &AtomicU64 {
        &self.deletions[self.rooms.hash_one(room) as usize % DELETIONS]
    }

    /// What was read of this room so far is not shown any more: something in it was deleted, or may have been.
    pub(crate) fn forget(&self, room: &RoomName) {
        self.deletions(room).fetch_add(1, Ordering::Relaxed);
    }

    fn key(&self, room: &RoomName) -> Key {
        Key { room: room.clone(), deletions: self.deletions(room).load(Ordering::Relaxed), number: 0 }
    }

    /// What follows in the log. Nothing is read of which nothing is lacking.
    pub(crate) async fn after(
        &self,
        store: &dyn Store,
        room: &RoomName,
        sent: Sent,
        Wanted { floor, least, upto }: Wanted,
    ) -> Result<Lacking, StoreError> {
        let room = self.key(room);
        let from = self.find(store, &room, sent, upto.change).await?;
        let mut lacking = Lacking { from, upto, messages: Arc::new([]), changes: Arc::new([]) };
        if from.seq < upto.seq {
            lacking.messages = self.messages.after(store, &room, from.seq.max(floor), least.seq).await?.items;
        }
        if from.change < upto.change {
            lacking.changes = self.changes.after(store, &room, from.change, least.change).await?.items;
        }
        Ok(lacking)
    }

    /// The place in a log with so many changes.
    async fn find(
        &self,
        store: &dyn Store,
        room: &Key,
        sent: Sent,
        newest: u64,
    ) -> Result<Position, StoreError> {
        match sent {
            Sent::At(position) => Ok(position),
            Sent::Message(seq) => {
                let change = self.last_change(store, room, newest, |change| change.after < seq).await?;
                Ok(Position { seq, change })
            }
            Sent::Events(n) => {
                let in_front = |change: &Change| change.after + change.number <= n;
                let change = self.last_change(store, room, newest, in_front).await?;
                Ok(Position { seq: n - change, change })
            }
        }
    }

    /// The number of the last change that stands in front of a place, by halving: of many changes few pages are looked at,
    /// by a herd the same ones.
    async fn last_change(
        &self,
        store: &dyn Store,
        room: &Key,
        newest: u64,
        in_front: impl Fn(&Change) -> bool,
    ) -> Result<u64, StoreError> {
        let Some(last) = newest.checked_sub(1) else { return Ok(0) };
        let (mut low, mut high) = (0, last / PAGE);
        while low < high {
            let middle = (low + high).div_ceil(2);
            let page = self.changes.after(store, room, middle * PAGE, 0).await?.items;
            if page.first().is_none_or(&in_front) { low = middle } else { high = middle - 1 }
        }
        let page = self.changes.after(store, room, low * PAGE, newest).await?.items;
        let before_first = page.first().map_or(low * PAGE, |first| first.number - 1);
        Ok(page.iter().rev().find(|change| in_front(change)).map_or(before_first, |change| change.number))
    }
}

#[cfg(test)]
mod tests;
