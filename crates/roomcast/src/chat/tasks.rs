//! What runs in the background: work that was begun for a connection, and what has to be done from time to time.

use super::{Chat, Inner};
use std::{
    sync::{Arc, Weak},
    time::Duration,
};
use tokio::time::MissedTickBehavior;

/// The grain of everything that is done from time to time, and what a crowd waits at most for news of itself.
const TICK: Duration = Duration::from_millis(roomcast_protocol::CROWD_INTERVAL_MS);
/// Ticks between two looks for what can be forgotten.
const SWEEP: u32 = 8;

impl Chat {
    /// Runs work that must be carried to its end even if the one who asked has gone.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        drop(self.0.tasks.spawn_on(work, &self.0.runtime));
    }

    /// Everything periodic, until the last handle has gone or the chat is stopped.
    pub(super) fn tick(&self) {
        let chat: Weak<Inner> = Arc::downgrade(&self.0);
        self.spawn(async move {
            let mut interval = tokio::time::interval(TICK);
            interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
            for n in 1u32.. {
                interval.tick().await;
                match chat.upgrade().map(Self) {
                    Some(chat) if !chat.0.tasks.is_closed() => chat.periodic(n.is_multiple_of(SWEEP)),
                    _ => return,
                }
            }
        });
    }

    fn periodic(&self, sweep: bool) {
        self.end_graces();
        for room in self.0.rooms.all() {
            room.tell_changes();
            if room.lags() {
                self.fetch(room.clone());
            }
            if sweep {
                self.retire(&room);
            }
        }
        if sweep {
            self.0.users.sweep();
            self.0.revoked.sweep(self.now_s());
        }
    }
}
