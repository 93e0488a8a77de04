//! The hub: topics, and the shards whose connections subscribe to them.

mod counters;
mod options;
mod publish;
mod remote;
mod topic;

pub use counters::Counters;
pub use options::Options;
pub use publish::{Lane, Personal, Publish};
pub use remote::Remote;
pub(crate) use topic::Interest;
pub use topic::Topic;

use crate::{
    close::Close,
    handler::{Context, Handler},
    inbox::{Attach, Handed, Inbound, Inbox, SharedTask, Spawn},
    shard,
};
use smallvec::SmallVec;
use std::{
    fmt, io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};
use tokio::time::Instant;

/// Bytes waiting for a shard above which all shards stop reading their clients: TCP slows the senders down.
pub const SOFT_LOAD_BYTES: usize = 8 << 20;
/// Bytes waiting for a shard above which a publish is refused.
pub const HARD_LOAD_BYTES: usize = 64 << 20;
/// Connections that a shard may have more than another before new ones go to that.
const IMBALANCE: usize = 4;

/// A shard has more to write than it may hold; nothing was published to anyone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a shard has more to write than it may hold")]
pub struct Congested;

/// Topics and the connections subscribed to them. A cheap handle; all clones are one hub.
pub struct Hub<H: Handler = crate::socket::Channel>(Arc<Inner<H>>);

pub(crate) struct Inner<H: Handler> {
    pub(crate) options: Options,
    pub(crate) inboxes: Box<[Inbox<H>]>,
    directory: Arc<topic::Directory>,
    pub(crate) stopping: AtomicBool,
    pub(crate) counters: Counters,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl<H: Handler> Clone for Hub<H> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<H: Handler> fmt::Debug for Hub<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("connections", &self.connections()).finish_non_exhaustive()
    }
}

impl<H: Handler> Hub<H> {
    /// Starts the shards' threads.
    ///
    /// # Errors
    /// When the system refuses a thread or its event queue.
    pub fn start(options: Options) -> io::Result<Self> {
        let hub = Self(Arc::new(Inner {
            inboxes: (0..options.shards.max(1)).map(|_| Inbox::new()).collect(),
            options,
            directory: Arc::default(),
            stopping: AtomicBool::new(false),
            counters: Counters::default(),
            threads: Mutex::default(),
        }));
        for index in 0..hub.shards() {
            let thread = shard::spawn(hub.clone(), index)?;
            hub.0.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        }
        Ok(hub)
    }

    /// The topic of this name, made where there is none. Finding one takes no lock.
    #[must_use]
    pub fn topic(&self, name: &str) -> Topic {
        self.0.directory.topic(name)
    }

    /// Publishes to all subscribers. Everyone who is subscribed sees what is published to a topic in one order,
    /// whoever published it.
    ///
    /// # Errors
    /// [`Congested`] when a shard with subscribers has [`HARD_LOAD_BYTES`] to write already.
    pub fn publish(&self, topic: &Topic, publish: impl Into<Publish>) -> Result<(), Congested> {
        let publish = publish.into();
        let mut state = topic.state();
        let shards: SmallVec<[usize; 8]> = state.interested().collect();
        if shards.iter().any(|s| self.0.inboxes[*s].load() > HARD_LOAD_BYTES) {
            return Err(Congested);
        }
        state.moved_to(publish.position);
        // Under the topic's lock, so that all shards see one order.
        for shard in shards {
            self.0.inboxes[shard].push(shard, Inbound::Publish(topic.clone(), publish.clone()));
        }
        Ok(())
    }

    /// Too much waits to be written: shards have stopped reading, and whoever brings messages some other way
    /// should refuse them too.
    #[must_use]
    pub fn congested(&self) -> bool {
        self.0.inboxes.iter().any(|i| i.load() > SOFT_LOAD_BYTES)
    }

    /// Shards.
    #[must_use]
    pub fn shards(&self) -> usize {
        self.0.inboxes.len()
    }

    /// Open connections.
    #[must_use]
    pub fn connections(&self) -> usize {
        (0..self.shards()).map(|shard| self.connections_on(shard)).sum()
    }

    /// Open connections of each shard.
    #[must_use]
    pub fn spread(&self) -> Vec<usize> {
        (0..self.shards()).map(|shard| self.connections_on(shard)).collect()
    }

    /// What the hub has done since it started.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.0.counters
    }

    /// How its connections behave.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.0.options
    }

    /// Runs a future on a shard's thread, a listener for example. It is dropped when the hub stops.
    pub fn spawn_on<F: Future<Output = ()> + 'static>(
        &self,
        shard: usize,
        make: impl FnOnce() -> F + Send + 'static,
    ) {
        let spawn: Spawn = Box::new(move || Box::pin(make()));
        self.0.inboxes[shard].push(shard, Inbound::Spawn(spawn));
    }

    /// Runs something with the handler of every connection that has this [tag](Context::set_tag), or of every connection
    /// at all, each on its shard. It looks at every connection there is, so it is nothing for every day.
    pub fn run_each(
        &self,
        tag: Option<u64>,
        task: impl Fn(&mut H, &mut Context<'_, H>) + Send + Sync + 'static,
    ) {
        let task: SharedTask<H> = Arc::new(task);
        self.each_shard(|| Inbound::Each(tag, task.clone()));
    }

    /// Tells every connection to end ([`Handler::shutdown`]), waits for them until the deadline, and stops the
    /// shards. Returns how many connections were cut off.
    pub async fn stop(&self, close: Close, deadline: Duration) -> usize {
        let end = Instant::now() + deadline;
        self.each_shard(|| Inbound::Shutdown(close));
        while self.connections() > 0 && Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let left = self.connections();
        self.0.stopping.store(true, Ordering::Release);
        self.wake_all();
        let threads = std::mem::take(&mut *self.0.threads.lock().unwrap_or_else(PoisonError::into_inner));
        let _ = tokio::task::spawn_blocking(|| threads.into_iter().for_each(|t| drop(t.join()))).await;
        left
    }

    /// Gives a stream to a shard: to the one that accepted it, unless that has many more connections than another.
    pub(crate) fn attach(&self, accepted: Option<usize>, stream: Handed, handler: H) {
        let shard = self.place(accepted);
        self.0.inboxes[shard].connections.fetch_add(1, Ordering::AcqRel);
        let attach = Attach { stream, handler, local: accepted == Some(shard) };
        self.0.inboxes[shard].push(shard, Inbound::Attach(Box::new(attach)));
    }

    /// Moving a stream to another shard costs two system calls, so that a small difference is left as it is.
    fn place(&self, accepted: Option<usize>) -> usize {
        let load = |shard| self.connections_on(shard);
        let least = (0..self.shards()).min_by_key(|shard| load(*shard)).unwrap_or(0);
        accepted.filter(|shard| load(*shard) <= load(least) + IMBALANCE + load(least) / 16).unwrap_or(least)
    }

    fn connections_on(&self, shard: usize) -> usize {
        self.0.inboxes[shard].connections.load(Ordering::Acquire)
    }

    pub(crate) fn inner(&self) -> &Inner<H> {
        &self.0
    }

    pub(crate) fn wake_all(&self) {
        for inbox in &self.0.inboxes {
            inbox.ready.signal.raise();
        }
    }

    fn each_shard(&self, inbound: impl Fn() -> Inbound<H>) {
        for (shard, inbox) in self.0.inboxes.iter().enumerate() {
            inbox.push(shard, inbound());
        }
    }
}
