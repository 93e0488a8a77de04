//! What is sent: frames as a client writes them, masked (RFC 6455 §5.3).

use crate::stamp;

const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;
const PONG: u8 = 0xA;

const BEFORE: &[u8] = br#"{"type":"message","content":""#;
const AFTER: &[u8] = br#""}"#;
/// No character of it is escaped in JSON and none is a space that might be trimmed, so that it comes back as it went.
const WORDS: &[u8] = b".the.quick.brown.fox.jumps.over.the.lazy.dog.and.so.on.and.on";

/// Writes frames into a buffer of its own.
#[derive(Debug)]
pub(crate) struct Composer {
    filler: Vec<u8>,
    text: Vec<u8>,
    frame: Vec<u8>,
    key: u32,
}

impl Composer {
    /// For messages of `size` bytes.
    pub(crate) fn new(size: usize) -> Self {
        let (text, frame) = (Vec::new(), Vec::new());
        Self { filler: filler(size), text, frame, key: 0x9E37_79B9 }
    }

    /// Says the message of this number.
    pub(crate) fn message(&mut self, number: u64) -> &[u8] {
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        text.extend_from_slice(BEFORE);
        stamp::put(&mut text, number);
        text.extend_from_slice(&self.filler);
        text.extend_from_slice(AFTER);
        self.masked(TEXT, &text);
        self.text = text;
        &self.frame
    }

    /// Says what the text says.
    pub(crate) fn text(&mut self, text: &str) -> &[u8] {
        self.masked(TEXT, text.as_bytes());
        &self.frame
    }

    /// Answers a ping.
    pub(crate) fn pong(&mut self, payload: &[u8]) -> &[u8] {
        self.masked(PONG, payload);
        &self.frame
    }

    /// Leaves properly.
    pub(crate) fn close(&mut self) -> &[u8] {
        self.masked(CLOSE, &1000_u16.to_be_bytes());
        &self.frame
    }

    #[expect(clippy::cast_possible_truncation, reason = "each arm's range fits; frames are below 64 KiB")]
    fn masked(&mut self, opcode: u8, payload: &[u8]) {
        let key = self.next_key();
        self.frame.clear();
        self.frame.push(0x80 | opcode);
        match payload.len() {
            len @ 0..=125 => self.frame.push(0x80 | len as u8),
            len => {
                self.frame.push(0x80 | 126);
                self.frame.extend_from_slice(&(len as u16).to_be_bytes());
            }
        }
        self.frame.extend_from_slice(&key);
        self.frame.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
    }

    /// Marsaglia's xorshift: the server must not be able to rely on a key, and nobody attacks a load generator.
    fn next_key(&mut self) -> [u8; 4] {
        self.key ^= self.key << 13;
        self.key ^= self.key >> 17;
        self.key ^= self.key << 5;
        self.key.to_ne_bytes()
    }
}

/// What follows the stamp in a content of `size` bytes.
pub(crate) fn filler(size: usize) -> Vec<u8> {
    WORDS.iter().copied().cycle().take(size.saturating_sub(stamp::LEN)).collect()
}

/// The request that opens a connection to this path and query.
pub(crate) fn upgrade(host: &str, path: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
}

/// The example of RFC 6455 §1.3, and what a server that speaks the protocol makes of it.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
pub(crate) const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

#[cfg(test)]
mod tests {
    use super::*;
    use roomcast_protocol::{ClientFrame, Envelope};

    fn unmasked(frame: &[u8]) -> String {
        let head = if frame[1] & 127 == 126 { 4 } else { 2 };
        let key = &frame[head..head + 4];
        let text = frame[head + 4..].iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key);
        String::from_utf8(text.collect()).unwrap()
    }

    #[test]
    fn messages_have_the_size_that_was_asked_for() {
        for size in [stamp::LEN, 64, 125, 126, 4000] {
            let mut composer = Composer::new(size);
            let text = unmasked(composer.message(7));
            let ClientFrame::Message { content, .. } = Envelope::parse(&text).unwrap().frame else {
                panic!("{text}");
            };
            assert_eq!(content.len(), size);
            assert!(roomcast_protocol::check_content(&content).is_ok());
            assert_eq!(stamp::read(content.as_bytes()), Some(7));
        }
    }

    #[test]
    fn keys_differ() {
        let mut composer = Composer::new(64);
        assert_ne!(composer.message(1).to_vec(), composer.message(1).to_vec());
    }
}
