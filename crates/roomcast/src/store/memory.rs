//! Rooms in memory: for tests, for rooms that need not outlive the process, and as the measure of what everything
//! above the store costs.
//!
//! One lock for all rooms, held for the time of one batch (about 0.2 µs a message) or one page, and never while
//! [`Done`] runs.

mod log;
mod nonces;

use super::{
    Answer, Append, AppendError, Appended, Changes, Done, Durability, Epoch, Forgotten, Head, Page, Position,
    Range, Retention, Store, StoreError, Summary, Swept, What, epoch::new_epoch,
};
use log::Log;
use roomcast_protocol::RoomName;
use std::{
    collections::HashMap,
    future,
    num::NonZeroUsize,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// What a room keeps unless it is told otherwise.
pub const MESSAGES_PER_ROOM: NonZeroUsize = NonZeroUsize::new(10_000).expect("not zero");

/// Rooms in memory. It answers [`Store::append`] before that returns, on the caller's thread: two threads that
/// append to one room at a time may therefore hear of their numbers in another order than that of the numbers.
#[derive(Debug)]
pub struct Memory {
    epoch: Epoch,
    messages_per_room: NonZeroUsize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    rooms: HashMap<RoomName, Log>,
    closed: bool,
}

impl Default for Memory {
    fn default() -> Self {
        Self::new(MESSAGES_PER_ROOM)
    }
}

impl Memory {
    /// An empty store under a new epoch. Each room keeps its newest messages and their nonces, this many; what is
    /// older is forgotten, and its nonces with it. Of changes it keeps as many, the newest ones.
    #[must_use]
    pub fn new(messages_per_room: NonZeroUsize) -> Self {
        Self { epoch: new_epoch(), messages_per_room, state: Mutex::default() }
    }

    /// A panic cannot leave the state half changed in a way that matters: a log is changed message by message.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read<T: Send + 'static>(&self, read: impl FnOnce(&mut State) -> T) -> Answer<T> {
        let mut state = self.state();
        let answer = if state.closed {
            Err(StoreError::Unavailable("it was closed".into()))
        } else {
            Ok(read(&mut state))
        };
        drop(state);
        Box::pin(future::ready(answer))
    }
}

impl State {
    fn append(&mut self, append: Append, kept: usize) -> Result<Appended, AppendError> {
        if self.closed {
            return Err(AppendError::Unavailable);
        }
        if matches!(append.what, What::Message { .. }) {
            return self.rooms.entry(append.room.clone()).or_default().append(append, kept);
        }
        self.rooms.get_mut(&append.room).ok_or(AppendError::NoSuchMessage)?.append(append, kept)
    }

    fn position(&self, room: &RoomName) -> Position {
        self.rooms.get(room).map_or(Position::default(), Log::position)
    }

    fn rooms(&self, after: Option<&RoomName>, limit: usize) -> Vec<Summary> {
        let mut names: Vec<_> =
            self.rooms.keys().filter(|name| after.is_none_or(|after| *name > after)).collect();
        names.sort_unstable();
        names.truncate(limit);
        names.into_iter().filter_map(|name| self.rooms[name].summary(name)).collect()
    }

    fn retain(&mut self, retention: Retention, now_ms: u64, from: Option<&RoomName>) -> Swept {
        let cutoff_ms = retention.cutoff_ms(now_ms);
        let ahead = self.rooms.iter_mut().filter(|(name, _)| from.is_none_or(|from| *name >= from));
        let due = ahead.filter(|(_, log)| log.next_floor(retention, cutoff_ms) > log.floor());
        let Some((name, log)) = due.min_by_key(|(name, _)| *name) else {
            return Swept::default();
        };
        let (before, floor) = (log.floor(), log.next_floor(retention, cutoff_ms));
        log.forget_upto(floor);
        let forgotten = Forgotten { room: name.clone(), floor, messages: floor - before };
        Swept { next: Some(name.clone()), forgotten: Some(forgotten) }
    }
}

impl Store for Memory {
    fn append(&self, batch: Vec<Append>, done: Done) {
        let kept = self.messages_per_room.get();
        let mut state = self.state();
        let results = batch.into_iter().map(|message| state.append(message, kept)).collect();
        drop(state);
        done(results);
    }

    fn head(&self, room: RoomName) -> Answer<Head> {
        let epoch = self.epoch.clone();
        self.read(|state| {
            let floor = state.rooms.get(&room).map_or(0, Log::floor);
            let Position { seq, change } = state.position(&room);
            Head { epoch, seq, change, floor }
        })
    }

    fn heads(&self, rooms: Vec<RoomName>) -> Answer<Vec<Position>> {
        self.read(|state| rooms.iter().map(|room| state.position(room)).collect())
    }

    fn page(&self, room: RoomName, range: Range, limit: usize) -> Answer<Page> {
        let empty = || Page { messages: Vec::new(), more: false, head: 0 };
        self.read(|state| state.rooms.get(&room).map_or_else(empty, |log| log.page(range, limit)))
    }

    fn changes(&self, room: RoomName, after: u64, limit: usize) -> Answer<Changes> {
        let empty = || Changes { changes: Vec::new(), newest: 0 };
        self.read(|state| state.rooms.get(&room).map_or_else(empty, |log| log.changes(after, limit)))
    }

    fn rooms(&self, after: Option<RoomName>, limit: usize) -> Answer<Vec<Summary>> {
        self.read(|state| state.rooms(after.as_ref(), limit))
    }

    fn retain(&self, retention: Retention, now_ms: u64, from: Option<RoomName>) -> Answer<Swept> {
        self.read(|state| state.retain(retention, now_ms, from.as_ref()))
    }

    fn epoch(&self) -> Epoch {
        self.epoch.clone()
    }

    fn durability(&self) -> Durability {
        Durability::Memory
    }

    fn close(&self) -> Answer<()> {
        self.state().closed = true;
        Box::pin(future::ready(Ok(())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::store::{append, conforms, edit, message, with_nonce};
    use std::sync::Arc;

    #[tokio::test]
    async fn conforms_to_the_contract() {
        conforms(async || Arc::new(Memory::default()) as Arc<dyn Store>).await;
    }

    #[tokio::test]
    async fn a_full_room_forgets_its_oldest_messages_and_their_nonces() {
        let store = Memory::new(NonZeroUsize::new(3).unwrap());
        for n in 1..=5 {
            append(&store, vec![with_nonce(&format!("n{n}"), message("hall", "ann", "hello"))]).await;
        }
        let hall = RoomName::parse("hall").unwrap();
        let head = store.head(hall.clone()).await.unwrap();
        assert_eq!((head.floor, head.seq), (2, 5));
        let page = store.page(hall.clone(), Range::After(0), 10).await.unwrap();
        assert_eq!(page.messages.iter().map(|m| m.seq).collect::<Vec<_>>(), [3, 4, 5]);
        let again = |nonce: &str| with_nonce(nonce, message("hall", "ann", "hello"));
        let results = append(&store, vec![again("n3"), again("n1"), edit("hall", "ann", 3, "gone")]).await;
        assert_eq!(results[0].unwrap().seq, 3);
        assert_eq!((results[1].unwrap().seq, results[1].unwrap().repeated), (6, false));
        assert_eq!(results[2], Err(AppendError::NoSuchMessage));
    }

    #[tokio::test]
    async fn a_room_keeps_so_many_changes_and_forgets_the_oldest_beyond() {
        let store = Memory::new(NonZeroUsize::new(3).unwrap());
        let hall = RoomName::parse("hall").unwrap();
        append(&store, vec![message("hall", "ann", "0")]).await;
        for n in 1..=5 {
            append(&store, vec![edit("hall", "ann", 1, &n.to_string())]).await;
            let kept = store.changes(hall.clone(), 0, 10).await.unwrap();
            assert!(
                kept.changes.iter().map(|change| change.number).eq(n.max(3) - 2..=n.max(kept.newest)),
                "{n}"
            );
            assert_eq!(kept.newest, n);
        }
        assert_eq!(store.changes(hall, 4, 10).await.unwrap().changes.len(), 1);
    }

    #[tokio::test]
    async fn each_instance_has_its_epoch() {
        let hall = RoomName::parse("hall").unwrap();
        let (one, other) = (Memory::default(), Memory::default());
        assert_ne!(one.head(hall.clone()).await.unwrap().epoch, other.head(hall).await.unwrap().epoch);
    }
}
