//! A shard: the connections of one thread, what they are subscribed to, and everything that can happen to one of them.
//! [`crate::turn`] is the loop that drives it.

mod deadlines;
mod endings;
mod subscriptions;

pub(crate) use subscriptions::Local;

use crate::{
    close::{self, Closed},
    connection::{Connection, Phase, Transport},
    handler::{Context, Handler},
    heartbeat::Wheel,
    hub::{Counters, Hub, Lane},
    inbox::{Attach, ConnectionId, Handed, Inbound, Inbox},
    outbox::Pushed,
    reader::Reader,
    signal::ConnWaker,
    topics::Topics,
    turn,
};
use bytes::Bytes;
use rustc_hash::FxHashMap;
use slab::Slab;
use std::{
    cell::RefCell,
    collections::VecDeque,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
    task::Wake,
    thread::JoinHandle,
};
use tokio::runtime::{Builder, LocalOptions};

pub(crate) struct Shard<H: Handler> {
    pub(crate) hub: Hub<H>,
    pub(crate) index: usize,
    pub(crate) shared: H::Shard,
    /// Boxed, so that the slab's growth moves and reserves 16 bytes a connection and not all of it.
    pub(crate) connections: Slab<Box<Connection<H>>>,
    serial: u64,
    pub(crate) topics: Topics<Local>,
    names: FxHashMap<u64, u32>,
    /// Topics with something to write: those that had nothing before (served first, so that a quiet topic never waits
    /// for a flooding one), and those that had a slice and are not through.
    pub(crate) fresh: VecDeque<u32>,
    pub(crate) old: VecDeque<u32>,
    /// Connections that had something while the hub was congested, each once.
    pub(crate) unread: Vec<u32>,
    /// Connections whose outbox is to be written at the turn's end, and those whose handler asked to be told
    /// that theirs is empty.
    pub(crate) to_flush: Vec<u32>,
    pub(crate) to_notify: Vec<ConnectionId>,
    /// Connections whose handler is to be told that they have ended.
    ended: Vec<(ConnectionId, Closed)>,
    wheel: Wheel,
    pub(crate) scratch: Box<[u8]>,
    pub(crate) inbound: Vec<Inbound<H>>,
    /// Bytes in batches that were not begun.
    pub(crate) unwritten: usize,
}

pub(crate) type Cell<H> = Rc<RefCell<Shard<H>>>;

/// Starts a shard's thread.
pub(crate) fn spawn<H: Handler>(hub: Hub<H>, index: usize) -> io::Result<JoinHandle<()>> {
    // The runtime cannot leave its thread, so its thread says whether there is one.
    let (tx, started) = std::sync::mpsc::sync_channel(1);
    let thread = std::thread::Builder::new().name(format!("shard-{index}")).spawn(move || {
        let built = Builder::new_current_thread().enable_all().build_local(LocalOptions::default());
        let (runtime, result) = match built {
            Ok(runtime) => (Some(runtime), Ok(())),
            Err(error) => (None, Err(error)),
        };
        let _ = tx.send(result);
        if let Some(runtime) = runtime {
            runtime.block_on(run(hub, index));
        }
    })?;
    started.recv().map_err(io::Error::other)??;
    Ok(thread)
}

async fn run<H: Handler>(hub: Hub<H>, index: usize) {
    let shard = Rc::new(RefCell::new(Shard::new(hub.clone(), index)));
    let ticks = tokio::task::spawn_local(deadlines::tick(shard.clone(), hub.options().tick));
    // tokio's budget of 128 operations is meant for one connection, and a turn serves many.
    tokio::task::unconstrained(turn::turns(shard)).await;
    ticks.abort();
}

impl<H: Handler> Shard<H> {
    fn new(hub: Hub<H>, index: usize) -> Self {
        Self {
            hub,
            index,
            shared: H::Shard::default(),
            connections: Slab::new(),
            serial: 0,
            topics: Topics::default(),
            names: FxHashMap::default(),
            fresh: VecDeque::new(),
            old: VecDeque::new(),
            to_flush: Vec::new(),
            unread: Vec::new(),
            to_notify: Vec::new(),
            ended: Vec::new(),
            wheel: Wheel::default(),
            scratch: vec![0; turn::SCRATCH_BYTES].into(),
            inbound: Vec::new(),
            unwritten: 0,
        }
    }

    pub(crate) fn inbox(&self) -> &Inbox<H> {
        &self.hub.inner().inboxes[self.index]
    }

    pub(crate) fn counters(&self) -> &Counters {
        self.hub.counters()
    }

    /// Takes over a stream.
    pub(crate) fn attach(&mut self, new: Attach<H>) {
        let Handed { transport, answer, early } = new.stream;
        let transport = if new.local { Some(transport) } else { on_this_runtime(transport) };
        let Some(transport) = transport else { return self.gone() };
        let entry = self.connections.vacant_entry();
        let Ok(key) = u32::try_from(entry.key()) else { return self.gone() };
        let waker = ConnWaker::new(self.hub.inner().inboxes[self.index].ready.clone(), key);
        let now = self.wheel.now();
        self.serial += 1;
        let id = ConnectionId { key, serial: self.serial };
        let reader = Reader::new(self.hub.options().max_message);
        let mut connection = Connection::new(transport, waker, reader, new.handler, id.serial, now);
        connection.stash(&early);
        entry.insert(Box::new(connection));
        self.look_again(id);
        if !answer.is_empty() {
            self.send(key, answer, Lane::Durable);
        }
        self.with_handler(key, H::opened);
        self.wake(key);
    }

    /// Runs a method of a connection's handler. A panic in it ends the connection.
    pub(crate) fn with_handler<R>(
        &mut self,
        key: u32,
        call: impl FnOnce(&mut H, &mut Context<'_, H>) -> R,
    ) -> Option<R> {
        let connection = self.connections.get_mut(key as usize)?;
        let id = ConnectionId { key, serial: connection.serial };
        let mut handler = connection.handler.take()?;
        let result = catch_unwind(AssertUnwindSafe(|| call(&mut handler, &mut Context { shard: self, id })));
        if let Some(connection) = self.connections.get_mut(key as usize) {
            connection.handler = Some(handler);
        }
        let result = result.inspect_err(|_| self.panicked(key)).ok();
        self.settle();
        result
    }

    pub(crate) fn panicked(&mut self, key: u32) {
        Counters::add(&self.counters().panics, 1);
        tracing::error!("a connection's handler panicked; its connection is closed");
        self.close(key, close::INTERNAL);
    }

    pub(crate) fn is(&self, id: ConnectionId) -> bool {
        self.connections.get(id.key as usize).is_some_and(|c| c.serial == id.serial)
    }

    pub(crate) fn send(&mut self, key: u32, frames: Bytes, lane: Lane) {
        let limit = self.hub.options().outbox_bytes;
        let Some(c) = self.connections.get_mut(key as usize).filter(|c| c.phase == Phase::Open) else {
            return;
        };
        if c.outbox.is_none() {
            c.took = self.wheel.now();
            c.listed = true;
            self.to_flush.push(key);
        }
        let outbox = c.outbox.get_or_insert_default();
        let pushed = match lane {
            Lane::Durable => outbox.push_answer(frames, limit),
            Lane::Volatile => outbox.push(frames, lane, limit),
        };
        match pushed {
            Pushed::Full => self.close(key, close::TOO_SLOW),
            Pushed::Dropped => c.missed = true,
            Pushed::Queued => {}
        }
    }

    pub(crate) fn pause(&mut self, key: u32) {
        if let Some(c) = self.connections.get_mut(key as usize) {
            c.paused = true;
        }
    }

    pub(crate) fn resume(&mut self, key: u32) {
        if let Some(c) = self.connections.get_mut(key as usize) {
            c.paused = false;
        }
        self.wake(key);
    }

    pub(crate) fn set_tag(&mut self, key: u32, tag: u64) {
        if let Some(c) = self.connections.get_mut(key as usize) {
            c.tag = tag;
        }
    }

    pub(crate) fn set_max_message(&mut self, key: u32, bytes: usize) {
        if let Some(c) = self.connections.get_mut(key as usize) {
            c.reader.set_max_message(bytes);
        }
    }

    pub(crate) fn notify_when_drained(&mut self, key: u32) {
        let Some(c) = self.connections.get_mut(key as usize) else {
            return;
        };
        c.notify = true;
        if c.outbox.is_none() {
            self.to_notify.push(ConnectionId { key, serial: c.serial });
        }
    }

    /// The driver's waker, called by ourselves: the connection is looked at in the next look of this turn, or
    /// in the next turn.
    fn wake(&self, key: u32) {
        if let Some(c) = self.connections.get(key as usize) {
            c.waker.wake_by_ref();
        }
    }
}

/// A stream that another runtime's driver watched is given to this one's.
fn on_this_runtime(transport: Transport) -> Option<Transport> {
    let Transport::Tcp(stream) = transport else {
        return Some(transport);
    };
    let moved = stream.into_std().and_then(tokio::net::TcpStream::from_std);
    moved
        .inspect_err(|error| tracing::warn!(%error, "a connection could not be taken over"))
        .ok()
        .map(Transport::Tcp)
}
