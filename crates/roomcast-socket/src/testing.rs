//! A small WebSocket client for tests, able to send what no honest client would.

/// The index of who is subscribed to what, for its benchmark.
pub use crate::topics::Topics;
use std::io;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, ToSocketAddrs},
};

/// A frame from the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// RFC 6455 §5.2: 1 text, 2 binary, 8 close, 9 ping, 10 pong.
    pub opcode: u8,
    /// The payload.
    pub payload: Vec<u8>,
}

impl Frame {
    /// A close frame's code.
    #[must_use]
    pub fn close_code(&self) -> Option<u16> {
        (self.opcode == 8).then(|| self.payload.first_chunk().map_or(1005, |b| u16::from_be_bytes(*b)))
    }

    /// The payload as text; empty where it is not UTF-8.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.payload).unwrap_or_default()
    }
}

/// A client after its handshake.
#[derive(Debug)]
pub struct Client {
    /// The raw stream.
    pub stream: TcpStream,
}

impl Client {
    /// Connects and upgrades.
    ///
    /// # Errors
    /// When the connection fails or the answer is not 101.
    pub async fn connect(address: impl ToSocketAddrs, path: &str) -> io::Result<Self> {
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await?);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        if head.starts_with("HTTP/1.1 101") { Ok(Self { stream }) } else { Err(io::Error::other(head)) }
    }

    /// Sends a text message.
    ///
    /// # Errors
    /// When the connection has ended.
    pub async fn send(&mut self, text: &str) -> io::Result<()> {
        self.stream.write_all(&masked(0x81, text.as_bytes())).await
    }

    /// The next frame.
    ///
    /// # Errors
    /// When the connection has ended.
    pub async fn recv(&mut self) -> io::Result<Frame> {
        let opcode = self.stream.read_u8().await? & 0x0F;
        let len = match self.stream.read_u8().await? {
            126 => usize::from(self.stream.read_u16().await?),
            127 => usize::try_from(self.stream.read_u64().await?).map_err(io::Error::other)?,
            n => usize::from(n),
        };
        let mut payload = vec![0; len];
        self.stream.read_exact(&mut payload).await?;
        Ok(Frame { opcode, payload })
    }

    /// The next text message; other frames are passed over.
    ///
    /// # Errors
    /// When the connection has ended.
    pub async fn recv_text(&mut self) -> io::Result<String> {
        loop {
            let frame = self.recv().await?;
            if frame.opcode == 1 {
                return Ok(frame.text().to_owned());
            }
            if let Some(code) = frame.close_code() {
                return Err(io::Error::other(format!("closed with {code}")));
            }
        }
    }
}

/// A client's frame with this first byte (FIN, reserved bits, opcode), its key included.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "each arm's range fits the type it casts to")]
pub fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let key = [0x12, 0x34, 0x56, 0x78];
    let mut out = vec![first];
    match payload.len() {
        n @ 0..=125 => out.push(0x80 | n as u8),
        n @ 126..=0xFFFF => {
            out.push(0x80 | 126);
            out.extend_from_slice(&(n as u16).to_be_bytes());
        }
        n => {
            out.push(0x80 | 127);
            out.extend_from_slice(&(n as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&key);
    out.extend(payload.iter().zip(key.iter().cycle()).map(|(b, k)| b ^ k));
    out
}
