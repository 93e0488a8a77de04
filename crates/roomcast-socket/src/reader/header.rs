//! A client frame's header (RFC 6455 §5.2), judged before any payload is held.

use super::{Reader, Violation};
use crate::frame::{BINARY, CLOSE, CONTINUATION, MAX_CONTROL, PING, PONG, TEXT};

#[derive(Clone, Copy)]
pub(super) struct Header {
    pub(super) fin: bool,
    pub(super) opcode: u8,
    /// Bytes of the header itself, the key included.
    pub(super) size: usize,
    pub(super) len: usize,
    pub(super) key: [u8; 4],
}

impl Reader {
    /// The header at the start of `b`, `None` while it is incomplete. What can be judged from it is judged here,
    /// before any payload is held.
    pub(super) fn header(&self, b: &[u8]) -> Result<Option<Header>, Violation> {
        let [first, second, rest @ ..] = b else {
            return Ok(None);
        };
        let (fin, opcode, len7) = (first & 0x80 != 0, first & 0x0F, second & 0x7F);
        if first & 0x70 != 0 {
            return Err(Violation::Protocol("a reserved bit is set"));
        }
        if second & 0x80 == 0 {
            return Err(Violation::Protocol("a client's frames must be masked"));
        }
        self.check_opcode(fin, opcode, len7)?;
        let Some((len, extended)) = payload_len(len7, rest)? else {
            return Ok(None);
        };
        let held = self.open.as_ref().map_or(0, |o| o.data.len());
        if opcode < CLOSE && len > (self.max_message - held.min(self.max_message)) as u64 {
            return Err(Violation::TooLarge);
        }
        let Some(key) = rest.get(extended..).and_then(<[u8]>::first_chunk) else {
            return Ok(None);
        };
        let len = usize::try_from(len).map_err(|_| Violation::TooLarge)?;
        Ok(Some(Header { fin, opcode, size: 2 + extended + 4, len, key: *key }))
    }

    fn check_opcode(&self, fin: bool, opcode: u8, len7: u8) -> Result<(), Violation> {
        match opcode {
            CONTINUATION if self.open.is_none() => Err(Violation::Protocol("a continuation of nothing")),
            TEXT | BINARY if self.open.is_some() => Err(Violation::Protocol("a message inside another")),
            CONTINUATION | TEXT | BINARY => Ok(()),
            CLOSE | PING | PONG if fin && usize::from(len7) <= MAX_CONTROL => Ok(()),
            CLOSE | PING | PONG => Err(Violation::Protocol("a control frame that is long or in pieces")),
            _ => Err(Violation::Protocol("an opcode that is reserved")),
        }
    }
}

/// The payload's length and how many bytes its extended form took; `None` while it is incomplete.
fn payload_len(len7: u8, rest: &[u8]) -> Result<Option<(u64, usize)>, Violation> {
    let (len, size, least) = match len7 {
        126 => (rest.first_chunk().map(|b| u64::from(u16::from_be_bytes(*b))), 2, 126),
        127 => (rest.first_chunk().map(|b| u64::from_be_bytes(*b)), 8, 0x1_0000),
        short => (Some(u64::from(short)), 0, 0),
    };
    match len {
        None => Ok(None),
        Some(n) if n < least || n >> 63 != 0 => Err(Violation::Protocol("a length not in its shortest form")),
        Some(n) => Ok(Some((n, size))),
    }
}
