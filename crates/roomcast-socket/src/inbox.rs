//! What other threads, and a shard's own handlers, give a shard to do. It is taken once a turn.

use crate::{
    close::Close,
    connection::Transport,
    handler::{Context, Handler},
    hub::{Publish, Topic},
    signal::Ready,
};
use bytes::Bytes;
use std::{
    cell::Cell,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

/// A connection of one shard. A key is used again after its connection has gone, a serial never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ConnectionId {
    pub(crate) key: u32,
    pub(crate) serial: u64,
}

pub(crate) type Task<H> = Box<dyn FnOnce(&mut H, &mut Context<'_, H>) + Send>;
pub(crate) type SharedTask<H> = Arc<dyn Fn(&mut H, &mut Context<'_, H>) + Send + Sync>;
pub(crate) type Spawn = Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = ()>>> + Send>;

/// A stream behind its handshake.
pub(crate) struct Handed {
    pub(crate) transport: Transport,
    /// The answer to the handshake, where it was not written yet: it goes with the first frames.
    pub(crate) answer: Bytes,
    /// What the peer has said already.
    pub(crate) early: Bytes,
}

/// A connection to be.
pub(crate) struct Attach<H> {
    pub(crate) stream: Handed,
    pub(crate) handler: H,
    /// The stream belongs to the shard's own runtime.
    pub(crate) local: bool,
}

pub(crate) enum Inbound<H: Handler> {
    /// For the topic's members on this shard.
    Publish(Topic, Publish),
    /// For one connection.
    Send(ConnectionId, Bytes),
    /// To be run with a connection's handler; dropped where the connection has gone.
    Run(ConnectionId, Task<H>),
    /// A stream that speaks WebSocket from here on, what it has said already, and its handler.
    Attach(Box<Attach<H>>),
    /// A future to run on the shard's thread.
    Spawn(Spawn),
    /// To be run with the handler of every connection, or of those with this tag.
    Each(Option<u64>, SharedTask<H>),
    /// Every connection is to end.
    Shutdown(Close),
}

/// Bounded in bytes by its writers, who look at [`Inbox::load`] first: see [`crate::hub::Hub::publish`].
pub(crate) struct Inbox<H: Handler> {
    queue: Mutex<Vec<Inbound<H>>>,
    /// Bytes of publishes that wait here.
    waiting: AtomicUsize,
    /// Bytes that the shard has taken and not begun to write.
    taken: AtomicUsize,
    pub(crate) ready: Arc<Ready>,
    /// Connections that live on the shard or are on their way to it.
    pub(crate) connections: AtomicUsize,
}

thread_local! {
    /// The shard whose turn runs on this thread. It looks at its inbox before the turn ends, so that a handler
    /// that publishes need not wake it.
    static IN_TURN: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// Marks the thread as being in a shard's turn until dropped.
pub(crate) struct InTurn;

impl InTurn {
    pub(crate) fn enter(shard: usize) -> Self {
        IN_TURN.set(shard);
        Self
    }
}

impl Drop for InTurn {
    fn drop(&mut self) {
        IN_TURN.set(usize::MAX);
    }
}

impl<H: Handler> Inbox<H> {
    pub(crate) fn new() -> Self {
        Self {
            queue: Mutex::default(),
            waiting: AtomicUsize::new(0),
            taken: AtomicUsize::new(0),
            ready: Arc::new(Ready::default()),
            connections: AtomicUsize::new(0),
        }
    }

    pub(crate) fn push(&self, shard: usize, inbound: Inbound<H>) {
        let bytes = if let Inbound::Publish(_, publish) = &inbound { publish.frames.len() } else { 0 };
        {
            let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            self.waiting.fetch_add(bytes, Ordering::AcqRel);
            queue.push(inbound);
        }
        if IN_TURN.get() != shard {
            self.ready.signal.raise();
        }
    }

    pub(crate) fn take(&self, into: &mut Vec<Inbound<H>>) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(&mut *queue, into);
        // In this order: nobody may see less than there is.
        self.taken.fetch_add(self.waiting.load(Ordering::Acquire), Ordering::AcqRel);
        self.waiting.store(0, Ordering::Release);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Bytes that the shard has been given and has not begun to write.
    pub(crate) fn load(&self) -> usize {
        self.waiting.load(Ordering::Acquire) + self.taken.load(Ordering::Acquire)
    }

    pub(crate) fn set_taken(&self, bytes: usize) {
        self.taken.store(bytes, Ordering::Release);
    }
}
