//! One batch to one member.

use crate::{
    connection::Connection,
    hub::Lane,
    outbox::{Pushed, VOLATILE_BYTES},
    shard::Local,
};
use bytes::Bytes;
use std::io;

/// What became of it.
pub(super) enum Delivered {
    /// It was written, or waits.
    Yes,
    /// There is no room for it: the member is behind.
    Behind,
    /// The stream has ended.
    Gone,
}

/// The hot path: one system call and nothing else, for a member that keeps up and is like all others.
pub(super) fn deliver<H>(c: &mut Connection<H>, local: &mut Local, limit: usize, now: u32) -> Delivered {
    if c.outbox.is_some() || !c.transport.is_tcp() || local.now.is_personal(c.tag) {
        return owe(c, local, limit, now);
    }
    let bytes = local.now.bytes();
    match c.transport.try_write(&c.waker, bytes) {
        Ok(n) if n == bytes.len() => Delivered::Yes,
        Ok(n) => owe_rest(c, local, n, now),
        Err(e) if e.kind() == io::ErrorKind::WouldBlock => owe_rest(c, local, 0, now),
        Err(_) => Delivered::Gone,
    }
}

/// The socket took only a part: the rest waits in an outbox. It is copied once for all members in this case.
#[cold]
fn owe_rest<H>(c: &mut Connection<H>, local: &mut Local, done: usize, now: u32) -> Delivered {
    let rest = shared(local).slice(done..);
    c.outbox.get_or_insert_default().push_rest(rest);
    flush_new(c, now)
}

/// Queues the batch behind what the connection is owed already.
fn owe<H>(c: &mut Connection<H>, local: &mut Local, limit: usize, now: u32) -> Delivered {
    let frames = if c.owed_bytes() > VOLATILE_BYTES && local.now.has_volatile() {
        c.missed = true;
        local.now.durable(c.tag)
    } else if local.now.is_personal(c.tag) {
        local.now.personal(c.tag)
    } else {
        shared(local)
    };
    let fresh = c.outbox.is_none();
    match c.outbox.get_or_insert_default().push(frames, Lane::Durable, limit) {
        Pushed::Full => Delivered::Behind,
        Pushed::Queued | Pushed::Dropped if fresh => flush_new(c, now),
        Pushed::Queued | Pushed::Dropped => Delivered::Yes,
    }
}

fn flush_new<H>(c: &mut Connection<H>, now: u32) -> Delivered {
    c.took = now;
    match c.flush(now) {
        Ok(_) => Delivered::Yes,
        Err(_) => Delivered::Gone,
    }
}

fn shared(local: &mut Local) -> Bytes {
    let Local { copy, now, .. } = local;
    copy.get_or_insert_with(|| Bytes::copy_from_slice(now.bytes())).clone()
}
