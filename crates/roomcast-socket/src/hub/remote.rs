//! A connection, held from anywhere.

use super::Hub;
use crate::{
    handler::{Context, Handler},
    inbox::{ConnectionId, Inbound},
};
use bytes::Bytes;
use std::fmt;

/// A handle on one connection, for any thread. It does not keep the connection open; what is asked of one that has
/// gone is dropped.
pub struct Remote<H: Handler> {
    hub: Hub<H>,
    shard: usize,
    id: ConnectionId,
}

impl<H: Handler> Clone for Remote<H> {
    fn clone(&self) -> Self {
        Self { hub: self.hub.clone(), shard: self.shard, id: self.id }
    }
}

impl<H: Handler> fmt::Debug for Remote<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote").field("shard", &self.shard).field("id", &self.id).finish_non_exhaustive()
    }
}

/// Names the connection among all that its hub has had.
impl<H: Handler> fmt::Display for Remote<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{:x}", self.shard, self.id.serial)
    }
}

impl<H: Handler> Remote<H> {
    pub(crate) fn new(hub: Hub<H>, shard: usize, id: ConnectionId) -> Self {
        Self { hub, shard, id }
    }

    /// Sends encoded frames to this connection alone.
    pub fn send(&self, frames: Bytes) {
        self.push(Inbound::Send(self.id, frames));
    }

    /// Runs a closure on the connection's shard, with its handler.
    pub fn run(&self, task: impl FnOnce(&mut H, &mut Context<'_, H>) + Send + 'static) {
        self.push(Inbound::Run(self.id, Box::new(task)));
    }

    /// The hub that the connection belongs to.
    #[must_use]
    pub fn hub(&self) -> &Hub<H> {
        &self.hub
    }

    /// A number that no other connection of its shard has or had.
    #[must_use]
    pub fn serial(&self) -> u64 {
        self.id.serial
    }

    /// The shard that the connection lives on.
    #[must_use]
    pub fn shard(&self) -> usize {
        self.shard
    }

    fn push(&self, inbound: Inbound<H>) {
        self.hub.inner().inboxes[self.shard].push(self.shard, inbound);
    }
}
