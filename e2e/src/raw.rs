//! A WebSocket client without manners: it sends the bytes it is given and answers nothing by itself.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::http::{self, Answer};
use crate::wire::{self, Frame};

/// The key of RFC 6455 §1.3; its accept value is known by heart.
pub const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// The bytes of one connection.
#[derive(Debug)]
pub struct Raw {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Raw {
    /// Opens a connection and upgrades it properly.
    pub async fn open(address: SocketAddr, path: &str) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server listens");
        Self::upgrade(stream, path).await
    }

    /// The same with a small window, so that what it does not read fills the kernel's buffers soon.
    pub async fn open_with_a_small_window(address: SocketAddr, path: &str) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4_096).expect("a small buffer is allowed");
        Self::upgrade(socket.connect(address).await.expect("the server listens"), path).await
    }

    /// Upgrades a connection made by the caller, who may have set socket options.
    pub async fn upgrade(stream: TcpStream, path: &str) -> Self {
        Self::try_upgrade(stream, path).await.expect("the server takes the connection")
    }

    /// The same where the server may refuse, or not be there.
    pub async fn try_upgrade(mut stream: TcpStream, path: &str) -> io::Result<Self> {
        stream.write_all(handshake(stream.peer_addr()?, path, &[]).as_bytes()).await?;
        let (answer, unread) = http::read_answer(&mut stream).await?;
        let is_open = answer.status == 101;
        let refusal = || io::Error::other(format!("{path}: {} {}", answer.status, answer.text()));
        is_open.then_some(Self { stream, unread }).ok_or_else(refusal)
    }

    /// Sends bytes as they are.
    pub async fn send(&mut self, bytes: &[u8]) {
        self.try_send(bytes).await.expect("the connection takes bytes");
    }

    /// Sends bytes as they are, to a server that may have hung up by now.
    pub async fn try_send(&mut self, bytes: &[u8]) -> io::Result<()> {
        timeout(Duration::from_secs(10), self.stream.write_all(bytes)).await?
    }

    /// Sends a JSON frame.
    pub async fn json(&mut self, frame: &Value) {
        self.send(&wire::masked(wire::TEXT, frame.to_string().as_bytes())).await;
    }

    /// The next frame, or `None` at the end of the connection.
    pub async fn frame(&mut self) -> io::Result<Option<Frame>> {
        loop {
            if let Some(frame) = wire::take(&mut self.unread) {
                return Ok(Some(frame));
            }
            if self.stream.read_buf(&mut self.unread).await? == 0 {
                return Ok(None);
            }
        }
    }

    /// Skips frames until a JSON frame of that type.
    pub async fn expect(&mut self, kind: &str) -> Value {
        self.expect_late(kind, Duration::from_secs(10)).await
    }

    /// Skips frames until one of that type, which may take its time.
    pub async fn expect_late(&mut self, kind: &str, within: Duration) -> Value {
        let search = async {
            loop {
                let frame =
                    self.frame().await.expect("the connection lives").expect("the connection is open");
                let json: Value = serde_json::from_slice(&frame.payload).unwrap_or_default();
                if json["type"] == kind {
                    return json;
                }
            }
        };
        let found = timeout(within, search).await;
        found.unwrap_or_else(|_| panic!("no {kind:?} within {within:?}"))
    }

    /// Skips frames until the one that starts with this byte.
    pub async fn expect_raw(&mut self, first: u8) -> Frame {
        let search = async {
            loop {
                let frame =
                    self.frame().await.expect("the connection lives").expect("the connection is open");
                if frame.first == first {
                    return frame;
                }
            }
        };
        timeout(Duration::from_secs(10), search).await.expect("the frame comes within 10 s")
    }

    /// Reads to the end: the code of the close frame, which must be there and be the last frame, and then the
    /// end of the TCP connection.
    pub async fn close_code(&mut self, within: Duration) -> Option<u16> {
        timeout(within, self.read_to_close()).await.expect("the server closes in time")
    }

    async fn read_to_close(&mut self) -> Option<u16> {
        let mut code = None;
        // A server that was still being sent to may end with a reset instead of a FIN; both are an end.
        while let Ok(Some(frame)) = self.frame().await {
            assert!(code.is_none(), "a frame after the close frame: {frame:?}");
            code = frame.close_code();
        }
        code
    }
}

/// A handshake, with lines replaced (`Name: value`) or removed (`Name:`) or added.
pub fn handshake(address: SocketAddr, path: &str, changes: &[&str]) -> String {
    let mut lines = vec![
        format!("Host: {address}"),
        "Upgrade: websocket".to_owned(),
        "Connection: Upgrade".to_owned(),
        format!("Sec-WebSocket-Key: {KEY}"),
        "Sec-WebSocket-Version: 13".to_owned(),
    ];
    for change in changes {
        let name = change.split(':').next().unwrap_or_default();
        lines.retain(|line| line.split(':').next() != Some(name));
        if !change.ends_with(':') {
            lines.push((*change).to_owned());
        }
    }
    format!("GET {path} HTTP/1.1\r\n{}\r\n\r\n", lines.join("\r\n"))
}

/// The answer to such a handshake.
pub async fn try_upgrade(address: SocketAddr, path: &str, changes: &[&str]) -> Answer {
    http::send(address, &handshake(address, path, changes)).await.expect("an answer to the handshake")
}
