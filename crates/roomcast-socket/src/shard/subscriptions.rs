//! Topics as one shard sees them: who is subscribed here, and what came and is not written yet.

use super::Shard;
use crate::{
    batch::Batch,
    handler::Handler,
    hub::{Interest, Publish, Topic},
};
use bytes::Bytes;

/// A topic as one shard sees it, for as long as it has members here.
pub(crate) struct Local {
    pub(crate) interest: Interest,
    /// What came and was not begun; what is being written; and the copy of that for members whose socket is full.
    pub(crate) next: Batch,
    pub(crate) now: Batch,
    pub(crate) copy: Option<Bytes>,
    /// On one of the shard's lists of topics with something to write.
    pub(crate) queued: bool,
    /// Positions of the newest frame that came, of the newest in a batch that was begun, and of the newest before
    /// that batch.
    seen: u64,
    pub(crate) begun: u64,
    pub(crate) before: u64,
}

impl<H: Handler> Shard<H> {
    pub(crate) fn subscribe(&mut self, key: u32, topic: &Topic) -> u64 {
        let local = match self.names.get(&topic.id()) {
            Some(local) => *local,
            None => self.insert(topic),
        };
        self.topics.subscribe(key, local);
        self.topics.get(local).begun
    }

    fn insert(&mut self, topic: &Topic) -> u32 {
        let interest = Interest::new(topic, self.index);
        let at = interest.position;
        let (next, now) = (Batch::default(), Batch::default());
        let at_rest =
            Local { interest, next, now, copy: None, queued: false, seen: at, begun: at, before: at };
        let local = self.topics.insert(at_rest);
        self.names.insert(topic.id(), local);
        local
    }

    pub(crate) fn unsubscribe(&mut self, key: u32, topic: &Topic) -> bool {
        let Some(&local) = self.names.get(&topic.id()) else {
            return false;
        };
        self.leave(key, local)
    }

    pub(crate) fn leave(&mut self, key: u32, local: u32) -> bool {
        let left = self.topics.unsubscribe(key, local);
        if self.topics.len(local) == 0 && !self.topics.get(local).queued {
            self.forget(local);
        }
        left
    }

    /// Forgets a topic that has no members here.
    pub(crate) fn forget(&mut self, local: u32) {
        let topic = self.topics.remove(local);
        self.unwritten -= topic.next.bytes().len();
        self.names.remove(&topic.interest.topic.id());
    }

    pub(crate) fn position(&self, topic: &Topic) -> u64 {
        match self.names.get(&topic.id()) {
            Some(local) => self.topics.get(*local).begun,
            None => topic.position(),
        }
    }

    /// A publish came: it joins the topic's next batch.
    pub(crate) fn gather(&mut self, topic: &Topic, publish: &Publish) {
        let Some(&id) = self.names.get(&topic.id()) else {
            return;
        };
        let local = self.topics.get_mut(id);
        // A shard that had members before may still be sent what the first new one has by its position.
        if publish.position != 0 && publish.position <= local.seen {
            return;
        }
        local.seen = local.seen.max(publish.position);
        let before = local.next.bytes().len();
        local.next.push(publish);
        self.unwritten += local.next.bytes().len() - before;
        if !local.queued {
            local.queued = true;
            self.fresh.push_back(id);
        }
    }
}
