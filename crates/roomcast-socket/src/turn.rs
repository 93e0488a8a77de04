//! A turn of a shard: read every connection that has something, ask the driver again while that brings news, let the
//! handlers hand on what they gathered, hear what was published, and write each topic's batch to each member with one
//! system call of the same bytes.
//!
//! The constants are measurements, not guesses: `docs/performance.md`.

use crate::{
    connection::{Connection, Phase},
    handler::{Handler, Message},
    hub::{Counters, Lane, SOFT_LOAD_BYTES},
    inbox::{ConnectionId, InTurn, Inbound},
    outbox::{Pushed, VOLATILE_BYTES},
    reader::{Event, Reader},
    shard::{Cell, Local, Shard},
};
use bytes::{Buf, Bytes, BytesMut};
use std::{
    io,
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::Ordering,
    task::{Context as TaskContext, Poll},
    time::{Duration, Instant},
};
use tokio::io::ReadBuf;

/// One buffer a shard to read into: no connection has one.
pub(crate) const SCRATCH_BYTES: usize = 64 * 1024;
/// Reads of one connection before the others have theirs.
const READS: usize = 4;
/// Looks at the driver in one turn, as long as each brings news.
const ROUNDS: u32 = 2;
/// Writes in one turn: what bounds how long a quiet topic waits behind a flooding one. Measured: 256 gives
/// the quiet one a p99 of 5 ms beside 6,000 flooded members, at no cost to the flood.
const WRITES: usize = 256;
/// A write costs the same up to about this size, and then by the byte.
const WRITE_BYTES: usize = 8192;
/// Two turns closer than this had no sleep between them: the shard is saturated.
const SATURATED: Duration = Duration::from_micros(300);
/// A saturated shard, between batches, listens on for this share of the time it has just spent writing: batches
/// become larger and so cheaper. A shard that slept does not wait, so that a lone message leaves at once.
const LINGER_PERCENT: u32 = 3;
const MAX_LINGER: Duration = Duration::from_micros(500);

/// The shard's turns, until the hub stops.
pub(crate) async fn turns<H: Handler>(shard: Cell<H>) {
    let hub = shard.borrow().hub.clone();
    let index = shard.borrow().index;
    let ready = &hub.inner().inboxes[index].ready;
    let mut pace = Pace::default();
    while !hub.inner().stopping.load(Ordering::Acquire) {
        ready.signal.wait().await;
        while !turn(&shard, &mut pace).await {
            // Over its budget: the driver and the other tasks have their go, then on.
            tokio::task::yield_now().await;
        }
    }
}

/// How long the shard may listen before it writes.
struct Pace {
    ended: Instant,
    wrote: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { ended: Instant::now(), wrote: Duration::ZERO }
    }
}

impl Pace {
    fn linger(&mut self, began: Instant, between_batches: bool) -> Duration {
        if !between_batches {
            return Duration::ZERO;
        }
        let wrote = std::mem::take(&mut self.wrote);
        if began - self.ended < SATURATED { (wrote * LINGER_PERCENT / 100).min(MAX_LINGER) } else { Duration::ZERO }
    }
}

/// True when nothing is left to do.
async fn turn<H: Handler>(shard: &Cell<H>, pace: &mut Pace) -> bool {
    let began = Instant::now();
    let linger = pace.linger(began, shard.borrow().between_batches());
    let mut ready = Vec::new();
    for round in 0.. {
        let news = {
            let _in_turn = InTurn::enter(shard.borrow().index);
            shard.borrow_mut().read_ready(&mut ready)
        };
        if (!news || round >= ROUNDS) && began.elapsed() >= linger {
            break;
        }
        // We are back after the driver was asked, without sleeping, and all that it woke has run.
        tokio::task::yield_now().await;
    }
    let mut shard = shard.borrow_mut();
    let _in_turn = InTurn::enter(shard.index);
    H::turn(&mut shard.shared);
    shard.hear();
    let writing = Instant::now();
    let done = shard.write();
    pace.ended = Instant::now();
    pace.wrote += pace.ended - writing;
    shard.weigh();
    done && shard.inbox().is_empty()
}

impl<H: Handler> Shard<H> {
    fn between_batches(&self) -> bool {
        !self.old.iter().any(|t| self.topics.serving(*t))
    }

    /// Tells the other threads how much waits here, and wakes those that stopped reading for it.
    fn weigh(&self) {
        let before = self.inbox().load();
        self.inbox().set_taken(self.unwritten);
        if before > SOFT_LOAD_BYTES && self.inbox().load() <= SOFT_LOAD_BYTES {
            self.hub.wake_all();
        }
    }

    // ---- reading

    /// Serves the connections that have something. True when they brought messages.
    fn read_ready(&mut self, list: &mut Vec<u32>) -> bool {
        self.inbox().ready.signal.clear();
        if self.hub.congested() {
            return false;
        }
        self.inbox().ready.take(list);
        let before = self.hub.counters().messages.load(Ordering::Relaxed);
        for key in list.drain(..) {
            self.serve(key);
        }
        self.hub.counters().messages.load(Ordering::Relaxed) != before
    }

    fn serve(&mut self, key: u32) {
        let Some(c) = self.connections.get(key as usize) else { return };
        c.queued.unqueue();
        if c.outbox.is_some() {
            self.flush(key);
        }
        for _ in 0..READS {
            match self.read(key) {
                ControlFlow::Continue(()) => {}
                ControlFlow::Break(()) => return,
            }
        }
        // There may be more; the others first.
        if let Some(c) = self.connections.get(key as usize) {
            c.waker.wake_by_ref();
        }
    }

    /// One read. `Break` when there is nothing (now, or ever) to be read.
    fn read(&mut self, key: u32) -> ControlFlow<()> {
        let Some(c) = self.connections.get_mut(key as usize) else { return ControlFlow::Break(()) };
        if !c.may_read() {
            return ControlFlow::Break(());
        }
        if !c.stash.is_empty() {
            let mut stash = std::mem::take(&mut c.stash);
            let taken = self.feed(key, &mut stash);
            stash.advance(taken);
            self.stash(key, stash);
            return ControlFlow::Continue(());
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        let mut buf = ReadBuf::new(&mut scratch);
        let polled = c.transport.poll_read(&mut TaskContext::from_waker(&c.waker), &mut buf);
        let n = buf.filled().len();
        let flow = match polled {
            Poll::Pending => ControlFlow::Break(()),
            Poll::Ready(Ok(())) if n > 0 => {
                self.heard(key);
                let taken = self.feed(key, &mut scratch[..n]);
                self.stash(key, BytesMut::from(&scratch[taken..n]));
                ControlFlow::Continue(())
            }
            Poll::Ready(_) => {
                self.drop_connection(key);
                ControlFlow::Break(())
            }
        };
        self.scratch = scratch;
        flow
    }

    /// Keeps what was read and may not be looked at yet.
    fn stash(&mut self, key: u32, rest: BytesMut) {
        if let Some(c) = self.connections.get_mut(key as usize).filter(|c| c.phase == Phase::Open) {
            c.stash = rest;
        }
    }

    /// Gives what was read to the reader, and its messages to the handler. How many bytes were taken.
    fn feed(&mut self, key: u32, bytes: &mut [u8]) -> usize {
        let Some(c) = self.connections.get_mut(key as usize) else { return bytes.len() };
        if matches!(c.phase, Phase::Finishing | Phase::Finished) {
            return bytes.len();
        }
        let id = ConnectionId { key, serial: c.serial };
        let mut reader = std::mem::replace(&mut c.reader, Reader::new(0));
        let mut handler = c.handler.take();
        let fed = catch_unwind(AssertUnwindSafe(|| {
            reader.feed(bytes, &mut |event| self.event(id, handler.as_mut(), &event))
        }));
        if let Some(c) = self.connections.get_mut(key as usize) {
            (c.reader, c.handler) = (reader, handler);
        }
        let taken = match fed {
            Ok(Ok(taken)) => taken,
            Ok(Err(violation)) => {
                self.violation(key, violation);
                bytes.len()
            }
            Err(_) => {
                self.panicked(key);
                bytes.len()
            }
        };
        self.settle();
        taken
    }

    fn event(&mut self, id: ConnectionId, handler: Option<&mut H>, event: &Event<'_>) -> ControlFlow<()> {
        let message = match *event {
            Event::Text(text) => Message::Text(text),
            Event::Binary(bytes) => Message::Binary(bytes),
            Event::Ping(payload) => {
                self.send(id.key, crate::frame::encode(crate::frame::PONG, payload), Lane::Durable);
                return self.may_go_on(id.key);
            }
            Event::Pong => return ControlFlow::Continue(()),
            Event::Close(code) => {
                self.closed_by_peer(id.key, code);
                return ControlFlow::Break(());
            }
        };
        let open = self.connections.get(id.key as usize).is_some_and(|c| c.phase == Phase::Open);
        if let Some(handler) = handler.filter(|_| open) {
            Counters::add(&self.counters().messages, 1);
            handler.message(&mut crate::handler::Context { shard: self, id }, message);
        }
        self.may_go_on(id.key)
    }

    /// A closing connection reads on, for the peer's close frame.
    fn may_go_on(&mut self, key: u32) -> ControlFlow<()> {
        let may = self.connections.get_mut(key as usize).is_some_and(Connection::may_read);
        if may { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }

    // ---- hearing

    fn hear(&mut self) {
        let mut inbound = std::mem::take(&mut self.inbound);
        self.hub.inner().inboxes[self.index].take(&mut inbound);
        for item in inbound.drain(..) {
            match item {
                Inbound::Publish(topic, publish) => self.gather(&topic, &publish),
                Inbound::Send(id, frames) if self.is(id) => self.send(id.key, frames, Lane::Durable),
                Inbound::Run(id, task) if self.is(id) => drop(self.with_handler(id.key, task)),
                Inbound::Send(..) | Inbound::Run(..) => {}
                Inbound::Attach(new) => self.attach(*new),
                Inbound::Spawn(spawn) => drop(tokio::task::spawn_local(spawn())),
                Inbound::Shutdown(close) => {
                    let keys: Vec<_> = self.connections.iter().filter_map(|(k, _)| u32::try_from(k).ok()).collect();
                    for key in keys {
                        self.with_handler(key, |h, cx| h.shutdown(cx, close));
                    }
                }
            }
        }
        self.settle();
        self.inbound = inbound;
    }

    // ---- writing

    /// Writes topics' batches within the turn's budget, then what single connections are owed. True: all done.
    fn write(&mut self) -> bool {
        let mut slow = Slow::default();
        self.write_topics(&mut slow);
        for (key, local, position) in slow.behind {
            self.fall_behind(key, local, position);
        }
        for key in slow.gone {
            self.drop_connection(key);
        }
        for key in std::mem::take(&mut self.to_flush) {
            self.flush(key);
        }
        for id in std::mem::take(&mut self.to_notify) {
            self.notify(id);
        }
        self.settle();
        self.fresh.is_empty() && self.old.is_empty() && self.to_flush.is_empty() && self.to_notify.is_empty()
    }

    /// Fresh topics first, then the others in slices, until the budget is used up; at least one slice of the others, so
    /// that many small topics cannot starve a large one.
    fn write_topics(&mut self, slow: &mut Slow) {
        let (mut left, mut served_old) = (WRITES, false);
        let mut again = Vec::new();
        loop {
            let next = match (self.fresh.front(), self.old.front()) {
                (Some(_), _) if left > 0 => self.fresh.pop_front(),
                (_, Some(_)) if left > 0 || !served_old => {
                    served_old = true;
                    self.old.pop_front()
                }
                _ => None,
            };
            let Some(id) = next else { break };
            left = left.saturating_sub(self.write_slice(id, slow));
            if self.topics.serving(id) {
                self.old.push_back(id);
            } else if self.end_batch(id) {
                // A new batch starts in a new turn, which may make it bigger.
                again.push(id);
            }
        }
        self.old.extend(again);
    }

    /// Writes the batch to the next members; begins it where none was begun. What it cost, in writes.
    fn write_slice(&mut self, id: u32, slow: &mut Slow) -> usize {
        let now_tick = self.now();
        if !self.topics.serving(id) {
            let local = self.topics.get_mut(id);
            std::mem::swap(&mut local.now, &mut local.next);
            // Dropped here and not only at a batch's end: its last members may have left while it waited.
            local.copy = None;
            local.before = local.begun;
            local.begun = local.begun.max(local.now.last());
            self.unwritten -= local.now.bytes().len();
            self.topics.begin(id);
        }
        let cost = 1 + self.topics.get(id).now.bytes().len() / WRITE_BYTES;
        let limit = self.hub.options().outbox_bytes;
        let (mut writes, mut bytes) = (0, 0);
        let (local, members) = self.topics.serve(id, (WRITES / cost).max(1));
        let n = members.len();
        for key in members {
            let c = &mut self.connections[key as usize];
            if c.phase != Phase::Open {
                continue;
            }
            writes += 1;
            bytes += local.now.bytes().len() as u64;
            match deliver(c, local, limit, now_tick) {
                Delivered::Yes => {}
                Delivered::Behind => slow.behind.push((key, id, local.before)),
                Delivered::Gone => slow.gone.push(key),
            }
        }
        let counters = self.counters();
        Counters::add(&counters.slices, n as u64);
        Counters::add(&counters.writes, writes);
        Counters::add(&counters.bytes, bytes);
        (n * cost).max(1)
    }

    /// The batch was written to everyone. True when there is another.
    fn end_batch(&mut self, id: u32) -> bool {
        let local = self.topics.get_mut(id);
        local.copy = None;
        local.now.clear();
        local.queued = !local.next.is_empty();
        let queued = local.queued;
        if self.topics.len(id) == 0 {
            self.topics.get_mut(id).queued = false;
            self.forget(id);
            return false;
        }
        queued
    }

    fn fall_behind(&mut self, key: u32, local: u32, position: u64) {
        let topic = self.topics.get(local).interest.topic.clone();
        self.unsubscribe(key, &topic);
        Counters::add(&self.counters().behind, 1);
        self.with_handler(key, |handler, cx| handler.behind(cx, &topic, position));
    }

    fn flush(&mut self, key: u32) {
        let now = self.now();
        let Some(c) = self.connections.get_mut(key as usize) else { return };
        c.listed = false;
        match c.flush(now) {
            Ok(calls) => {
                Counters::add(&self.counters().writes, calls);
                self.after_flush(key);
            }
            Err(_) => self.drop_connection(key),
        }
    }

    fn notify(&mut self, id: ConnectionId) {
        let c = self.connections.get_mut(id.key as usize).filter(|c| c.serial == id.serial && c.outbox.is_none());
        let Some(c) = c else { return };
        let (notify, missed) = (std::mem::take(&mut c.notify), std::mem::take(&mut c.missed));
        if notify || missed {
            self.with_handler(id.key, |handler, cx| handler.drained(cx, missed));
        }
    }
}

/// Whom a slice did not reach.
#[derive(Default)]
struct Slow {
    /// Connection, topic, and the position up to which the connection has had everything.
    behind: Vec<(u32, u32, u64)>,
    gone: Vec<u32>,
}

enum Delivered {
    Yes,
    Behind,
    Gone,
}

/// The hot path: one system call and nothing else, for a member that keeps up and is like all others.
fn deliver<H>(c: &mut Connection<H>, local: &mut Local, limit: usize, now: u32) -> Delivered {
    if c.outbox.is_some() || !c.transport.is_tcp() || local.now.is_personal(c.tag) {
        return owe(c, local, limit, now);
    }
    let bytes = local.now.bytes();
    match c.transport.try_write(&c.waker, bytes) {
        Ok(n) if n == bytes.len() => Delivered::Yes,
        Ok(n) => owe_rest(c, local, n, now),
        Err(e) if e.kind() == io::ErrorKind::WouldBlock => owe_rest(c, local, 0, now),
        Err(_) => Delivered::Gone,
    }
}

/// The socket took only a part: the rest waits in an outbox. It is copied once for all members in this case.
#[cold]
fn owe_rest<H>(c: &mut Connection<H>, local: &mut Local, done: usize, now: u32) -> Delivered {
    let rest = shared(local).slice(done..);
    c.outbox.get_or_insert_default().push_rest(rest);
    flush_new(c, now)
}

/// Queues the batch behind what the connection is owed already.
fn owe<H>(c: &mut Connection<H>, local: &mut Local, limit: usize, now: u32) -> Delivered {
    let frames = if c.owed_bytes() > VOLATILE_BYTES && local.now.has_volatile() {
        c.missed = true;
        local.now.durable(c.tag)
    } else if local.now.is_personal(c.tag) {
        local.now.personal(c.tag)
    } else {
        shared(local)
    };
    let fresh = c.outbox.is_none();
    match c.outbox.get_or_insert_default().push(frames, Lane::Durable, limit) {
        Pushed::Full => Delivered::Behind,
        Pushed::Queued | Pushed::Dropped if fresh => flush_new(c, now),
        Pushed::Queued | Pushed::Dropped => Delivered::Yes,
    }
}

fn flush_new<H>(c: &mut Connection<H>, now: u32) -> Delivered {
    c.took = now;
    match c.flush(now) {
        Ok(_) => Delivered::Yes,
        Err(_) => Delivered::Gone,
    }
}

fn shared(local: &mut Local) -> Bytes {
    let Local { copy, now, .. } = local;
    copy.get_or_insert_with(|| Bytes::copy_from_slice(now.bytes())).clone()
}
