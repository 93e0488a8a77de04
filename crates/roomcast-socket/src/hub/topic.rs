//! Topics as all shards share them: which shards care, and the order of what is published.

use smallvec::SmallVec;
use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

/// A topic. It exists for as long as somebody holds it or is subscribed.
#[derive(Clone)]
pub struct Topic(Arc<TopicInner>);

struct TopicInner {
    id: u64,
    name: Box<str>,
    directory: Arc<Directory>,
    state: Mutex<TopicState>,
}

#[derive(Default)]
pub(super) struct TopicState {
    /// Subscriptions and claims to one, by shard.
    interest: SmallVec<[u32; 8]>,
    position: u64,
}

#[derive(Default)]
pub(super) struct Directory {
    topics: papaya::HashMap<Box<str>, Weak<TopicInner>>,
    next_id: AtomicU64,
}

impl Directory {
    pub(super) fn topic(self: &Arc<Self>, name: &str) -> Topic {
        let topics = self.topics.pin();
        if let Some(topic) = topics.get(name).and_then(Weak::upgrade) {
            return Topic(topic);
        }
        loop {
            let topic = Arc::new(TopicInner {
                id: self.next_id.fetch_add(1, Ordering::Relaxed),
                name: name.into(),
                directory: self.clone(),
                state: Mutex::default(),
            });
            let new = Arc::downgrade(&topic);
            let keep = |old: &Weak<TopicInner>| {
                if old.strong_count() == 0 { new.clone() } else { old.clone() }
            };
            let kept = topics.update_or_insert(name.into(), keep, new.clone());
            if kept.ptr_eq(&new) {
                return Topic(topic);
            }
            // Another thread was faster; unless its topic has gone already, it is the one.
            if let Some(topic) = kept.upgrade() {
                return Topic(topic);
            }
        }
    }
}

impl TopicState {
    /// The shards with subscribers.
    pub(super) fn interested(&self) -> impl Iterator<Item = usize> {
        self.interest.iter().enumerate().filter(|(_, n)| **n > 0).map(|(shard, _)| shard)
    }

    pub(super) fn moved_to(&mut self, position: u64) {
        self.position = self.position.max(position);
    }
}

impl Topic {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Sets where the topic stands, before anybody has subscribed to it.
    pub fn start_at(&self, position: u64) {
        self.state().moved_to(position);
    }

    pub(crate) fn id(&self) -> u64 {
        self.0.id
    }

    pub(crate) fn position(&self) -> u64 {
        self.state().position
    }

    pub(super) fn state(&self) -> MutexGuard<'_, TopicState> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Topic").field(&self.name()).finish()
    }
}

impl Drop for TopicInner {
    fn drop(&mut self) {
        // Another thread may have made a new topic of this name meanwhile: leave that one.
        let _ = self.directory.topics.pin().remove_if(&self.name, |_, weak| weak.strong_count() == 0);
    }
}

/// A shard's interest in a topic: while it lives, publishes go to the shard's inbox.
#[derive(Debug)]
pub(crate) struct Interest {
    pub(crate) topic: Topic,
    shard: usize,
    /// Where the topic stood when the interest began.
    pub(crate) position: u64,
}

impl Interest {
    pub(crate) fn new(topic: &Topic, shard: usize) -> Self {
        let mut state = topic.state();
        if state.interest.len() <= shard {
            state.interest.resize(shard + 1, 0);
        }
        state.interest[shard] += 1;
        let position = state.position;
        drop(state);
        Self { topic: topic.clone(), shard, position }
    }
}

impl Drop for Interest {
    fn drop(&mut self) {
        self.topic.state().interest[self.shard] -= 1;
    }
}
