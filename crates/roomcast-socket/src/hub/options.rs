//! What may be chosen about a hub's connections.

use std::time::Duration;

/// How the hub's connections behave.
#[derive(Clone, Debug)]
pub struct Options {
    /// Shards, one thread each. Default: one per core, at most 64.
    pub shards: usize,
    /// A longer message closes its connection with 1009. Bytes, default 65,536.
    pub max_message: usize,
    /// What one connection may be owed before its subscriptions fall [behind](crate::Handler::behind). Bytes, default 1 MiB.
    pub outbox_bytes: usize,
    /// After this long without a sign of life the peer is pinged, after twice as long it is given up (4009).
    /// Whole multiples of [`Options::tick`]; default 25 s.
    pub heartbeat: Duration,
    /// A socket that takes nothing of what it is owed for this long is closed with 4008. Default 30 s.
    pub stall: Duration,
    /// How long a peer has to answer a close frame. Default 3 s.
    pub close_timeout: Duration,
    /// The grain of all deadlines above. Default 1 s.
    pub tick: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            shards: std::thread::available_parallelism().map_or(1, usize::from).min(64),
            max_message: 64 * 1024,
            outbox_bytes: 1 << 20,
            heartbeat: Duration::from_secs(25),
            stall: Duration::from_secs(30),
            close_timeout: Duration::from_secs(3),
            tick: Duration::from_secs(1),
        }
    }
}
