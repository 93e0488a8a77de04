//! Pages of the log for those who catch up. A herd that comes back after a restart lacks the same messages, so a page is
//! read once, however many ask for it at once, and kept for those who ask next.

use crate::store::{Range, Record, Store, StoreError};
use quick_cache::{
    Weighter,
    sync::{Cache, EntryAction, EntryResult},
};
use roomcast_protocol::RoomName;
use std::sync::Arc;

/// Messages in a page. The nth page follows the message n × `PAGE`, so that all ask for the same ones.
pub(crate) const PAGE: u64 = 200;
/// Bytes of messages that are kept, over all rooms; the least used pages go first.
const MAX_BYTES: u64 = 32 << 20;
/// What a message takes beside its texts.
const RECORD_BYTES: usize = 128;

/// Which page of which room.
type Key = (RoomName, u64);

/// A page as it was read.
#[derive(Clone)]
pub(crate) struct Page {
    pub(crate) messages: Arc<[Record]>,
    /// Everything up to here that is kept is in it, or in a page before it.
    upto: u64,
}

#[derive(Clone)]
struct Weight;

impl Weighter<Key, Page> for Weight {
    fn weight(&self, _: &Key, page: &Page) -> u64 {
        let bytes = |record: &Record| RECORD_BYTES + record.content.len();
        (RECORD_BYTES + page.messages.iter().map(bytes).sum::<usize>()) as u64
    }
}

pub(crate) struct Pages {
    kept: Cache<Key, Page, Weight>,
}

impl Default for Pages {
    fn default() -> Self {
        // The number makes two parts of it, so that the largest page is a small part of one.
        Self { kept: Cache::with_weighter(64, MAX_BYTES, Weight) }
    }
}

impl Pages {
    /// The page in which the message after `sent` is, up to `wanted` at least, as far as the page goes: what comes after
    /// is to be had elsewhere.
    pub(crate) async fn after(
        &self,
        store: &dyn Store,
        room: &RoomName,
        sent: u64,
        wanted: u64,
    ) -> Result<Page, StoreError> {
        let number = sent / PAGE;
        let wanted = wanted.min((number + 1) * PAGE).max(sent + 1);
        let key = (room.clone(), number);
        let look = |_: &Key, page: &mut Page| match page.upto >= wanted {
            true => EntryAction::Retain(page.clone()),
            // The log has grown since.
            false => EntryAction::ReplaceWithGuard,
        };
        let guard = match self.kept.entry_async(&key, look).await {
            EntryResult::Retained(page) => return Ok(page),
            EntryResult::Vacant(guard) | EntryResult::Replaced(guard, _) => guard,
            EntryResult::Removed(..) | EntryResult::Timeout => return read(store, room, number).await,
        };
        let page = read(store, room, number).await?;
        // Whoever waits for it has it from here; where it was thrown out meanwhile, nobody does.
        let _ = guard.insert(page.clone());
        Ok(page)
    }
}

async fn read(store: &dyn Store, room: &RoomName, number: u64) -> Result<Page, StoreError> {
    let page = store.page(room.clone(), Range::After(number * PAGE), PAGE as usize).await?;
    let last = page.messages.last().map_or(0, |record| record.seq);
    Ok(Page { messages: page.messages.into(), upto: if page.more { last } else { page.head.max(last) } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        store::memory::Memory,
        testing::store::{append, message},
    };
    use roomcast_protocol::MAX_CONTENT_BYTES;

    /// A room with so many messages.
    async fn filled(store: &Memory, room: &str, n: u64, content: &str) -> RoomName {
        for _ in 0..n {
            append(store, vec![message(room, "ann", content)]).await;
        }
        RoomName::parse(room).unwrap()
    }

    fn seqs(page: &Page) -> (u64, u64) {
        (page.messages[0].seq, page.messages[page.messages.len() - 1].seq)
    }

    #[tokio::test]
    async fn a_page_is_the_same_for_all_and_read_again_when_the_log_has_grown() {
        let (store, pages) = (Memory::default(), Pages::default());
        let hall = filled(&store, "hall", PAGE + 50, "x").await;
        let page = async |sent, wanted| pages.after(&store, &hall, sent, wanted).await.unwrap();
        let first = page(0, PAGE + 50).await;
        assert_eq!(seqs(&first), (1, PAGE));
        assert!(Arc::ptr_eq(&first.messages, &page(PAGE - 1, PAGE + 50).await.messages));
        let second = page(PAGE, PAGE + 50).await;
        assert_eq!(seqs(&second), (PAGE + 1, PAGE + 50));
        filled(&store, "hall", 1, "x").await;
        assert!(Arc::ptr_eq(&second.messages, &page(PAGE + 49, PAGE + 50).await.messages));
        assert_eq!(seqs(&page(PAGE + 49, PAGE + 51).await), (PAGE + 1, PAGE + 51));
    }

    #[tokio::test]
    async fn so_many_bytes_are_kept_and_no_more() {
        let (store, pages) = (Memory::default(), Pages::default());
        let content = "x".repeat(MAX_CONTENT_BYTES);
        let a_page = (RECORD_BYTES + PAGE as usize * (RECORD_BYTES + content.len())) as u64;
        let rooms = MAX_BYTES / a_page + 4;
        for n in 0..rooms {
            let room = filled(&store, &format!("room-{n}"), PAGE, &content).await;
            let first = pages.after(&store, &room, 0, PAGE).await.unwrap();
            let again = pages.after(&store, &room, 0, PAGE).await.unwrap();
            assert!(Arc::ptr_eq(&first.messages, &again.messages), "the largest page is kept");
            assert!(pages.kept.weight() <= MAX_BYTES);
        }
        assert!(pages.kept.weight() > MAX_BYTES / 2);
    }
}
