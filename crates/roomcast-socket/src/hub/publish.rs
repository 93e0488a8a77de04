//! What is published: frames for all of a topic's subscribers.

use bytes::Bytes;
use std::sync::Arc;

/// What a slow connection may do without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lane {
    /// Never dropped in silence.
    #[default]
    Durable,
    /// Dropped first when a connection is slow.
    Volatile,
}

/// Frames that some members get in place of everyone's, by their [tag](crate::Context::set_tag). No bytes at all means that
/// they get nothing.
pub type Personal = Arc<[(u64, Bytes)]>;

/// Something for all of a topic's subscribers.
#[derive(Clone, Debug, Default)]
pub struct Publish {
    /// Encoded frames (see [`crate::frame`]).
    pub frames: Bytes,
    /// The topic's position after it, rising with each publish that has one; 0 for what has none.
    pub position: u64,
    /// What a slow connection may do without.
    pub lane: Lane,
    /// Whose frames differ.
    pub personal: Personal,
}

impl From<Bytes> for Publish {
    fn from(frames: Bytes) -> Self {
        Self { frames, ..Self::default() }
    }
}
