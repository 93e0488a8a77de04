//! How a connection ends: close frames, violations, streams that break, and the handler's last call.

use super::Shard;
use crate::{
    close::{Close, Closed},
    connection::Phase,
    frame,
    handler::{Context, Handler},
    hub::Counters,
    inbox::ConnectionId,
    reader::Violation,
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::Ordering,
};

impl<H: Handler> Shard<H> {
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

    pub(super) fn say_close(&mut self, key: u32, code: u16, reason: &str, phase: Phase, how: Closed) {
        let deadline = self.wheel.now() + 1 + self.ticks(self.hub.options().close_timeout);
        let Some(c) = self.connections.get_mut(key as usize).filter(|c| c.phase == Phase::Open) else {
            return;
        };
        c.outbox.get_or_insert_default().push_rest(frame::close(code, reason));
        (c.phase, c.deadline, c.stash) = (phase, deadline, None);
        let id = ConnectionId { key, serial: c.serial };
        c.look_at = self.wheel.file(id, deadline);
        self.to_flush.push(key);
        self.ended.push((id, how));
    }

    /// The stream has ended, or is not worth waiting for.
    pub(crate) fn drop_connection(&mut self, key: u32) {
        let Some(c) = self.connections.get(key as usize) else {
            return;
        };
        if c.phase == Phase::Open {
            self.ended.push((ConnectionId { key, serial: c.serial }, Closed::Lost));
        }
        self.settle();
        self.connections.try_remove(key as usize);
        self.gone();
    }

    pub(super) fn gone(&self) {
        self.inbox().connections.fetch_sub(1, Ordering::AcqRel);
    }

    /// Tells handlers of endings, outside of any of their methods.
    pub(crate) fn settle(&mut self) {
        while let Some((id, how)) = self.ended.pop() {
            while let Some(topic) = self.topics.any_of(id.key) {
                self.leave(id.key, topic);
            }
            let Some(mut handler) = self.connections.get_mut(id.key as usize).and_then(|c| c.handler.take())
            else {
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
        let Some(c) = self.connections.get_mut(key as usize).filter(|c| c.outbox.is_none()) else {
            return;
        };
        if c.phase == Phase::Finishing {
            c.phase = Phase::Finished;
            c.transport.shutdown(&c.waker.clone().into());
        }
        if c.notify || c.missed {
            self.to_notify.push(ConnectionId { key, serial: c.serial });
        }
        if std::mem::take(&mut c.choked) || c.phase == Phase::Finished {
            self.wake(key);
        }
    }
}
