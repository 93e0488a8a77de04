//! A shard: the connections of one thread, what they are subscribed to, and everything that can happen to one of them.
//! [`crate::turn`] is the loop that drives it.

use crate::{
    batch::Batch,
    close::{self, Close, Closed},
    connection::{Connection, Phase, Transport},
    frame,
    handler::{Context, Handler},
    heartbeat::Wheel,
    hub::{Counters, Hub, Interest, Lane, Publish, Topic},
    inbox::{Attach, ConnectionId, Inbound, Inbox},
    outbox::Pushed,
    reader::{Reader, Violation},
    signal::ConnWaker,
    topics::Topics,
    turn,
};
use bytes::{Bytes, BytesMut};
use rustc_hash::FxHashMap;
use slab::Slab;
use std::{
    cell::RefCell,
    collections::VecDeque,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
    sync::atomic::Ordering,
    task::Waker,
    thread::JoinHandle,
    time::Duration,
};
use tokio::runtime::{Builder, LocalOptions};

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

pub(crate) struct Shard<H: Handler> {
    pub(crate) hub: Hub<H>,
    pub(crate) index: usize,
    pub(crate) shared: H::Shard,
    pub(crate) connections: Slab<Connection<H>>,
    serial: u64,
    pub(crate) topics: Topics<Local>,
    names: FxHashMap<u64, u32>,
    /// Topics with something to write: those that had nothing before (served first, so that a quiet topic never waits
    /// for a flooding one), and those that had a slice and are not through.
    pub(crate) fresh: VecDeque<u32>,
    pub(crate) old: VecDeque<u32>,
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
    let ticks = tokio::task::spawn_local(tick(shard.clone(), hub.options().tick));
    // tokio's budget of 128 operations is meant for one connection, and a turn serves many.
    tokio::task::unconstrained(turn::turns(shard)).await;
    ticks.abort();
}

async fn tick<H: Handler>(shard: Cell<H>, every: Duration) {
    let mut interval = tokio::time::interval(every);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        interval.tick().await;
        shard.borrow_mut().tick();
    }
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

    fn ticks(&self, d: Duration) -> u32 {
        let tick = self.hub.options().tick.as_nanos().max(1);
        u32::try_from(d.as_nanos().div_ceil(tick)).unwrap_or(u32::MAX).max(1)
    }

    // ---- connections

    /// Takes over a stream.
    pub(crate) fn attach(&mut self, new: Attach<H>) {
        let transport = if new.local { Some(new.transport) } else { on_this_runtime(new.transport) };
        let Some(transport) = transport else { return };
        let entry = self.connections.vacant_entry();
        let Ok(key) = u32::try_from(entry.key()) else { return };
        let queued = ConnWaker::new(self.hub.inner().inboxes[self.index].ready.clone(), key);
        let now = self.wheel.now();
        self.serial += 1;
        let id = ConnectionId { key, serial: self.serial };
        entry.insert(Connection {
            transport,
            waker: Waker::from(queued.clone()),
            queued,
            reader: Reader::new(self.hub.options().max_message),
            handler: Some(new.handler),
            stash: BytesMut::from(&new.early[..]),
            outbox: None,
            serial: id.serial,
            tag: 0,
            heard: now,
            took: now,
            look_at: 0,
            deadline: 0,
            phase: Phase::Open,
            paused: false,
            choked: false,
            pinged: false,
            missed: false,
            notify: false,
            listed: false,
        });
        self.hub.inner().connections.fetch_add(1, Ordering::AcqRel);
        self.look_again(id);
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
        let Some(c) = self.connections.get_mut(key as usize).filter(|c| c.phase == Phase::Open) else { return };
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

    pub(crate) fn notify_when_drained(&mut self, key: u32) {
        let Some(c) = self.connections.get_mut(key as usize) else { return };
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

    // ---- endings

    pub(crate) fn close(&mut self, key: u32, close: Close) {
        self.say_close(key, close.code, close.reason, Phase::Closing, Closed::ByUs(close.code));
    }

    pub(crate) fn violation(&mut self, key: u32, v: Violation) {
        let code = v.close_code();
        self.say_close(key, code, v.reason(), Phase::Finishing, Closed::ByUs(code));
    }

    /// The peer's close frame came: it is answered with the code that came, unless ours went before it.
    pub(crate) fn closed_by_peer(&mut self, key: u32, code: Option<u16>) {
        let code = code.unwrap_or(1005);
        self.say_close(key, code, "", Phase::Finishing, Closed::ByPeer(code));
        if let Some(c) = self.connections.get_mut(key as usize) {
            c.phase = Phase::Finishing;
            self.to_flush.push(key);
        }
    }

    fn say_close(&mut self, key: u32, code: u16, reason: &str, phase: Phase, how: Closed) {
        let deadline = self.wheel.now() + 1 + self.ticks(self.hub.options().close_timeout);
        let Some(c) = self.connections.get_mut(key as usize).filter(|c| c.phase == Phase::Open) else { return };
        c.outbox.get_or_insert_default().push_rest(frame::close(code, reason));
        (c.phase, c.deadline, c.stash) = (phase, deadline, BytesMut::new());
        let id = ConnectionId { key, serial: c.serial };
        c.look_at = self.wheel.file(id, deadline);
        self.to_flush.push(key);
        self.ended.push((id, how));
    }

    /// The stream has ended, or is not worth waiting for.
    pub(crate) fn drop_connection(&mut self, key: u32) {
        let Some(c) = self.connections.get(key as usize) else { return };
        if c.phase == Phase::Open {
            self.ended.push((ConnectionId { key, serial: c.serial }, Closed::Lost));
        }
        self.settle();
        self.connections.try_remove(key as usize);
        self.hub.inner().connections.fetch_sub(1, Ordering::AcqRel);
    }

    /// Tells handlers of endings, outside of any of their methods.
    pub(crate) fn settle(&mut self) {
        while let Some((id, how)) = self.ended.pop() {
            while let Some(topic) = self.topics.any_of(id.key) {
                self.leave(id.key, topic);
            }
            let Some(mut handler) = self.connections.get_mut(id.key as usize).and_then(|c| c.handler.take()) else {
                continue;
            };
            let call = || handler.closed(&mut Context { shard: self, id }, how);
            if catch_unwind(AssertUnwindSafe(call)).is_err() {
                Counters::add(&self.counters().panics, 1);
            }
        }
    }

    /// What has been written to its end: the next step of an ending, or the handler's next word.
    pub(crate) fn after_flush(&mut self, key: u32) {
        let Some(c) = self.connections.get_mut(key as usize).filter(|c| c.outbox.is_none()) else { return };
        if c.phase == Phase::Finishing {
            c.phase = Phase::Finished;
            c.transport.shutdown(&c.waker);
        }
        if c.notify || c.missed {
            self.to_notify.push(ConnectionId { key, serial: c.serial });
        }
        if std::mem::take(&mut c.choked) || c.phase == Phase::Finished {
            self.wake(key);
        }
    }

    // ---- deadlines

    fn tick(&mut self) {
        for id in self.wheel.advance() {
            let due = self.connections.get(id.key as usize).is_some_and(|c| c.look_at == self.wheel.now());
            if due && self.is(id) {
                self.look(id);
            }
        }
        self.settle();
        // What was said is written by the turn.
        self.inbox().ready.signal.raise();
    }

    fn look(&mut self, id: ConnectionId) {
        let now = self.wheel.now();
        let (heartbeat, stall) = (self.ticks(self.hub.options().heartbeat), self.ticks(self.hub.options().stall));
        let c = &mut self.connections[id.key as usize];
        let silent = now - c.heard;
        if c.phase != Phase::Open {
            if now >= c.deadline {
                return self.drop_connection(id.key);
            }
        } else if c.outbox.is_some() && now - c.took >= stall {
            Counters::add(&self.hub.counters().stalled, 1);
            return self.give_up(id.key, close::TOO_SLOW);
        } else if silent >= 2 * heartbeat && !c.paused && !c.choked {
            Counters::add(&self.hub.counters().lost, 1);
            return self.give_up(id.key, close::HEARTBEAT_LOST);
        } else if silent >= heartbeat && !c.pinged {
            c.pinged = true;
            self.send(id.key, Bytes::from_static(&[0x80 | frame::PING, 0]), Lane::Volatile);
        }
        self.look_again(id);
    }

    fn look_again(&mut self, id: ConnectionId) {
        let options = self.hub.options();
        let (heartbeat, stall) = (self.ticks(options.heartbeat), self.ticks(options.stall));
        let c = &mut self.connections[id.key as usize];
        let tick = if c.phase == Phase::Open {
            let silence = c.heard + if c.pinged { 2 * heartbeat } else { heartbeat };
            if c.outbox.is_some() { silence.min(c.took + stall) } else { silence }
        } else {
            c.deadline
        };
        c.look_at = self.wheel.file(id, tick);
    }

    /// Closes a connection that will hardly read why: what it is owed is dropped.
    fn give_up(&mut self, key: u32, close: Close) {
        if let Some(outbox) = self.connections.get_mut(key as usize).and_then(|c| c.outbox.as_mut()) {
            outbox.cut();
        }
        self.say_close(key, close.code, close.reason, Phase::Finishing, Closed::ByUs(close.code));
    }

    pub(crate) fn heard(&mut self, key: u32) {
        let now = self.wheel.now();
        if let Some(c) = self.connections.get_mut(key as usize) {
            (c.heard, c.pinged) = (now, false);
        }
    }

    pub(crate) fn now(&self) -> u32 {
        self.wheel.now()
    }

    // ---- topics

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
        let at_rest = Local { interest, next, now, copy: None, queued: false, seen: at, begun: at, before: at };
        let local = self.topics.insert(at_rest);
        self.names.insert(topic.id(), local);
        local
    }

    pub(crate) fn unsubscribe(&mut self, key: u32, topic: &Topic) -> bool {
        let Some(&local) = self.names.get(&topic.id()) else { return false };
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
        let Some(&id) = self.names.get(&topic.id()) else { return };
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

/// A stream that another runtime's driver watched is given to this one's.
fn on_this_runtime(transport: Transport) -> Option<Transport> {
    let Transport::Tcp(stream) = transport else { return Some(transport) };
    let moved = stream.into_std().and_then(tokio::net::TcpStream::from_std);
    moved.inspect_err(|error| tracing::warn!(%error, "a connection could not be taken over")).ok().map(Transport::Tcp)
}
