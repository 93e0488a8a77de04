//! A raw stream's way from an accept loop of one's own to the hub.

use crate::{
    connection::{Stream, Transport},
    inbox::Handed,
};
use bytes::Bytes;
use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

/// For programs with an accept loop of their own on a shard's thread: put it into the extensions of each request of an
/// HTTP/1.1 connection, and when that connection has ended [`take`](Handover::take) what is to become of its stream.
/// It spares the connection a task and a virtual call per write.
#[derive(Clone)]
pub struct Handover {
    pub(super) shard: usize,
    then: Arc<Mutex<Option<TakeOver>>>,
}

/// Gives a stream to the hub.
pub struct TakeOver(pub(super) Box<dyn FnOnce(Handed) + Send>);

impl Handover {
    /// For a connection that was accepted on this shard's thread.
    #[must_use]
    pub fn new(shard: usize) -> Self {
        Self { shard, then: Arc::default() }
    }

    /// What a handler has decided about the stream, if one of the requests was an upgrade.
    #[must_use]
    pub fn take(&self) -> Option<TakeOver> {
        self.then.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(super) fn set(&self, then: TakeOver) {
        *self.then.lock().unwrap_or_else(PoisonError::into_inner) = Some(then);
    }
}

impl fmt::Debug for Handover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handover").field("shard", &self.shard).finish_non_exhaustive()
    }
}

impl fmt::Debug for TakeOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TakeOver")
    }
}

impl TakeOver {
    /// A TCP stream of the shard's own runtime; the answer to its request, if that was held back and is still to be
    /// written (a write costs the same with the first frames behind it); and what the client has sent behind its
    /// request.
    pub fn tcp(self, stream: TcpStream, answer: Bytes, early: Bytes) {
        (self.0)(Handed { transport: Transport::Tcp(stream), answer, early });
    }

    /// Any other stream, TLS for example. As [`TakeOver::tcp`].
    pub fn stream(self, stream: impl AsyncRead + AsyncWrite + Send + 'static, answer: Bytes, early: Bytes) {
        let boxed: Pin<Box<dyn Stream>> = Box::pin(stream);
        (self.0)(Handed { transport: Transport::Other(boxed), answer, early });
    }
}
