//! The hub: topics, and the shards whose connections subscribe to them.

use crate::{
    close::Close,
    connection::Transport,
    handler::{Context, Handler},
    inbox::{Attach, ConnectionId, Inbound, Inbox, Spawn},
    shard,
};
use bytes::Bytes;
use smallvec::SmallVec;
use std::{
    fmt, io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};
use tokio::time::Instant;

/// Bytes waiting for a shard above which all shards stop reading their clients: TCP slows the senders down.
pub const SOFT_LOAD_BYTES: usize = 8 << 20;
/// Bytes waiting for a shard above which a publish is refused.
pub const HARD_LOAD_BYTES: usize = 64 << 20;

/// How the hub's connections behave.
#[derive(Clone, Debug)]
pub struct Options {
    /// Shards, one thread each. Default: one per core, at most 64.
    pub shards: usize,
    /// A longer message closes its connection with 1009. Bytes, default 65,536.
    pub max_message: usize,
    /// What one connection may be owed before its subscriptions fall [behind](Handler::behind). Bytes, default 1 MiB.
    pub outbox_bytes: usize,
    /// After this long without a sign of life the peer is pinged, after twice as long it is given up (4009).
    /// Whole multiples of [`Options::tick`]; default 25 s.
    pub heartbeat: Duration,
    /// A socket that takes nothing of what it is owed for this long is closed with 4008. Default 30 s.
    pub stall: Duration,
    /// How long a peer has to answer a close frame. Default 3 s.
    pub close_timeout: Duration,
    /// The grain of all deadlines above. Default 1 s.
    pub tick: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            shards: std::thread::available_parallelism().map_or(1, usize::from).min(64),
            max_message: 64 * 1024,
            outbox_bytes: 1 << 20,
            heartbeat: Duration::from_secs(25),
            stall: Duration::from_secs(30),
            close_timeout: Duration::from_secs(3),
            tick: Duration::from_secs(1),
        }
    }
}

/// What a slow connection may do without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lane {
    /// Never dropped in silence.
    #[default]
    Durable,
    /// Dropped first when a connection is slow.
    Volatile,
}

/// Frames that some members get in place of everyone's, by their [tag](Context::set_tag). No bytes at all means that
/// they get nothing.
pub type Personal = Arc<[(u64, Bytes)]>;

/// Something for all of a topic's subscribers.
#[derive(Clone, Debug, Default)]
pub struct Publish {
    /// Encoded frames (see [`crate::frame`]).
    pub frames: Bytes,
    /// The topic's position after it, rising with each publish that has one; 0 for what has none.
    pub position: u64,
    /// What a slow connection may do without.
    pub lane: Lane,
    /// Whose frames differ.
    pub personal: Personal,
}

impl From<Bytes> for Publish {
    fn from(frames: Bytes) -> Self {
        Self { frames, ..Self::default() }
    }
}

/// A shard has more to write than it may hold; nothing was published to anyone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a shard has more to write than it may hold")]
pub struct Congested;

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
struct TopicState {
    /// Subscriptions and claims to one, by shard.
    interest: SmallVec<[u32; 8]>,
    position: u64,
}

#[derive(Default)]
struct Directory {
    topics: papaya::HashMap<Box<str>, Weak<TopicInner>>,
    next_id: AtomicU64,
}

impl Topic {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Sets where the topic stands, before anybody has subscribed to it.
    pub fn start_at(&self, position: u64) {
        let mut state = self.state();
        state.position = state.position.max(position);
    }

    pub(crate) fn id(&self) -> u64 {
        self.0.id
    }

    pub(crate) fn position(&self) -> u64 {
        self.state().position
    }

    fn state(&self) -> MutexGuard<'_, TopicState> {
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

/// Topics and the connections subscribed to them. A cheap handle; all clones are one hub.
pub struct Hub<H: Handler = crate::socket::Channel>(Arc<Inner<H>>);

pub(crate) struct Inner<H: Handler> {
    pub(crate) options: Options,
    pub(crate) inboxes: Box<[Inbox<H>]>,
    directory: Arc<Directory>,
    next_shard: AtomicUsize,
    pub(crate) connections: AtomicUsize,
    pub(crate) stopping: AtomicBool,
    pub(crate) counters: Counters,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// What the hub has done since it started, for metrics.
#[derive(Debug, Default)]
pub struct Counters {
    /// Messages read from peers.
    pub messages: AtomicU64,
    /// Batches handed to a member each: one batch holds all that a topic got in a turn.
    pub slices: AtomicU64,
    /// System calls that wrote.
    pub writes: AtomicU64,
    /// Bytes that were to be written.
    pub bytes: AtomicU64,
    /// Subscriptions that fell behind.
    pub behind: AtomicU64,
    /// Connections given up because they took nothing.
    pub stalled: AtomicU64,
    /// Connections given up because nothing was heard of them.
    pub lost: AtomicU64,
    /// Handlers that panicked.
    pub panics: AtomicU64,
}

impl Counters {
    pub(crate) fn add(counter: &AtomicU64, n: u64) {
        counter.fetch_add(n, Ordering::Relaxed);
    }
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
            next_shard: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
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
        let topics = self.0.directory.topics.pin();
        loop {
            let seen = topics.get(name);
            if let Some(topic) = seen.and_then(Weak::upgrade) {
                return Topic(topic);
            }
            let topic = Arc::new(TopicInner {
                id: self.0.directory.next_id.fetch_add(1, Ordering::Relaxed),
                name: name.into(),
                directory: self.0.directory.clone(),
                state: Mutex::default(),
            });
            let weak = Arc::downgrade(&topic);
            let chosen = topics.update_or_insert(
                name.into(),
                |old| if old.strong_count() == 0 { weak.clone() } else { old.clone() },
                weak.clone(),
            );
            if chosen.ptr_eq(&weak) {
                return Topic(topic);
            }
        }
    }

    /// Publishes to all subscribers. Everyone who is subscribed sees what is published to a topic in one order,
    /// whoever published it.
    ///
    /// # Errors
    /// [`Congested`] when a shard with subscribers has [`HARD_LOAD_BYTES`] to write already.
    pub fn publish(&self, topic: &Topic, publish: impl Into<Publish>) -> Result<(), Congested> {
        let publish = publish.into();
        let mut state = topic.state();
        let interested = |shard: &usize| state.interest.get(*shard).is_some_and(|n| *n > 0);
        let shards: SmallVec<[usize; 8]> = (0..self.shards()).filter(interested).collect();
        if shards.iter().any(|s| self.0.inboxes[*s].load() > HARD_LOAD_BYTES) {
            return Err(Congested);
        }
        state.position = state.position.max(publish.position);
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
        self.0.connections.load(Ordering::Acquire)
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
    pub fn spawn_on<F: Future<Output = ()> + 'static>(&self, shard: usize, make: impl FnOnce() -> F + Send + 'static) {
        let spawn: Spawn = Box::new(move || Box::pin(make()));
        self.0.inboxes[shard].push(shard, Inbound::Spawn(spawn));
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

    /// `local`: the stream belongs to the shard's own runtime.
    pub(crate) fn attach(&self, shard: usize, transport: Transport, early: Bytes, handler: H, local: bool) {
        let attach = Attach { transport, early, handler, local };
        self.0.inboxes[shard].push(shard, Inbound::Attach(Box::new(attach)));
    }

    /// A shard for a connection that no shard accepted: they take turns.
    pub(crate) fn next_shard(&self) -> usize {
        self.0.next_shard.fetch_add(1, Ordering::Relaxed) % self.shards()
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

/// A handle on one connection, for any thread. It does not keep the connection open; what is asked of one that has
/// gone is dropped.
pub struct Remote<H: Handler> {
    hub: Hub<H>,
    shard: usize,
    id: ConnectionId,
}

impl<H: Handler> Clone for Remote<H> {
    fn clone(&self) -> Self {
        Self { hub: self.hub.clone(), shard: self.shard, id: self.id }
    }
}

impl<H: Handler> fmt::Debug for Remote<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote").field("shard", &self.shard).field("id", &self.id).finish_non_exhaustive()
    }
}

/// Names the connection among all that its hub has had.
impl<H: Handler> fmt::Display for Remote<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{:x}", self.shard, self.id.serial)
    }
}

impl<H: Handler> Remote<H> {
    pub(crate) fn new(hub: Hub<H>, shard: usize, id: ConnectionId) -> Self {
        Self { hub, shard, id }
    }

    /// Sends encoded frames to this connection alone.
    pub fn send(&self, frames: Bytes) {
        self.push(Inbound::Send(self.id, frames));
    }

    /// Runs a closure on the connection's shard, with its handler.
    pub fn run(&self, task: impl FnOnce(&mut H, &mut Context<'_, H>) + Send + 'static) {
        self.push(Inbound::Run(self.id, Box::new(task)));
    }

    /// The hub that the connection belongs to.
    #[must_use]
    pub fn hub(&self) -> &Hub<H> {
        &self.hub
    }

    /// A number that no other connection of its shard has or had.
    #[must_use]
    pub fn serial(&self) -> u64 {
        self.id.serial
    }

    /// The shard that the connection lives on.
    #[must_use]
    pub fn shard(&self) -> usize {
        self.shard
    }

    fn push(&self, inbound: Inbound<H>) {
        self.hub.inner().inboxes[self.shard].push(self.shard, inbound);
    }
}
