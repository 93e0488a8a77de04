//! What a server frame says, as far as it matters here. A message in the form in which Roomcast writes it is read by
//! comparing bytes; everything else, and every message that differs from what was expected, by serde.

use crate::{outgoing, stamp};
use roomcast_protocol::{ServerFrame, server::Message};

/// A message that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Delivery {
    /// Its place in the room.
    pub(crate) seq: u64,
    /// Which of our members is said to have said it.
    pub(crate) sender: u32,
    /// The number in its content.
    pub(crate) number: u64,
}

/// What a server frame says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// A message as we sent it.
    Message(Delivery),
    /// A message that is not as anyone of us sent it.
    Altered {
        /// Its place in the room.
        seq: u64,
    },
    /// A message of another room.
    WrongRoom,
    /// This connection is in the room, behind this message.
    Joined {
        /// The newest message's number.
        head: u64,
    },
    /// A frame of ours was refused.
    Refused(String),
    /// Messages that the server will not send on this connection.
    Gap {
        /// How many.
        messages: u64,
    },
    /// Nothing that matters.
    Other,
    /// Not JSON, or not a frame.
    Unreadable,
}

/// A room as its members know it.
#[derive(Debug)]
pub(crate) struct Room {
    /// Its name.
    pub(crate) name: String,
    /// How each of its messages begins.
    prefix: Vec<u8>,
}

impl Room {
    /// The name must be canonical and free of anything that JSON escapes.
    pub(crate) fn new(name: String) -> Self {
        let prefix = format!(r#"{{"type":"message","room":"{name}","seq":"#).into_bytes();
        Self { name, prefix }
    }
}

/// The user name of a member who publishes.
pub(crate) fn user(member: u32) -> String {
    format!("m{member}")
}

/// Reads server frames.
#[derive(Debug)]
pub(crate) struct Reading {
    filler: Vec<u8>,
}

impl Reading {
    /// For messages of `size` bytes.
    pub(crate) fn new(size: usize) -> Self {
        Self { filler: outgoing::filler(size) }
    }

    /// The message, where the frame is one of this room, is written as Roomcast writes it, and says what we said.
    #[inline]
    pub(crate) fn message(&self, text: &[u8], room: &Room) -> Option<Delivery> {
        let rest = text.strip_prefix(room.prefix.as_slice())?;
        let (seq, rest) = number(rest)?;
        let (sender, rest) = number(rest.strip_prefix(br#","user":"m"#)?)?;
        let rest = rest.strip_prefix(br#"","content":""#)?;
        let number = stamp::read(rest)?;
        let rest = rest[stamp::LEN..].strip_prefix(self.filler.as_slice())?;
        rest.starts_with(br#"","timestamp":"#).then_some(())?;
        Some(Delivery { seq, sender: u32::try_from(sender).ok()?, number })
    }

    /// Whatever the frame says.
    pub(crate) fn any(&self, text: &[u8], room: &Room) -> Said {
        if is_chatter(text) {
            return Said::Other;
        }
        match serde_json::from_slice(text) {
            Ok(ServerFrame::Message(message)) => self.odd(&message, room),
            Ok(ServerFrame::Joined(joined)) if joined.room == room.name => Said::Joined { head: joined.head },
            Ok(ServerFrame::Joined(_)) => Said::WrongRoom,
            Ok(ServerFrame::Error(error)) => Said::Refused(format!("{}: {}", error.code, error.message)),
            Ok(ServerFrame::Gap(gap)) => Said::Gap { messages: (gap.to + 1).saturating_sub(gap.from) },
            Ok(_) => Said::Other,
            Err(_) => Said::Unreadable,
        }
    }

    fn odd(&self, message: &Message<'_>, room: &Room) -> Said {
        if message.room != room.name {
            return Said::WrongRoom;
        }
        let content = message.content.as_bytes();
        let sender = message.user.strip_prefix('m').and_then(|sender| sender.parse().ok());
        match (stamp::read(content), sender) {
            (Some(number), Some(sender)) if content[stamp::LEN..] == self.filler => {
                Said::Message(Delivery { seq: message.seq, sender, number })
            }
            _ => Said::Altered { seq: message.seq },
        }
    }
}

/// Frames that come in numbers and say nothing that matters here.
fn is_chatter(text: &[u8]) -> bool {
    const KINDS: [&[u8]; 5] = [br#"join""#, br#"leave""#, br#"presence"#, br#"typing""#, br#"hello""#];
    let kind = text.strip_prefix(br#"{"type":""#);
    kind.is_some_and(|kind| KINDS.iter().any(|chatter| kind.starts_with(chatter)))
}

/// The digits at the beginning.
#[inline]
fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    let mut digits = 0;
    while let Some(digit) = bytes.get(digits).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10)
    {
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
        digits += 1;
    }
    // 17 digits hold every number of the protocol (2^53), and fit.
    (1..=17).contains(&digits).then(|| (value, &bytes[digits..]))
}

#[cfg(test)]
mod tests;
