//! What time brings: pings, and the end of patience with a connection.

use super::{Cell, Shard};
use crate::{
    close::{self, Close, Closed},
    connection::{NEVER, Phase},
    frame,
    handler::Handler,
    hub::{Counters, Lane},
    inbox::ConnectionId,
};
use bytes::Bytes;
use std::time::Duration;
use tokio::time::Instant;

pub(super) async fn tick<H: Handler>(shard: Cell<H>, every: Duration) {
    // The first one too is a whole tick away: what came meanwhile has waited for none.
    let mut interval = tokio::time::interval_at(Instant::now() + every, every);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        interval.tick().await;
        shard.borrow_mut().tick();
    }
}

impl<H: Handler> Shard<H> {
    pub(super) fn ticks(&self, d: Duration) -> u32 {
        let tick = self.hub.options().tick.as_nanos().max(1);
        u32::try_from(d.as_nanos().div_ceil(tick)).unwrap_or(u32::MAX).max(1)
    }

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
        let (heartbeat, stall) =
            (self.ticks(self.hub.options().heartbeat), self.ticks(self.hub.options().stall));
        let c = &mut self.connections[id.key as usize];
        let silent = now - c.heard;
        if c.phase != Phase::Open {
            if now >= c.deadline {
                return self.drop_connection(id.key);
            }
        } else if now >= c.deadline {
            c.deadline = NEVER;
            self.with_handler(id.key, H::deadline);
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
        if self.is(id) {
            self.look_again(id);
        }
    }

    /// One tick more than the time has: the one that runs has begun already.
    pub(crate) fn set_deadline(&mut self, id: ConnectionId, after: Option<Duration>) {
        let tick =
            after.map_or(NEVER, |after| self.wheel.now().saturating_add(self.ticks(after)).saturating_add(1));
        if let Some(c) = self.connections.get_mut(id.key as usize).filter(|c| c.phase == Phase::Open) {
            c.deadline = tick;
            self.look_again(id);
        }
    }

    pub(super) fn look_again(&mut self, id: ConnectionId) {
        let options = self.hub.options();
        let (heartbeat, stall) = (self.ticks(options.heartbeat), self.ticks(options.stall));
        let c = &mut self.connections[id.key as usize];
        let tick = if c.phase == Phase::Open {
            let silence = c.heard + if c.pinged { 2 * heartbeat } else { heartbeat };
            let sooner = if c.outbox.is_some() { silence.min(c.took + stall) } else { silence };
            sooner.min(c.deadline)
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
}
