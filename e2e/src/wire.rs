//! WebSocket frames as bytes (RFC 6455 §5.2): written by hand, so that they can be wrong on purpose.

/// The final fragment of a text message.
pub const TEXT: u8 = 0x81;
/// The final fragment of a binary message.
pub const BINARY: u8 = 0x82;
/// A close frame.
pub const CLOSE: u8 = 0x88;
/// A ping frame.
pub const PING: u8 = 0x89;
/// A pong frame.
pub const PONG: u8 = 0x8a;

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A masked frame, as a client sends it; `first` is the first byte whole (FIN, reserved bits, opcode).
pub fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = header(first, payload.len(), 0x80);
    frame.extend_from_slice(&MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// A frame without a mask, which a client must not send.
pub fn unmasked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = header(first, payload.len(), 0);
    frame.extend_from_slice(payload);
    frame
}

/// The first bytes of a frame: what it is and how long. A length may be claimed without a payload to it.
pub fn header(first: u8, length: usize, mask_bit: u8) -> Vec<u8> {
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ ..=125), _) => vec![first, mask_bit | short],
        (_, Ok(medium)) => [&[first, mask_bit | 126][..], &medium.to_be_bytes()].concat(),
        _ => [&[first, mask_bit | 127][..], &(length as u64).to_be_bytes()].concat(),
    }
}

/// A frame of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The first byte whole.
    pub first: u8,
    /// The payload.
    pub payload: Vec<u8>,
}

impl Frame {
    /// The code of a close frame.
    pub fn close_code(&self) -> Option<u16> {
        let code = self.payload.first_chunk::<2>().copied().map(u16::from_be_bytes);
        code.filter(|_| self.first == CLOSE)
    }
}

/// How long the head and the payload of the first frame in `bytes` are, once the head has arrived.
pub fn measure(bytes: &[u8]) -> Option<(usize, usize)> {
    match bytes.get(1)? & 0x7f {
        126 => bytes
            .get(2..4)
            .and_then(|length| length.try_into().ok())
            .map(|it| (4, usize::from(u16::from_be_bytes(it)))),
        127 => bytes
            .get(2..10)
            .and_then(|length| length.try_into().ok())
            .map(|it| (10, u64::from_be_bytes(it) as usize)),
        short => Some((2, usize::from(short))),
    }
}

/// Takes the first whole frame out of what has arrived.
pub fn take(bytes: &mut Vec<u8>) -> Option<Frame> {
    let (head, length) = measure(bytes)?;
    assert!(bytes[1] & 0x80 == 0, "a server must not mask");
    if bytes.len() < head + length {
        return None;
    }
    let frame = Frame { first: bytes[0], payload: bytes[head..head + length].to_vec() };
    bytes.drain(..head + length);
    Some(frame)
}

/// The number of a message, found by searching the text: where half a million frames are due, a test build parses
/// JSON too slowly. For contents without quotes, which could mislead it.
pub fn message_seq(payload: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(payload).ok().filter(|text| text.contains(r#""type":"message""#))?;
    let (_, rest) = text.split_once(r#""seq":"#)?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}
