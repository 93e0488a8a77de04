//! One connection's state on its shard, and what can be done with its stream without knowing of any other.

use crate::{
    outbox::{CHOKE_BYTES, Outbox, PIECES},
    reader::Reader,
    signal::ConnWaker,
};
use bytes::BytesMut;
use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// Any other stream that frames can travel on, TLS for example.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send {}
impl<T: AsyncRead + AsyncWrite + Send> Stream for T {}

/// What the frames travel on.
pub(crate) enum Transport {
    /// Written to without a detour.
    Tcp(TcpStream),
    /// Through a virtual call.
    Other(Pin<Box<dyn Stream>>),
}

impl Transport {
    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(s) => Pin::new(s).poll_read(cx, buf),
            Self::Other(s) => s.as_mut().poll_read(cx, buf),
        }
    }

    /// Written to directly, without a buffer of its own in between.
    pub(crate) fn is_tcp(&self) -> bool {
        matches!(self, Self::Tcp(_))
    }

    /// One write; `WouldBlock` when the stream takes nothing now.
    pub(crate) fn try_write(&mut self, waker: &Arc<ConnWaker>, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(s) => s.try_write(bytes),
            Self::Other(s) => {
                at_once(s.as_mut().poll_write(&mut Context::from_waker(&waker.clone().into()), bytes))
            }
        }
    }

    fn try_write_vectored(&mut self, waker: &Waker, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Tcp(s) => s.try_write_vectored(slices),
            Self::Other(s) => {
                at_once(s.as_mut().poll_write_vectored(&mut Context::from_waker(waker), slices))
            }
        }
    }

    /// Pending: the waker will be woken when the stream takes more.
    fn poll_writable(&mut self, waker: &Waker) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(s) => s.poll_write_ready(&mut Context::from_waker(waker)),
            Self::Other(s) => s.as_mut().poll_flush(&mut Context::from_waker(waker)),
        }
    }

    /// Nothing more will be written.
    pub(crate) fn shutdown(&mut self, waker: &Waker) {
        let cx = &mut Context::from_waker(waker);
        let _ = match self {
            Self::Tcp(s) => Pin::new(s).poll_shutdown(cx),
            Self::Other(s) => s.as_mut().poll_shutdown(cx),
        };
    }
}

fn at_once(poll: Poll<io::Result<usize>>) -> io::Result<usize> {
    match poll {
        Poll::Ready(r) => r,
        Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
    }
}

/// A tick that does not come: that of a deadline which nobody has set.
pub(crate) const NEVER: u32 = u32::MAX;

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Open,
    /// Our close frame is on its way; the peer's is awaited.
    Closing,
    /// Both sides have said their last: when the outbox is empty, our half of the stream ends.
    Finishing,
    /// Our half has ended; the peer's end is awaited.
    Finished,
}

pub(crate) struct Connection<H> {
    pub(crate) transport: Transport,
    /// What the driver is given, a clone at a time.
    pub(crate) waker: Arc<ConnWaker>,
    pub(crate) reader: Reader,
    /// Taken out while one of its methods runs, and for good when the connection has ended.
    pub(crate) handler: Option<H>,
    /// What was read and not looked at, while reading is paused.
    pub(crate) stash: Option<Box<BytesMut>>,
    pub(crate) outbox: Option<Box<Outbox>>,
    pub(crate) serial: u64,
    pub(crate) tag: u64,
    /// Ticks: when the peer was last heard, when the socket last took something it was owed, and the one
    /// at which the connection is to be looked at.
    pub(crate) heard: u32,
    pub(crate) took: u32,
    pub(crate) look_at: u32,
    /// Tick at which the handler is to be called, or never; of an ending connection, the one at which it is cut off.
    pub(crate) deadline: u32,
    pub(crate) phase: Phase,
    /// The handler asked not to be given messages.
    pub(crate) paused: bool,
    /// Not read, for it is owed too much.
    pub(crate) choked: bool,
    /// A ping is out, unanswered.
    pub(crate) pinged: bool,
    /// Volatile frames were dropped since its outbox was last empty.
    pub(crate) missed: bool,
    /// The handler wants to know when the outbox is empty.
    pub(crate) notify: bool,
    /// On the list of those whose outbox is to be written at the turn's end.
    pub(crate) listed: bool,
    /// On the list of those to be read when the hub is not congested any more.
    pub(crate) put_off: bool,
}

impl<H> Connection<H> {
    /// One that has said nothing yet and is owed nothing, at this tick.
    pub(crate) fn new(
        transport: Transport,
        waker: Arc<ConnWaker>,
        reader: Reader,
        handler: H,
        serial: u64,
        now: u32,
    ) -> Self {
        Self {
            transport,
            waker,
            reader,
            handler: Some(handler),
            stash: None,
            outbox: None,
            serial,
            tag: 0,
            heard: now,
            took: now,
            look_at: 0,
            deadline: NEVER,
            phase: Phase::Open,
            paused: false,
            choked: false,
            pinged: false,
            missed: false,
            notify: false,
            listed: false,
            put_off: false,
        }
    }

    /// Keeps what was read and may not be looked at yet.
    pub(crate) fn stash(&mut self, rest: &[u8]) {
        self.stash = (!rest.is_empty()).then(|| Box::new(rest.into()));
    }

    /// Whether its messages may be looked at now.
    pub(crate) fn may_read(&mut self) -> bool {
        self.choked = self.owed_bytes() > CHOKE_BYTES;
        self.phase != Phase::Open || !(self.paused || self.choked)
    }

    pub(crate) fn owed_bytes(&self) -> usize {
        self.outbox.as_ref().map_or(0, |o| o.bytes())
    }

    /// Writes until the outbox is empty or the socket full; then the driver has our waker. The number of
    /// system calls, or the error that ended the stream.
    pub(crate) fn flush(&mut self, now: u32) -> io::Result<u64> {
        let mut calls = 0;
        let waker = Waker::from(self.waker.clone());
        while let Some(outbox) = &mut self.outbox {
            // For streams that hold bytes back (TLS) this is also what sends them on.
            match self.transport.poll_writable(&waker) {
                Poll::Pending => break,
                Poll::Ready(r) => r?,
            }
            if outbox.is_empty() {
                self.outbox = None;
                break;
            }
            let mut slices = [IoSlice::new(&[]); PIECES];
            let n = outbox.front(&mut slices);
            calls += 1;
            match self.transport.try_write_vectored(&waker, &slices[..n]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(n) => {
                    outbox.taken(n);
                    self.took = now;
                }
                // The next look at the socket registers the waker.
                Err(e) if e.kind() == io::ErrorKind::WouldBlock && self.transport.is_tcp() => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(e) => return Err(e),
            }
        }
        Ok(calls)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::Ready;
    use tokio::io::{AsyncReadExt, duplex};

    /// A connection that is owed these pieces.
    fn owing(stream: impl Stream + 'static, pieces: impl IntoIterator<Item = usize>) -> Connection<()> {
        let mut outbox = Outbox::default();
        pieces.into_iter().for_each(|len| outbox.push_rest(vec![b'x'; len].into()));
        let waker = ConnWaker::new(Arc::new(Ready::default()), 0);
        let transport = Transport::Other(Box::pin(stream));
        let mut connection = Connection::new(transport, waker, Reader::new(0), (), 0, 0);
        connection.outbox = Some(Box::new(outbox));
        connection
    }

    #[test]
    fn who_is_owed_more_than_the_bound_is_not_read_unless_it_closes() {
        assert!(owing(tokio::io::empty(), [CHOKE_BYTES]).may_read());
        let mut connection = owing(tokio::io::empty(), [CHOKE_BYTES, 1]);
        assert!(!connection.may_read() && connection.choked);
        connection.phase = Phase::Closing;
        assert!(connection.may_read());
    }

    #[tokio::test]
    async fn more_pieces_than_one_call_takes_are_written_in_two() {
        for (pieces, calls) in [(PIECES, 1), (PIECES + 1, 2)] {
            let (ours, mut theirs) = duplex(1000);
            let mut connection = owing(ours, vec![1; pieces]);
            assert_eq!(connection.flush(1).unwrap(), calls);
            assert!(connection.outbox.is_none());
            drop(connection);
            let mut came = Vec::new();
            theirs.read_to_end(&mut came).await.unwrap();
            assert_eq!(came.len(), pieces);
        }
    }
}
