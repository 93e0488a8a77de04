//! A turn of a shard: read every connection that has something, ask the driver again while that brings news, let the
//! handlers hand on what they gathered, hear what was published, and write each topic's batch to each member with one
//! system call of the same bytes.
//!
//! The constants are measurements, not guesses: `docs/performance.md`.

mod deliver;
mod read;
mod write;

use crate::{
    handler::Handler,
    hub::{Lane, SOFT_LOAD_BYTES},
    inbox::{InTurn, Inbound},
    shard::{Cell, Shard},
};
use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

/// One buffer a shard to read into: no connection has one.
pub(crate) const SCRATCH_BYTES: usize = 64 * 1024;
/// Looks at the driver in one turn, as long as each brings news.
const ROUNDS: u32 = 2;
/// Two turns closer than this had no sleep between them: the shard is saturated.
const SATURATED: Duration = Duration::from_micros(300);
/// A saturated shard, between batches, listens on for this share of the time it has just spent writing: batches
/// become larger and so cheaper. A shard that slept does not wait, so that a lone message leaves at once.
const LINGER_PERCENT: u32 = 3;
const MAX_LINGER: Duration = Duration::from_micros(500);
/// While something that its handlers have handed on is on its way back (a commit), it listens this many times as long:
/// a batch that begins without it would be half as large.
const LINGER_FOR_MORE: u32 = 4;

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
        if began - self.ended < SATURATED {
            (wrote * LINGER_PERCENT / 100).min(MAX_LINGER)
        } else {
            Duration::ZERO
        }
    }
}

/// True when nothing is left to do.
async fn turn<H: Handler>(shard: &Cell<H>, pace: &mut Pace) -> bool {
    let began = Instant::now();
    let linger = pace.linger(began, shard.borrow().between_batches());
    let mut ready = Vec::new();
    for round in 0.. {
        let (news, more) = shard.borrow_mut().look_around(&mut ready);
        let patience = if more { linger * LINGER_FOR_MORE } else { linger };
        if (!news || round >= ROUNDS) && began.elapsed() >= patience {
            break;
        }
        // We are back after the driver was asked, without sleeping, and all that it woke has run.
        tokio::task::yield_now().await;
    }
    let mut shard = shard.borrow_mut();
    let _in_turn = InTurn::enter(shard.index);
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

    /// Reads what there is, lets the handlers hand it on, and hears what was published. Whether there was news, and whether
    /// more is on its way.
    fn look_around(&mut self, ready: &mut Vec<u32>) -> (bool, bool) {
        let _in_turn = InTurn::enter(self.index);
        let news = self.read_ready(ready);
        let more = H::turn(&mut self.shared);
        self.hear();
        (news, more)
    }

    /// Tells the other threads how much waits here, and wakes those that stopped reading for it.
    fn weigh(&self) {
        let before = self.inbox().load();
        self.inbox().set_taken(self.unwritten);
        if before > SOFT_LOAD_BYTES && self.inbox().load() <= SOFT_LOAD_BYTES {
            self.hub.wake_all();
        }
    }

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
                    let keys: Vec<_> =
                        self.connections.iter().filter_map(|(k, _)| u32::try_from(k).ok()).collect();
                    for key in keys {
                        self.with_handler(key, |h, cx| h.shutdown(cx, close));
                    }
                }
            }
        }
        self.settle();
        self.inbound = inbound;
    }
}
