//! Frames as the server writes them (RFC 6455 §5.2). They are not masked, so the encoded bytes are the same for
//! every receiver: a frame is encoded once and the bytes are shared.

use bytes::{BufMut, Bytes, BytesMut};

pub(crate) const CONTINUATION: u8 = 0x0;
pub(crate) const TEXT: u8 = 0x1;
pub(crate) const BINARY: u8 = 0x2;
pub(crate) const CLOSE: u8 = 0x8;
pub(crate) const PING: u8 = 0x9;
pub(crate) const PONG: u8 = 0xA;

/// The longest header the server writes, in bytes: two, and a length of eight.
pub const MAX_HEADER: usize = 10;
/// Payload of a control frame, in bytes (RFC 6455 §5.5).
pub(crate) const MAX_CONTROL: usize = 125;

const FIN: u8 = 0x80;
const LEN_16: u8 = 126;
const LEN_64: u8 = 127;

/// A text frame.
#[must_use]
pub fn text(payload: &str) -> Bytes {
    encode(TEXT, payload.as_bytes())
}

/// A binary frame.
#[must_use]
pub fn binary(payload: &[u8]) -> Bytes {
    encode(BINARY, payload)
}

/// Appends a text frame to a buffer, for those who gather several in one. The caller vouches for UTF-8.
pub fn put_text(out: &mut BytesMut, payload: &[u8]) {
    out.reserve(payload.len() + MAX_HEADER);
    put_header(out, TEXT, payload.len());
    out.put_slice(payload);
}

pub(crate) fn encode(opcode: u8, payload: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(payload.len() + MAX_HEADER);
    put_header(&mut out, opcode, payload.len());
    out.put_slice(payload);
    out.freeze()
}

/// A close frame. Codes that must not travel (1005, 1006) become an empty one; the reason is cut to fit.
pub(crate) fn close(code: u16, reason: &str) -> Bytes {
    if matches!(code, 1005 | 1006) {
        return encode(CLOSE, &[]);
    }
    let mut end = reason.len().min(MAX_CONTROL - 2);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    let mut payload = Vec::with_capacity(2 + end);
    payload.extend_from_slice(&code.to_be_bytes());
    payload.extend_from_slice(&reason.as_bytes()[..end]);
    encode(CLOSE, &payload)
}

/// Lengths are written in their shortest form, as the RFC asks.
#[expect(clippy::cast_possible_truncation, reason = "each arm's range fits the type it casts to")]
fn put_header(out: &mut BytesMut, opcode: u8, len: usize) {
    out.put_u8(FIN | opcode);
    match len {
        0..=125 => out.put_u8(len as u8),
        126..=0xFFFF => {
            out.put_u8(LEN_16);
            out.put_u16(len as u16);
        }
        _ => {
            out.put_u8(LEN_64);
            out.put_u64(len as u64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_take_their_shortest_form() {
        for (len, header) in [(0, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)] {
            assert_eq!(binary(&vec![0; len]).len(), len + header, "{len}");
        }
    }

    #[test]
    fn close_reasons_are_cut_between_characters() {
        let frame = close(4008, &"ä".repeat(100));
        assert_eq!(frame.len(), 2 + 2 + 122);
        assert!(std::str::from_utf8(&frame[4..]).is_ok());
        assert_eq!(&close(1005, "x")[..], [0x88, 0]);
        for (len, kept) in [(MAX_CONTROL - 2, MAX_CONTROL), (MAX_CONTROL - 1, MAX_CONTROL)] {
            assert_eq!(close(4008, &"x".repeat(len)).len(), 2 + kept, "{len}");
        }
    }
}
