//! Pages of one kind of things that a room numbers, each read once and kept for those who ask next.

use crate::store::{Change, Range, Record, Store, StoreError};
use quick_cache::{
    Weighter,
    sync::{Cache, EntryAction, EntryResult},
};
use roomcast_protocol::RoomName;
use std::sync::Arc;

/// Numbers in a page. The nth page follows the number n × `PAGE`, so that all ask for the same ones.
pub(crate) const PAGE: u64 = 200;
/// What a thing takes beside its texts.
pub(super) const ITEM_BYTES: usize = 160;

/// What a room numbers 1, 2, 3, …
pub(crate) trait Numbered: Clone + Send + Sync + 'static {
    fn number(&self) -> u64;

    fn content_bytes(&self) -> usize;

    /// Those after this number, at most [`PAGE`] of them.
    fn read(
        store: &dyn Store,
        room: RoomName,
        after: u64,
    ) -> impl Future<Output = Result<Page<Self>, StoreError>> + Send;
}

/// A page as it was read.
#[derive(Clone)]
pub(crate) struct Page<T> {
    pub(crate) items: Arc<[T]>,
    /// Everything up to here that is kept is in it, or in a page before it.
    upto: u64,
}

impl<T: Numbered> Page<T> {
    /// Of what was read when `newest` was the newest number.
    fn new(items: Vec<T>, newest: u64) -> Self {
        let last = items.last().map_or(newest, T::number);
        let upto = if items.len() < PAGE as usize { newest.max(last) } else { last };
        Self { items: items.into(), upto }
    }
}

impl Numbered for Record {
    fn number(&self) -> u64 {
        self.seq
    }

    fn content_bytes(&self) -> usize {
        self.content.len()
    }

    async fn read(store: &dyn Store, room: RoomName, after: u64) -> Result<Page<Self>, StoreError> {
        let page = store.page(room, Range::After(after), PAGE as usize);
        page.await.map(|page| Page::new(page.messages, page.head))
    }
}

impl Numbered for Change {
    fn number(&self) -> u64 {
        self.number
    }

    fn content_bytes(&self) -> usize {
        let crate::store::Kind::Edit { content } = &self.kind else { return 0 };
        content.as_deref().map_or(0, str::len)
    }

    async fn read(store: &dyn Store, room: RoomName, after: u64) -> Result<Page<Self>, StoreError> {
        store.changes(room, after, PAGE as usize).await.map(|page| Page::new(page.changes, page.newest))
    }
}

/// Which page of which room, as it was after so many deletions.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) room: RoomName,
    pub(super) deletions: u64,
    pub(super) number: u64,
}

#[derive(Clone)]
struct Weight;

impl<T: Numbered> Weighter<Key, Page<T>> for Weight {
    fn weight(&self, _: &Key, page: &Page<T>) -> u64 {
        let bytes = |item: &T| ITEM_BYTES + item.content_bytes();
        (ITEM_BYTES + page.items.iter().map(bytes).sum::<usize>()) as u64
    }
}

pub(crate) struct Kept<T: Numbered>(Cache<Key, Page<T>, Weight>);

impl<T: Numbered> Kept<T> {
    /// Keeps so many bytes, over all rooms; the least used pages go first.
    pub(super) fn new(max_bytes: u64) -> Self {
        // The number makes two parts of it, so that the largest page is a small part of one.
        Self(Cache::with_weighter(64, max_bytes, Weight))
    }

    /// The page in which the thing after the number `after` is, up to `least` at least, as far as the page goes: what comes
    /// after is to be had elsewhere.
    pub(super) async fn after(
        &self,
        store: &dyn Store,
        room: &Key,
        after: u64,
        least: u64,
    ) -> Result<Page<T>, StoreError> {
        let number = after / PAGE;
        let least = least.min((number + 1) * PAGE).max(after + 1);
        let key = Key { number, ..room.clone() };
        let look = |_: &Key, page: &mut Page<T>| match page.upto >= least {
            true => EntryAction::Retain(page.clone()),
            // The log has grown since.
            false => EntryAction::ReplaceWithGuard,
        };
        let guard = match self.0.entry_async(&key, look).await {
            EntryResult::Retained(page) => return Ok(page),
            EntryResult::Vacant(guard) | EntryResult::Replaced(guard, _) => guard,
            EntryResult::Removed(..) | EntryResult::Timeout => {
                return T::read(store, key.room, number * PAGE).await;
            }
        };
        let page = T::read(store, key.room, number * PAGE).await?;
        // Whoever waits for it has it from here; where it was thrown out meanwhile, nobody does.
        let _ = guard.insert(page.clone());
        Ok(page)
    }

    #[cfg(test)]
    pub(super) fn weight(&self) -> u64 {
        self.0.weight()
    }
}
