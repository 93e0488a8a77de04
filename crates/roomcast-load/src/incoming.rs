//! Frames as the server writes them (RFC 6455 §5.2), split where they lie. Nothing is copied.

pub(crate) const TEXT: u8 = 0x1;
pub(crate) const CLOSE: u8 = 0x8;
pub(crate) const PING: u8 = 0x9;
pub(crate) const PONG: u8 = 0xA;

/// A whole frame.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    pub(crate) opcode: u8,
    pub(crate) payload: &'a [u8],
    /// Bytes of the frame, header included.
    pub(crate) size: usize,
}

/// Not what a server may send, or not what ours sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken(pub(crate) &'static str);

/// The frame at the beginning; `None` where more bytes are needed.
#[inline]
pub(crate) fn split(bytes: &[u8]) -> Result<Option<Frame<'_>>, Broken> {
    let [first, second, rest @ ..] = bytes else { return Ok(None) };
    if first & 0xF0 != 0x80 {
        return Err(Broken("a fragment, or a reserved bit"));
    }
    let Some((head, len)) = length(*second, rest)? else { return Ok(None) };
    let Some(payload) = bytes.get(head..).and_then(|rest| rest.get(..len)) else { return Ok(None) };
    Ok(Some(Frame { opcode: first & 15, payload, size: head + len }))
}

/// The header's and the payload's bytes.
#[inline]
fn length(second: u8, rest: &[u8]) -> Result<Option<(usize, usize)>, Broken> {
    Ok(match second {
        0..=125 => Some((2, usize::from(second))),
        126 => rest.first_chunk().map(|len| (4, usize::from(u16::from_be_bytes(*len)))),
        127 => match rest.first_chunk().map(|len| u64::from_be_bytes(*len)) {
            Some(len) => Some((10, usize::try_from(len).map_err(|_| Broken("a frame of absurd length"))?)),
            None => None,
        },
        _ => return Err(Broken("a masked frame")),
    })
}

/// A close frame's code and reason.
pub(crate) fn closed(payload: &[u8]) -> String {
    match payload.split_first_chunk() {
        Some((code, reason)) => {
            format!(
                "closed by the server with {}: {}",
                u16::from_be_bytes(*code),
                String::from_utf8_lossy(reason)
            )
        }
        None => "closed by the server without a code".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_every_length_are_split() {
        for len in [0_usize, 125, 126, 65_535, 65_536] {
            let mut bytes = vec![0x81];
            match len {
                0..=125 => bytes.push(len as u8),
                126..=65_535 => bytes.extend([&[126], &(len as u16).to_be_bytes()[..]].concat()),
                _ => bytes.extend([&[127], &(len as u64).to_be_bytes()[..]].concat()),
            }
            let head = bytes.len();
            bytes.resize(head + len, b'x');
            for cut in [0, 1, head - 1, bytes.len() - 1] {
                assert_eq!(split(&bytes[..cut]), Ok(None), "{len} {cut}");
            }
            bytes.push(0x89);
            let frame = split(&bytes).unwrap().unwrap();
            assert_eq!((frame.opcode, frame.payload.len(), frame.size), (TEXT, len, head + len));
        }
    }

    #[test]
    fn what_a_server_may_not_send_is_refused() {
        for bytes in [[0x01, 1], [0xC1, 1], [0x81, 0x81]] {
            assert!(split(&bytes).is_err(), "{bytes:?}");
        }
        assert!(split(&[&[0x81, 127], &[0xFF; 8][..]].concat()).is_ok_and(|frame| frame.is_none()));
    }
}
