//! What the chat counts.

use super::Chat;
use crate::store::{Append, AppendError, Appended, What};
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Default)]
pub(super) struct Counts {
    appended: AtomicU64,
    changed: AtomicU64,
    repeated: AtomicU64,
    failed: AtomicU64,
    refused: AtomicU64,
    forgotten: AtomicU64,
}

/// What the chat has done and holds, for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Open connections.
    pub connections: u64,
    /// Rooms that somebody is in.
    pub rooms: u64,
    /// People whose budget is remembered: those who are here, and some who have just gone.
    pub people: u64,
    /// Messages made durable.
    pub appended: u64,
    /// Edits and deletions made durable.
    pub changed: u64,
    /// Messages and changes that were there already.
    pub repeated: u64,
    /// Messages and changes that the store did not take.
    pub failed: u64,
    /// Errors told to clients.
    pub refused: u64,
    /// Messages that retention removed.
    pub forgotten: u64,
}

impl Chat {
    /// What the chat has done and holds.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let counts = &self.0.counts;
        let count = |c: &AtomicU64| c.load(Ordering::Relaxed);
        Stats {
            connections: self.0.hub.connections() as u64,
            rooms: self.0.rooms.all().len() as u64,
            people: self.0.users.len() as u64,
            appended: count(&counts.appended),
            changed: count(&counts.changed),
            repeated: count(&counts.repeated),
            failed: count(&counts.failed),
            refused: count(&counts.refused),
            forgotten: count(&counts.forgotten),
        }
    }

    pub(crate) fn count_append(&self, append: &Append, result: &Result<Appended, AppendError>) {
        let counts = &self.0.counts;
        let counter = match result {
            Ok(at) if at.repeated => &counts.repeated,
            Ok(_) if matches!(append.what, What::Message { .. }) => &counts.appended,
            Ok(_) => &counts.changed,
            Err(_) => &counts.failed,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_forgotten(&self, messages: u64) {
        self.0.counts.forgotten.fetch_add(messages, Ordering::Relaxed);
    }

    pub(crate) fn count_refusal(&self) {
        self.0.counts.refused.fetch_add(1, Ordering::Relaxed);
    }
}
