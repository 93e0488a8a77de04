//! How connections end: the codes this crate sends by itself, and what a handler is told.

/// A reason to close, as the peer will see it (RFC 6455 §7.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Close {
    /// The close code.
    pub code: u16,
    /// Text for people, at most 123 bytes; longer text is cut.
    pub reason: &'static str,
}

impl Close {
    /// A code and its reason.
    #[must_use]
    pub const fn new(code: u16, reason: &'static str) -> Self {
        Self { code, reason }
    }
}

/// 1000: everything was done.
pub const NORMAL: Close = Close::new(1000, "");
/// 1003: a binary frame where text is due, or the other way round.
pub const UNSUPPORTED: Close = Close::new(1003, "this kind of frame is not understood here");
/// 1011: a handler panicked; only its connection ends.
pub const INTERNAL: Close = Close::new(1011, "internal error in this connection");
/// 4008: the peer reads too slowly, and what it is owed has outgrown its bound.
pub const TOO_SLOW: Close = Close::new(4008, "too slow");
/// 4009: nothing was heard for two heartbeats.
pub const HEARTBEAT_LOST: Close = Close::new(4009, "heartbeat lost");

/// How a connection came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// The peer sent a close frame, with this code (1005 where it carried none).
    ByPeer(u16),
    /// We closed it, with this code.
    ByUs(u16),
    /// The stream ended without a close frame.
    Lost,
}

impl Closed {
    /// The peer took its leave, rather than vanish.
    #[must_use]
    pub fn by_peer(self) -> bool {
        matches!(self, Self::ByPeer(_))
    }
}
