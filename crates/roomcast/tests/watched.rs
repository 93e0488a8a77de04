//! A store for tests: what it does is watched, and it misbehaves when it is told to.

use crate::World;
use roomcast::{
    bus::Local,
    protocol::RoomName,
    store::{
        Answer, Append, AppendError, Changes, Done, Durability, Epoch, Head, Page, Position, Range,
        Retention, Store, StoreError, Summary, Swept, memory::Memory,
    },
};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

/// Messages, and whom to tell what became of them.
type Batch = (Vec<Append>, Done);

/// A store that can be made to fail or to keep messages waiting, and that writes down which pages of messages and of changes
/// it is asked for.
#[derive(Default)]
pub(crate) struct Watched {
    inner: Memory,
    fails: AtomicBool,
    held: Mutex<Option<Vec<Batch>>>,
    pages: Mutex<Vec<(Range, usize)>>,
    changes: Mutex<Vec<(u64, usize)>>,
}

impl Watched {
    pub(crate) fn fail(&self, fails: bool) {
        self.fails.store(fails, Ordering::Release);
    }

    pub(crate) fn pages(&self) -> Vec<(Range, usize)> {
        self.pages.lock().unwrap().clone()
    }

    pub(crate) fn changes(&self) -> Vec<(u64, usize)> {
        self.changes.lock().unwrap().clone()
    }

    fn answer<T: Send + 'static>(&self, answer: Answer<T>) -> Answer<T> {
        if self.fails.load(Ordering::Acquire) {
            return Box::pin(async { Err(StoreError::Unavailable("as the test asked".into())) });
        }
        answer
    }

    pub(crate) fn hold(&self) {
        *self.held.lock().unwrap() = Some(Vec::new());
    }

    /// Messages that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.held.lock().unwrap().iter().flatten().map(|(batch, _)| batch.len()).sum()
    }

    pub(crate) fn release(&self) {
        // Under the lock, so that what comes meanwhile stays behind it.
        let mut held = self.held.lock().unwrap();
        held.take().into_iter().flatten().for_each(|(batch, done)| self.inner.append(batch, done));
    }
}

impl Store for Watched {
    fn append(&self, batch: Vec<Append>, done: Done) {
        if self.fails.load(Ordering::Acquire) {
            return done(batch.iter().map(|_| Err(AppendError::Unavailable)).collect());
        }
        match &mut *self.held.lock().unwrap() {
            Some(held) => held.push((batch, done)),
            None => self.inner.append(batch, done),
        }
    }
    fn head(&self, room: RoomName) -> Answer<Head> {
        self.answer(self.inner.head(room))
    }
    fn heads(&self, rooms: Vec<RoomName>) -> Answer<Vec<Position>> {
        self.answer(self.inner.heads(rooms))
    }
    fn page(&self, room: RoomName, range: Range, limit: usize) -> Answer<Page> {
        self.pages.lock().unwrap().push((range, limit));
        self.answer(self.inner.page(room, range, limit))
    }
    fn changes(&self, room: RoomName, after: u64, limit: usize) -> Answer<Changes> {
        self.changes.lock().unwrap().push((after, limit));
        self.answer(self.inner.changes(room, after, limit))
    }
    fn rooms(&self, after: Option<RoomName>, limit: usize) -> Answer<Vec<Summary>> {
        self.answer(self.inner.rooms(after, limit))
    }
    fn retain(&self, retention: Retention, now_ms: u64, from: Option<RoomName>) -> Answer<Swept> {
        self.answer(self.inner.retain(retention, now_ms, from))
    }
    fn epoch(&self) -> Epoch {
        self.inner.epoch()
    }
    fn durability(&self) -> Durability {
        Durability::Memory
    }
    fn close(&self) -> Answer<()> {
        self.inner.close()
    }
}

/// Such a store, and a world on it.
pub(crate) async fn watched() -> (Arc<Watched>, World) {
    let store = Arc::new(Watched::default());
    let world = World::with(store.clone(), Arc::new(Local::default()), Default::default()).await;
    (store, world)
}
