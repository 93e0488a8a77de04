//! What a hub counts.

use std::sync::atomic::{AtomicU64, Ordering};

/// What the hub has done since it started, for metrics.
#[derive(Debug, Default)]
pub struct Counters {
    /// Messages read from peers.
    pub messages: AtomicU64,
    /// Batches handed to a member each: one batch holds all that a topic got in a turn.
    pub slices: AtomicU64,
    /// System calls that wrote.
    pub writes: AtomicU64,
    /// Bytes that were to be written.
    pub bytes: AtomicU64,
    /// Subscriptions that fell behind.
    pub behind: AtomicU64,
    /// Connections given up because they took nothing.
    pub stalled: AtomicU64,
    /// Connections given up because nothing was heard of them.
    pub lost: AtomicU64,
    /// Handlers that panicked.
    pub panics: AtomicU64,
}

impl Counters {
    pub(crate) fn add(counter: &AtomicU64, n: u64) {
        counter.fetch_add(n, Ordering::Relaxed);
    }
}
