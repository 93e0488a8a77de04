//! What a program does with a connection: [`Handler`], called on the connection's shard.

use crate::{
    close::{self, Close, Closed},
    hub::{Hub, Lane, Remote, Topic},
    inbox::ConnectionId,
    shard::Shard,
};
use bytes::Bytes;
use std::time::Duration;

/// A message from the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// Text.
    Text(&'a str),
    /// Bytes.
    Binary(&'a [u8]),
}

/// One connection's logic. All calls come from the connection's shard, one at a time, and must not block. A panic in
/// one ends its connection with 1011 and no other.
pub trait Handler: Sized + Send + 'static {
    /// What the connections of one shard share.
    type Shard: Default + 'static;

    /// The connection is there.
    fn opened(&mut self, context: &mut Context<'_, Self>) {
        let _ = context;
    }

    /// The peer said something. The next message is read after this returns; see [`Context::pause`].
    fn message(&mut self, context: &mut Context<'_, Self>, message: Message<'_>);

    /// The connection's outbox has no room for what the topic got, and the connection is no longer subscribed:
    /// it has had everything up to `position`. Unless overridden, it is closed with 4008.
    fn behind(&mut self, context: &mut Context<'_, Self>, topic: &Topic, position: u64) {
        let _ = (topic, position);
        context.close(close::TOO_SLOW);
    }

    /// The outbox is empty: the answer to [`Context::notify_when_drained`], or the news that volatile frames were
    /// dropped since it was empty last (`missed`), so that what they told can be told afresh.
    fn drained(&mut self, context: &mut Context<'_, Self>, missed: bool) {
        let _ = (context, missed);
    }

    /// What was set by [`Context::set_deadline`] has passed. It is not set any more.
    fn deadline(&mut self, context: &mut Context<'_, Self>) {
        let _ = context;
    }

    /// The program stops. The connection should say its farewell and close; unless overridden it closes.
    fn shutdown(&mut self, context: &mut Context<'_, Self>, close: Close) {
        context.close(close);
    }

    /// The connection has ended: the last call. Its subscriptions have ended too.
    fn closed(&mut self, context: &mut Context<'_, Self>, how: Closed) {
        let _ = (context, how);
    }

    /// When every connection that had something has been read, and before anything is written: the moment to hand on in
    /// one piece what the handlers have gathered. True while something that was handed on has not come back as a publish:
    /// a busy shard waits for it a little.
    fn turn(shard: &mut Self::Shard) -> bool {
        let _ = shard;
        false
    }
}

/// A handler's view of its connection and its shard.
pub struct Context<'a, H: Handler> {
    pub(crate) shard: &'a mut Shard<H>,
    pub(crate) id: ConnectionId,
}

impl<H: Handler> Context<'_, H> {
    /// Sends encoded frames (see [`crate::frame`]) to this connection alone, behind what it is owed already.
    /// Answers are bounded by their questions, since a connection that is owed much is not read; where what it is
    /// owed passes its limit all the same, the connection is closed with 4008.
    pub fn send(&mut self, frames: Bytes) {
        self.shard.send(self.id.key, frames, Lane::Durable);
    }

    /// Subscribes to a topic: from here on the connection gets everything that was published after the returned
    /// position, in order. Subscribing twice changes nothing.
    pub fn subscribe(&mut self, topic: &Topic) -> u64 {
        self.shard.subscribe(self.id.key, topic)
    }

    /// Ends a subscription. False where there was none.
    pub fn unsubscribe(&mut self, topic: &Topic) -> bool {
        self.shard.unsubscribe(self.id.key, topic)
    }

    /// The position that a subscriber who comes now would start from.
    #[must_use]
    pub fn position(&self, topic: &Topic) -> u64 {
        self.shard.position(topic)
    }

    /// Stops reading from the peer, so that TCP slows it down, until [`Context::resume`].
    pub fn pause(&mut self) {
        self.shard.pause(self.id.key);
    }

    /// Reads on.
    pub fn resume(&mut self) {
        self.shard.resume(self.id.key);
    }

    /// Asks for one call of [`Handler::drained`], in this turn where the outbox is empty already.
    pub fn notify_when_drained(&mut self) {
        self.shard.notify_when_drained(self.id.key);
    }

    /// Asks for one call of [`Handler::deadline`] after this time, in place of what was asked for before; `None` takes that
    /// back. It comes late by up to two ticks ([`crate::Options::tick`]), never early.
    pub fn set_deadline(&mut self, after: Option<Duration>) {
        self.shard.set_deadline(self.id, after);
    }

    /// The longest message that is read from here on: a longer one closes the connection with 1009. Bytes; until this is
    /// called, [`crate::Options::max_message`]. Not to be called from [`Handler::message`], whose message is being read.
    pub fn set_max_message(&mut self, bytes: usize) {
        self.shard.set_max_message(self.id.key, bytes);
    }

    /// Sends a close frame behind what is owed. [`Handler::closed`] follows before anything else is read.
    pub fn close(&mut self, close: Close) {
        self.shard.close(self.id.key, close);
    }

    /// Says whose connection this is: publishes that have something [personal](crate::hub::Personal) for the tag
    /// show it this instead.
    pub fn set_tag(&mut self, tag: u64) {
        self.shard.set_tag(self.id.key, tag);
    }

    /// What the shard's connections share.
    pub fn shard(&mut self) -> &mut H::Shard {
        &mut self.shard.shared
    }

    /// The hub.
    #[must_use]
    pub fn hub(&self) -> &Hub<H> {
        &self.shard.hub
    }

    /// A handle on this connection that any thread can use.
    #[must_use]
    pub fn remote(&self) -> Remote<H> {
        Remote::new(self.shard.hub.clone(), self.shard.index, self.id)
    }
}

/// Bytes that one idle connection with this handler takes in its shard's slab. (tokio's own bookkeeping of a socket, about
/// 300 bytes, comes on top.)
#[must_use]
pub const fn connection_bytes<H>() -> usize {
    size_of::<crate::connection::Connection<H>>()
}
