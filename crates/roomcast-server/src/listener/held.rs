//! A stream that keeps the answer to an upgrade back, so that it leaves together with the first frames: a write costs the
//! kernel and the client the same for both, and connecting is mostly writes.

use bytes::{Bytes, BytesMut};
use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// How hyper's answer to an upgrade begins. It writes nothing behind it.
const SWITCHING: &[u8] = b"HTTP/1.1 101 ";

pub(super) struct Held {
    stream: TcpStream,
    answer: BytesMut,
}

impl Held {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, answer: BytesMut::new() }
    }

    /// The stream, and the answer that is still to be written.
    pub(super) fn into_parts(self) -> (TcpStream, Bytes) {
        (self.stream, self.answer.freeze())
    }

    fn stream(self: Pin<&mut Self>) -> Pin<&mut TcpStream> {
        Pin::new(&mut self.get_mut().stream)
    }

    /// Whether these bytes belong to an answer that is kept back. Then it has them.
    fn hold(&mut self, bytes: &[u8]) -> bool {
        let holds = !self.answer.is_empty() || bytes.starts_with(SWITCHING);
        if holds {
            self.answer.extend_from_slice(bytes);
        }
        holds
    }
}

impl AsyncRead for Held {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_read(cx, buf)
    }
}

impl AsyncWrite for Held {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.hold(buf) { Poll::Ready(Ok(buf.len())) } else { self.stream().poll_write(cx, buf) }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // What is not held of them comes again.
        let first = bufs.iter().find(|buf| !buf.is_empty()).map_or(&[][..], |buf| buf);
        if self.hold(first) {
            Poll::Ready(Ok(first.len()))
        } else {
            self.stream().poll_write_vectored(cx, bufs)
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    #[tokio::test]
    async fn only_the_answer_to_an_upgrade_is_kept_back() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let mut held = Held::new(listener.accept().await.unwrap().0);
        held.write_all(b"HTTP/1.1 200 OK").await.unwrap();
        let (head, rest) = (b"HTTP/1.1 101 Switching", b" Protocols");
        let n = held.write_vectored(&[IoSlice::new(b""), IoSlice::new(head), IoSlice::new(rest)]).await;
        assert_eq!(n.unwrap(), head.len());
        held.write_all(rest).await.unwrap();
        let (stream, answer) = held.into_parts();
        assert_eq!(&answer[..], [&head[..], rest].concat());
        drop(stream);
        let mut got = String::new();
        client.read_to_string(&mut got).await.unwrap();
        assert_eq!(got, "HTTP/1.1 200 OK");
    }
}
