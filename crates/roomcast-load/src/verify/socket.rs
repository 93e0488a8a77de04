//! A WebSocket as a plain client has it: it blocks, within limits.

use crate::{
    incoming::{self, CLOSE, PING, PONG, TEXT},
    outgoing::{self, Composer},
    target::Target,
};
use roomcast_protocol::{ClientFrame, Envelope, Id};
use socket2::{Domain, Protocol, Type};
use std::{
    io::{self, ErrorKind, Read, Write},
    net::{Shutdown, TcpStream},
    time::{Duration, Instant},
};

/// How long connecting, the handshake and each write may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// The shortest time-out that the system takes for one.
const LEAST: Duration = Duration::from_millis(1);
/// Bytes read at a time.
const READ_BYTES: usize = 64 * 1024;
/// Bytes of the largest frame: a page of the largest messages fits.
const MAX_FRAME: usize = 16 << 20;
/// Bytes of the largest answer to the handshake.
const MAX_HEAD: usize = 16 * 1024;

/// A connection.
#[derive(Debug)]
pub(super) struct Socket {
    stream: TcpStream,
    composer: Composer,
    /// What was read and not understood yet.
    unread: Vec<u8>,
    /// How much of it was taken already.
    taken: usize,
}

/// Opens a TCP connection from the source address of the `n`th client.
pub(super) fn connect(target: &Target, n: usize) -> io::Result<TcpStream> {
    let socket =
        socket2::Socket::new(Domain::for_address(target.address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_tcp_nodelay(true)?;
    if let Some(source) = target.source(n) {
        socket.bind(&source.into())?;
    }
    socket.connect_timeout(&target.address.into(), PATIENCE)?;
    socket.set_write_timeout(Some(PATIENCE))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    Ok(socket.into())
}

impl Socket {
    /// Opens a WebSocket to this path.
    pub(super) fn open(target: &Target, path: &str, n: usize) -> io::Result<Self> {
        let mut stream = connect(target, n)?;
        stream.write_all(outgoing::upgrade(&target.host, path).as_bytes())?;
        let (composer, unread) = (Composer::new(0), Vec::new());
        let mut socket = Self { stream, composer, unread, taken: 0 };
        socket.handshake(Instant::now() + PATIENCE)?;
        Ok(socket)
    }

    fn handshake(&mut self, until: Instant) -> io::Result<()> {
        let end = loop {
            if let Some(end) = self.unread.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            if !self.read(until)? || self.unread.len() > MAX_HEAD || Instant::now() >= until {
                return Err(broken("no answer to the handshake"));
            }
        };
        let head = String::from_utf8_lossy(&self.unread[..end]);
        if !head.starts_with("HTTP/1.1 101 ") || !head.contains(outgoing::ACCEPT) {
            return Err(broken(&format!(
                "the server answered {:?}",
                head.lines().next().unwrap_or_default()
            )));
        }
        self.taken = end + 4;
        Ok(())
    }

    /// Sends a frame.
    pub(super) fn say(&mut self, frame: ClientFrame<'_>, id: Option<Id>) -> io::Result<()> {
        let text = Envelope { frame, id }.to_json()?;
        self.stream.write_all(self.composer.text(&text))
    }

    /// The next text; `None` where none came until then. Pings are answered.
    ///
    /// # Errors
    /// The connection is over.
    pub(super) fn receive(&mut self, until: Instant) -> io::Result<Option<String>> {
        let mut late = false;
        loop {
            if let Some(text) = self.next_text()? {
                return Ok(Some(text));
            }
            if self.unread.len() > MAX_FRAME {
                return Err(broken("a frame larger than any that is awaited"));
            }
            // Who sends a frame byte by byte does not keep us.
            if late || !self.read(until)? {
                return Ok(None);
            }
            late = Instant::now() >= until;
        }
    }

    /// The next text among what was read.
    fn next_text(&mut self) -> io::Result<Option<String>> {
        while let Some(frame) = incoming::split(&self.unread[self.taken..]).map_err(|e| broken(e.0))? {
            let payload = frame.payload.to_vec();
            self.taken += frame.size;
            match frame.opcode {
                TEXT => {
                    return String::from_utf8(payload)
                        .map(Some)
                        .map_err(|_| broken("a text that is not UTF-8"));
                }
                PING => self.stream.write_all(self.composer.pong(&payload))?,
                PONG => {}
                CLOSE => return Err(broken(&incoming::closed(&payload))),
                opcode => return Err(broken(&format!("a frame with the opcode {opcode}"))),
            }
        }
        self.unread.drain(..self.taken);
        self.taken = 0;
        Ok(None)
    }

    /// Reads once; false where nothing came until then.
    fn read(&mut self, until: Instant) -> io::Result<bool> {
        let time = until.saturating_duration_since(Instant::now()).max(LEAST);
        self.stream.set_read_timeout(Some(time))?;
        let before = self.unread.len();
        self.unread.resize(before + READ_BYTES, 0);
        let done = self.stream.read(&mut self.unread[before..]);
        self.unread.truncate(before + done.as_ref().map_or(0, |n| *n));
        match done {
            Ok(0) => Err(broken("closed without a close frame")),
            Ok(_) => Ok(true),
            Err(error) if is_timeout(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Says good-bye; whether it is heard does not matter any more.
    pub(super) fn leave(mut self) {
        if self.stream.write_all(self.composer.close()).is_ok() {
            self.stream.shutdown(Shutdown::Write).unwrap_or_default();
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

/// The connection is over.
pub(super) fn broken(why: &str) -> io::Error {
    io::Error::other(why.to_owned())
}
