//! A turn of a shard: read every connection that has something, ask the driver again while that brings news, let the
//! handlers hand on what they gathered, all at once, hear what was published, and write each topic's batch to each
//! member with one system call of the same bytes.
//!
//! The constants are measurements, not guesses: `docs/performance.md`.

mod deliver;
mod read;
mod write;

use crate::{
    connection::Connection,
    handler::{Context, Handler},
    hub::{Lane, SOFT_LOAD_BYTES},
    inbox::{InTurn, Inbound},
    shard::{Cell, Shard},
    signal::Ready,
};
use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};
use write::WRITES;

/// One buffer a shard to read into: no connection has one.
pub(crate) const SCRATCH_BYTES: usize = 64 * 1024;
/// Looks at the driver in one turn, as long as each brings news.
const ROUNDS: u32 = 2;
/// A shard that is busy listens on between two batches before it begins the next, for this share of the time it has just
/// spent writing: batches become larger and so cheaper. A shard that rests more than it writes does not wait, so that
/// a lone message leaves at once.
const LINGER_PERCENT: u32 = 3;
const MAX_LINGER: Duration = Duration::from_micros(500);
/// While something that its handlers have handed on is on its way back (a commit), it sleeps until that has come, for at
/// most this share: a batch that began without it would be half as large. It does not listen meanwhile, for the
/// one it waits for may need the core.
const AWAIT_PERCENT: u32 = 12;
const MAX_AWAIT: Duration = Duration::from_millis(2);
/// The timer's grain is a millisecond: no use in sleeping for much less.
const MIN_AWAIT: Duration = Duration::from_micros(200);

/// The shard's turns, until the hub stops.
pub(crate) async fn turns<H: Handler>(shard: Cell<H>) {
    let hub = shard.borrow().hub.clone();
    let index = shard.borrow().index;
    let ready = &hub.inner().inboxes[index].ready;
    let mut pace = Pace::default();
    while !hub.inner().stopping.load(Ordering::Acquire) {
        ready.signal.wait().await;
        while !turn(&shard, ready, &mut pace).await {
            // Over its budget: the driver and the other tasks have their go, then on.
            tokio::task::yield_now().await;
        }
    }
}

/// How busy the shard is, and so how long it may wait before it writes.
struct Pace {
    /// The end of the last turn, what the shard has slept since the last batch began, and what it has written since.
    ended: Instant,
    slept: Duration,
    wrote: Duration,
}

/// How long a turn may listen, and how long it may wait for what is on its way.
#[derive(Clone, Copy, Default)]
struct Patience {
    listen: Duration,
    wait: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { ended: Instant::now(), slept: Duration::ZERO, wrote: Duration::ZERO }
    }
}

impl Pace {
    fn patience(&mut self, began: Instant, between_batches: bool) -> Patience {
        self.slept += began - self.ended;
        if !between_batches {
            return Patience::default();
        }
        let (slept, wrote) = (std::mem::take(&mut self.slept), std::mem::take(&mut self.wrote));
        if slept > wrote {
            return Patience::default();
        }
        let share = |percent, max| (wrote * percent / 100).min(max);
        Patience { listen: share(LINGER_PERCENT, MAX_LINGER), wait: share(AWAIT_PERCENT, MAX_AWAIT) }
    }
}

/// True when nothing is left to do.
async fn turn<H: Handler>(shard: &Cell<H>, ready: &Ready, pace: &mut Pace) -> bool {
    let began = Instant::now();
    let patience = pace.patience(began, shard.borrow().between_batches());
    let mut list = Vec::new();
    listen(shard, &mut list, began + patience.listen).await;
    let mut more = shard.borrow_mut().hand_on();
    while more && began.elapsed() + MIN_AWAIT < patience.wait {
        let left = patience.wait.saturating_sub(began.elapsed());
        let _ = tokio::time::timeout(left, ready.signal.wait()).await;
        shard.borrow_mut().listen(&mut list);
        more = shard.borrow_mut().hand_on();
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

/// Looks for news, a few times for as long as there is some, and until then in any case.
async fn listen<H: Handler>(shard: &Cell<H>, list: &mut Vec<u32>, until: Instant) {
    for round in 0.. {
        let news = shard.borrow_mut().listen(list);
        if !(news && round < ROUNDS) && Instant::now() >= until {
            break;
        }
        if !news {
            // Whoever is to bring some may need this core.
            std::thread::yield_now();
        }
        // We are back after the driver was asked, without sleeping, and all that it woke has run.
        tokio::task::yield_now().await;
    }
}

impl<H: Handler> Shard<H> {
    /// No batch is half written, and all that wait will be begun in this turn: what comes now can still join them. Where
    /// more wait, theirs grow while they do.
    fn between_batches(&self) -> bool {
        let mut left = WRITES;
        let mut queued = self.old.iter().chain(&self.fresh);
        queued.all(|t| {
            let first = left > 0 && !self.topics.serving(*t);
            left = left.saturating_sub(self.topics.len(*t));
            first
        })
    }

    /// Reads what there is, and hears what was published. Whether there was news.
    fn listen(&mut self, list: &mut Vec<u32>) -> bool {
        let _in_turn = InTurn::enter(self.index);
        let news = self.read_ready(list);
        self.hear();
        news
    }

    /// Lets the handlers hand on what they have gathered. Whether more is on its way.
    fn hand_on(&mut self) -> bool {
        let _in_turn = InTurn::enter(self.index);
        let more = H::turn(&mut self.shared);
        self.hear();
        more
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
                Inbound::Each(tag, task) => {
                    self.with_each(|c| tag.is_none_or(|tag| c.tag == tag), |h, cx| task(h, cx));
                }
                Inbound::Shutdown(close) => self.with_each(|_| true, |h, cx| h.shutdown(cx, close)),
            }
        }
        self.settle();
        self.inbound = inbound;
    }

    /// Runs something with the handlers of those connections that are meant.
    fn with_each(
        &mut self,
        meant: impl Fn(&Connection<H>) -> bool,
        call: impl Fn(&mut H, &mut Context<'_, H>),
    ) {
        let keys =
            self.connections.iter().filter(|(_, c)| meant(c)).filter_map(|(k, _)| u32::try_from(k).ok());
        for key in keys.collect::<Vec<_>>() {
            self.with_handler(key, &call);
        }
    }
}
