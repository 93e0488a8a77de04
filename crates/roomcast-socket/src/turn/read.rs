//! The reading half of a turn.

use crate::{
    connection::{Connection, Phase},
    frame,
    handler::{Context, Handler, Message},
    hub::{Counters, Lane},
    inbox::ConnectionId,
    reader::{Event, Reader},
    shard::Shard,
};
use bytes::Buf;
use std::{
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::Ordering,
    task::{Context as TaskContext, Poll, Wake, Waker},
};
use tokio::io::ReadBuf;

/// Reads of one connection before the others have theirs.
const READS: usize = 4;

impl<H: Handler> Shard<H> {
    /// Serves the connections that have something. True when they brought messages. While the hub is congested they
    /// are only written to.
    pub(super) fn read_ready(&mut self, list: &mut Vec<u32>) -> bool {
        self.inbox().ready.signal.clear();
        self.inbox().ready.take(list);
        let congested = self.hub.congested();
        let before = self.hub.counters().messages.load(Ordering::Relaxed);
        if !congested {
            for key in std::mem::take(&mut self.unread) {
                self.read_some(key);
            }
        }
        for key in list.drain(..) {
            self.take_up(key);
            if congested {
                self.put_off(key);
            } else {
                self.read_some(key);
            }
        }
        self.hub.counters().messages.load(Ordering::Relaxed) != before
    }

    /// What the driver woke it for may be that its socket takes more.
    fn take_up(&mut self, key: u32) {
        let Some(c) = self.connections.get(key as usize) else {
            return;
        };
        c.waker.unqueue();
        if c.outbox.is_some() {
            self.flush(key);
        }
    }

    /// It will be read when the hub is not congested any more.
    fn put_off(&mut self, key: u32) {
        if let Some(c) = self.connections.get_mut(key as usize)
            && !std::mem::replace(&mut c.put_off, true)
        {
            self.unread.push(key);
        }
    }

    fn read_some(&mut self, key: u32) {
        if let Some(c) = self.connections.get_mut(key as usize) {
            c.put_off = false;
        }
        for _ in 0..READS {
            match self.read(key) {
                ControlFlow::Continue(()) => {}
                ControlFlow::Break(()) => return,
            }
        }
        // There may be more; the others first.
        if let Some(c) = self.connections.get(key as usize) {
            c.waker.wake_by_ref();
        }
    }

    /// One read. `Break` when there is nothing (now, or ever) to be read.
    fn read(&mut self, key: u32) -> ControlFlow<()> {
        let Some(c) = self.connections.get_mut(key as usize) else {
            return ControlFlow::Break(());
        };
        if !c.may_read() {
            return ControlFlow::Break(());
        }
        if let Some(mut stash) = c.stash.take() {
            let taken = self.feed(key, &mut stash);
            stash.advance(taken);
            if let Some(c) = self.open(key).filter(|_| !stash.is_empty()) {
                c.stash = Some(stash);
            }
            return ControlFlow::Continue(());
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        let mut buf = ReadBuf::new(&mut scratch);
        let polled =
            c.transport.poll_read(&mut TaskContext::from_waker(&Waker::from(c.waker.clone())), &mut buf);
        let n = buf.filled().len();
        let flow = match polled {
            Poll::Pending => ControlFlow::Break(()),
            Poll::Ready(Ok(())) if n > 0 => {
                self.heard(key);
                let taken = self.feed(key, &mut scratch[..n]);
                if let Some(c) = self.open(key) {
                    c.stash(&scratch[taken..n]);
                }
                ControlFlow::Continue(())
            }
            Poll::Ready(_) => {
                self.drop_connection(key);
                ControlFlow::Break(())
            }
        };
        self.scratch = scratch;
        flow
    }

    /// The connection, if it is not ending.
    fn open(&mut self, key: u32) -> Option<&mut Connection<H>> {
        self.connections.get_mut(key as usize).map(|c| &mut **c).filter(|c| c.phase == Phase::Open)
    }

    /// Gives what was read to the reader, and its messages to the handler. How many bytes were taken.
    fn feed(&mut self, key: u32, bytes: &mut [u8]) -> usize {
        let Some(c) = self.connections.get_mut(key as usize) else {
            return bytes.len();
        };
        if matches!(c.phase, Phase::Finishing | Phase::Finished) {
            return bytes.len();
        }
        let id = ConnectionId { key, serial: c.serial };
        let mut reader = std::mem::replace(&mut c.reader, Reader::new(0));
        let mut handler = c.handler.take();
        let fed = catch_unwind(AssertUnwindSafe(|| {
            reader.feed(bytes, &mut |event| self.event(id, handler.as_mut(), &event))
        }));
        if let Some(c) = self.connections.get_mut(key as usize) {
            (c.reader, c.handler) = (reader, handler);
        }
        let taken = match fed {
            Ok(Ok(taken)) => taken,
            Ok(Err(violation)) => {
                self.violation(key, violation);
                bytes.len()
            }
            Err(_) => {
                self.panicked(key);
                bytes.len()
            }
        };
        self.settle();
        taken
    }

    fn event(&mut self, id: ConnectionId, handler: Option<&mut H>, event: &Event<'_>) -> ControlFlow<()> {
        let message = match *event {
            Event::Text(text) => Message::Text(text),
            Event::Binary(bytes) => Message::Binary(bytes),
            Event::Ping(payload) => {
                self.send(id.key, frame::encode(frame::PONG, payload), Lane::Durable);
                return self.may_go_on(id.key);
            }
            Event::Pong => return ControlFlow::Continue(()),
            Event::Close(code) => {
                self.closed_by_peer(id.key, code);
                return ControlFlow::Break(());
            }
        };
        let open = self.connections.get(id.key as usize).is_some_and(|c| c.phase == Phase::Open);
        if let Some(handler) = handler.filter(|_| open) {
            Counters::add(&self.counters().messages, 1);
            handler.message(&mut Context { shard: self, id }, message);
        }
        self.may_go_on(id.key)
    }

    /// A closing connection reads on, for the peer's close frame.
    fn may_go_on(&mut self, key: u32) -> ControlFlow<()> {
        let may = self.connections.get_mut(key as usize).is_some_and(|c| c.may_read());
        if may { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}
