//! Client frames, read strictly (RFC 6455 §5, §8.1), without I/O: the caller feeds whatever the socket had. A frame
//! that lies whole in what was fed is unmasked and handed on in place; only a message that is still incomplete
//! holds memory, so an idle connection holds none.

mod header;

use crate::frame::{BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT};
use header::Header;
use std::ops::ControlFlow;

/// What a client said.
#[derive(Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A whole text message.
    Text(&'a str),
    /// A whole binary message.
    Binary(&'a [u8]),
    /// A ping; it is owed a pong with the same payload.
    Ping(&'a [u8]),
    /// A pong, asked for or not.
    Pong,
    /// The peer closes, with this code if it gave one. Nothing after it is read.
    Close(Option<u16>),
}

/// A breach of the protocol. The connection must be closed with [`Violation::close_code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// Closed with 1002.
    #[error("{0}")]
    Protocol(&'static str),
    /// Text or a close reason that is not UTF-8: closed with 1007.
    #[error("text that is not UTF-8")]
    Utf8,
    /// A message longer than the limit: closed with 1009.
    #[error("message too large")]
    TooLarge,
}

impl Violation {
    /// The code to close with.
    #[must_use]
    pub fn close_code(self) -> u16 {
        match self {
            Self::Protocol(_) => 1002,
            Self::Utf8 => 1007,
            Self::TooLarge => 1009,
        }
    }

    /// What to tell the peer.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Protocol(what) => what,
            Self::Utf8 => "text that is not UTF-8",
            Self::TooLarge => "message too large",
        }
    }
}

/// Called with each event; `Break` stops the reader before the next frame.
pub type OnEvent<'a> = dyn FnMut(Event<'_>) -> ControlFlow<()> + 'a;

/// Reads one connection's frames.
#[derive(Debug)]
pub struct Reader {
    max_message: usize,
    /// An incomplete header or control frame.
    partial: Vec<u8>,
    /// A message of which not everything has come.
    open: Option<Box<Open>>,
    closed: bool,
}

/// A data message in the making.
#[derive(Debug)]
struct Open {
    text: bool,
    data: Vec<u8>,
    /// `data[..valid]` is known to be UTF-8, ending between characters.
    valid: usize,
    /// Of the frame being read: bytes to come, its key turned to the next byte, and whether it is the last.
    remaining: usize,
    key: [u8; 4],
    fin: bool,
}

impl Reader {
    /// A reader that refuses messages of more than `max_message` bytes.
    #[must_use]
    pub fn new(max_message: usize) -> Self {
        Self { max_message, partial: Vec::new(), open: None, closed: false }
    }

    /// Refuses messages of more than so many bytes from the next frame on.
    pub fn set_max_message(&mut self, max_message: usize) {
        self.max_message = max_message;
    }

    /// Reads what `bytes` holds (unmasking it in place) and returns how much was taken: all of it, unless
    /// `on_event` broke off. What is incomplete is remembered.
    ///
    /// # Errors
    /// A [`Violation`], at the first byte that proves it; the reader must not be fed again.
    pub fn feed(&mut self, bytes: &mut [u8], on_event: &mut OnEvent<'_>) -> Result<usize, Violation> {
        let mut at = 0;
        while at < bytes.len() {
            if self.closed {
                return Ok(bytes.len());
            }
            let (taken, flow) = self.step(&mut bytes[at..], on_event)?;
            at += taken;
            if flow.is_break() {
                break;
            }
        }
        Ok(at)
    }

    /// Bytes held for an incomplete message.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.partial.capacity() + self.open.as_ref().map_or(0, |o| o.data.capacity())
    }

    /// One frame, or as much of it as there is.
    fn step(
        &mut self,
        bytes: &mut [u8],
        on_event: &mut OnEvent<'_>,
    ) -> Result<(usize, ControlFlow<()>), Violation> {
        if self.open.as_ref().is_some_and(|o| o.remaining > 0) {
            return self.more(bytes, on_event);
        }
        if !self.partial.is_empty() {
            return self.complete(bytes, on_event);
        }
        match self.header(bytes)? {
            Some(h) if bytes.len() - h.size >= h.len && (h.opcode >= CLOSE || self.whole(h)) => {
                let end = h.size + h.len;
                let payload = &mut bytes[h.size..end];
                unmask(payload, h.key);
                Ok((end, self.deliver(h.opcode, payload, on_event)?))
            }
            Some(h) if h.opcode < CLOSE => Ok((h.size, self.begin(h, on_event)?)),
            _ => {
                self.partial.extend_from_slice(bytes);
                Ok((bytes.len(), ControlFlow::Continue(())))
            }
        }
    }

    /// An unfragmented message: nothing of it needs to be kept.
    fn whole(&self, h: Header) -> bool {
        h.fin && h.opcode != CONTINUATION && self.open.is_none()
    }

    /// Goes on with a header or control frame of which a part had come.
    fn complete(
        &mut self,
        bytes: &[u8],
        on_event: &mut OnEvent<'_>,
    ) -> Result<(usize, ControlFlow<()>), Violation> {
        for (n, byte) in bytes.iter().enumerate() {
            self.partial.push(*byte);
            let Some(h) = self.header(&self.partial)? else {
                continue;
            };
            if h.opcode < CLOSE {
                self.partial = Vec::new();
                return Ok((n + 1, self.begin(h, on_event)?));
            }
            if self.partial.len() == h.size + h.len {
                let mut frame = std::mem::take(&mut self.partial);
                unmask(&mut frame[h.size..], h.key);
                return Ok((n + 1, self.deliver(h.opcode, &frame[h.size..], on_event)?));
            }
        }
        Ok((bytes.len(), ControlFlow::Continue(())))
    }

    /// A data frame whose payload is to be gathered.
    fn begin(&mut self, h: Header, on_event: &mut OnEvent<'_>) -> Result<ControlFlow<()>, Violation> {
        let open = self.open.get_or_insert_with(|| {
            let text = h.opcode == TEXT;
            Box::new(Open { text, data: Vec::new(), valid: 0, remaining: 0, key: h.key, fin: h.fin })
        });
        (open.remaining, open.key, open.fin) = (h.len, h.key, h.fin);
        if h.len == 0 { self.frame_end(on_event) } else { Ok(ControlFlow::Continue(())) }
    }

    /// More of the data frame that is being gathered. Nothing is allocated for bytes that have not come.
    fn more(
        &mut self,
        bytes: &mut [u8],
        on_event: &mut OnEvent<'_>,
    ) -> Result<(usize, ControlFlow<()>), Violation> {
        let Some(open) = &mut self.open else {
            return Ok((0, ControlFlow::Continue(())));
        };
        let n = open.remaining.min(bytes.len());
        unmask(&mut bytes[..n], open.key);
        open.key.rotate_left(n % 4);
        open.data.extend_from_slice(&bytes[..n]);
        open.remaining -= n;
        open.validate()?;
        let flow = if open.remaining == 0 { self.frame_end(on_event)? } else { ControlFlow::Continue(()) };
        Ok((n, flow))
    }

    fn frame_end(&mut self, on_event: &mut OnEvent<'_>) -> Result<ControlFlow<()>, Violation> {
        let Some(open) = self.open.take_if(|o| o.fin) else {
            return Ok(ControlFlow::Continue(()));
        };
        let opcode = if open.text { TEXT } else { BINARY };
        self.deliver(opcode, &open.data, on_event)
    }

    fn deliver(
        &mut self,
        opcode: u8,
        payload: &[u8],
        on_event: &mut OnEvent<'_>,
    ) -> Result<ControlFlow<()>, Violation> {
        Ok(on_event(match opcode {
            TEXT => Event::Text(std::str::from_utf8(payload).map_err(|_| Violation::Utf8)?),
            BINARY => Event::Binary(payload),
            PING => Event::Ping(payload),
            PONG => Event::Pong,
            _ => {
                let code = close_code(payload)?;
                self.closed = true;
                Event::Close(code)
            }
        }))
    }
}

impl Open {
    /// Checks what has come since the last character boundary, so that bad text is refused where it goes wrong
    /// and not at the message's end.
    fn validate(&mut self) -> Result<(), Violation> {
        if !self.text {
            return Ok(());
        }
        let complete = self.fin && self.remaining == 0;
        match std::str::from_utf8(&self.data[self.valid..]) {
            Ok(_) => self.valid = self.data.len(),
            Err(e) if e.error_len().is_none() && !complete => self.valid += e.valid_up_to(),
            Err(_) => return Err(Violation::Utf8),
        }
        Ok(())
    }
}

/// RFC 6455 §7.4 and the IANA registry: which codes may travel.
fn close_code(payload: &[u8]) -> Result<Option<u16>, Violation> {
    match payload {
        [] => Ok(None),
        [_] => Err(Violation::Protocol("a close code of one byte")),
        [a, b, reason @ ..] => {
            let code = u16::from_be_bytes([*a, *b]);
            if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
                return Err(Violation::Protocol("a close code that may not travel"));
            }
            std::str::from_utf8(reason).map_err(|_| Violation::Utf8)?;
            Ok(Some(code))
        }
    }
}

/// RFC 6455 §5.3, eight bytes at a time (the compiler makes vectors of it).
fn unmask(payload: &mut [u8], key: [u8; 4]) {
    let [a, b, c, d] = key;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (chunks, rest) = payload.as_chunks_mut::<8>();
    for chunk in chunks {
        *chunk = (u64::from_ne_bytes(*chunk) ^ wide).to_ne_bytes();
    }
    for (byte, k) in rest.iter_mut().zip(key.iter().cycle()) {
        *byte ^= k;
    }
}

#[cfg(test)]
mod tests;
