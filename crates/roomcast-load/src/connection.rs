//! One connection: its socket, what it is for, how far it has come, and the bytes that did not fit.

use crate::target::Target;
use rustix::io::Errno;
use socket2::{Domain, Protocol, Socket, Type};
use std::{
    io::{self, ErrorKind, Read, Write},
    net::{Shutdown, TcpStream},
};

/// The receive buffer of those who never read: small, so that the server soon notices.
const SLOW_BUFFER_BYTES: usize = 4_096;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Stays, gets everything, may publish.
    Member,
    /// Comes in and never reads.
    Slow,
    /// Comes and goes.
    Churner,
}

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// TCP's handshake.
    Connecting,
    /// The request is on its way.
    Upgrading,
    /// `joined` has not come.
    Joining,
    /// In the room.
    Joined,
}

/// What a read brought.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// This many bytes lie at the beginning of the buffer, those kept from before included; `more` where the buffer
    /// was filled, so that the socket may have further ones.
    Bytes { len: usize, more: bool },
    /// Nothing for now.
    Nothing,
    /// The connection is over.
    Over(String),
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) stream: TcpStream,
    pub(crate) role: Role,
    pub(crate) state: State,
    pub(crate) room: u32,
    /// When it was begun, in nanoseconds since the run began.
    pub(crate) begun: u64,
    /// The beginning of a frame of which not everything has come.
    partial: Vec<u8>,
    /// What the socket did not take.
    unsent: Vec<u8>,
}

impl Connection {
    /// Begins to connect.
    pub(crate) fn begin(target: &Target, role: Role, room: u32, seat: usize, now: u64) -> io::Result<Self> {
        let socket = Socket::new(
            Domain::for_address(target.address),
            Type::STREAM.nonblocking(),
            Some(Protocol::TCP),
        )?;
        socket.set_tcp_nodelay(true)?;
        if role == Role::Slow {
            socket.set_recv_buffer_size(SLOW_BUFFER_BYTES)?;
        }
        if let Some(source) = target.source(seat) {
            socket.bind(&source.into())?;
        }
        match socket.connect(&target.address.into()) {
            Err(error) if error.raw_os_error() != Some(Errno::INPROGRESS.raw_os_error()) => {
                return Err(error);
            }
            _ => {}
        }
        let (partial, unsent) = (Vec::new(), Vec::new());
        Ok(Self { stream: socket.into(), role, state: State::Connecting, room, begun: now, partial, unsent })
    }

    /// Whether TCP's handshake is done.
    pub(crate) fn is_connected(&self) -> io::Result<bool> {
        if let Some(error) = self.stream.take_error()? {
            return Err(error);
        }
        Ok(self.stream.peer_addr().is_ok())
    }

    /// Reads into `buffer`, behind what was kept.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Taken {
        let kept = self.partial.len();
        let Some(room) = buffer.get_mut(kept..).filter(|room| !room.is_empty()) else {
            return Taken::Over("a frame larger than any that is awaited".to_owned());
        };
        match self.stream.read(room) {
            Ok(0) => Taken::Over("closed by the server without a close frame".to_owned()),
            Ok(n) => {
                let more = n == room.len();
                buffer[..kept].copy_from_slice(&self.partial);
                self.partial.clear();
                Taken::Bytes { len: kept + n, more }
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                Taken::Nothing
            }
            Err(error) => Taken::Over(error.to_string()),
        }
    }

    /// Keeps what was not taken for the next time.
    pub(crate) fn keep(&mut self, rest: &[u8]) {
        self.partial.extend_from_slice(rest);
    }

    /// Sends, or keeps what the socket does not take.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        if !self.unsent.is_empty() {
            self.unsent.extend_from_slice(bytes);
            return Ok(());
        }
        let sent = write(&mut self.stream, bytes)?;
        self.unsent.extend_from_slice(&bytes[sent..]);
        Ok(())
    }

    /// Bytes that were kept because the socket did not take them.
    pub(crate) fn unsent_bytes(&self) -> usize {
        self.unsent.len()
    }

    /// Sends what was kept.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        if !self.unsent.is_empty() {
            let sent = write(&mut self.stream, &self.unsent)?;
            self.unsent.drain(..sent);
        }
        Ok(())
    }

    /// Says good-bye; whether it is heard does not matter any more.
    pub(crate) fn leave(mut self, close: &[u8]) {
        if self.send(close).is_ok() {
            self.stream.shutdown(Shutdown::Write).unwrap_or_default();
        }
    }
}

/// As much as the socket takes.
fn write(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<usize> {
    match stream.write(bytes) {
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Ok(0),
        done => done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    /// What the next read brings that brings anything.
    fn read(connection: &mut Connection, buffer: &mut [u8]) -> Taken {
        loop {
            match connection.read(buffer) {
                Taken::Nothing => std::thread::yield_now(),
                taken => return taken,
            }
        }
    }

    #[test]
    fn a_frame_may_fill_the_buffer_and_not_be_larger() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = Target { host: "x".to_owned(), address: listener.local_addr().unwrap() };
        let mut connection = Connection::begin(&target, Role::Member, 0, 0, 0).unwrap();
        listener.accept().unwrap().0.write_all(b"ab").unwrap();
        let mut buffer = [0; 8];
        connection.keep(b"1234567");
        assert_eq!(read(&mut connection, &mut buffer), Taken::Bytes { len: 8, more: true });
        assert_eq!(&buffer, b"1234567a");
        connection.keep(&buffer);
        let larger = "a frame larger than any that is awaited".to_owned();
        assert_eq!(read(&mut connection, &mut buffer), Taken::Over(larger));
    }
}
