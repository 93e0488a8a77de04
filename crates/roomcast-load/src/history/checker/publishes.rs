//! What was published, and what the publishers know of it.

use super::Malformed;
use crate::history::{Check, Finding, Hash, findings::Findings};
use std::collections::HashMap;

/// A message, over all attempts to publish it.
#[derive(Debug)]
pub(super) struct Publish {
    pub(super) room: usize,
    pub(super) hash: Hash,
    /// When the first attempt began.
    pub(super) invoked_at: u64,
    pub(super) attempts: u32,
    /// Attempts that were refused.
    pub(super) failed: u32,
    /// Answers that give it a number; more than one where a retry was answered under another log.
    pub(super) acks: Vec<Ack>,
}

/// That a message has a number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ack {
    /// The log, by its index in the room.
    pub(super) epoch: usize,
    pub(super) seq: u64,
    /// When it was first said.
    pub(super) at: u64,
}

/// What the publisher knows of a message in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::history) enum Outcome {
    Acknowledged,
    /// Every attempt was refused.
    Refused,
    Unknown,
}

impl Publish {
    pub(super) fn outcome(&self) -> Outcome {
        if !self.acks.is_empty() {
            Outcome::Acknowledged
        } else if self.failed == self.attempts {
            Outcome::Refused
        } else {
            Outcome::Unknown
        }
    }

    /// C2: a repetition is answered with the first number.
    pub(super) fn acknowledged(
        &mut self,
        nonce: &str,
        epoch: usize,
        seq: u64,
        at: u64,
        room: &str,
        findings: &mut Findings,
    ) {
        match self.acks.iter_mut().find(|ack| ack.epoch == epoch) {
            None => {
                // Nearly always there is one, and a list of its own accord would begin with four.
                self.acks.reserve_exact(1);
                self.acks.push(Ack { epoch, seq, at });
            }
            Some(ack) if ack.seq == seq => ack.at = ack.at.min(at),
            Some(ack) => {
                let what = format!("acknowledged as {} and again as {seq}", ack.seq);
                findings.add(Check::C2, Finding::new(room, what).nonce(nonce).seq(seq));
            }
        }
    }
}

/// Every message that was published.
#[derive(Debug, Default)]
pub(super) struct Publishes {
    by_nonce: HashMap<Box<str>, Publish>,
    by_hash: HashMap<Hash, Box<str>>,
}

impl Publishes {
    pub(super) fn invoke(&mut self, room: usize, nonce: &str, hash: Hash, at: u64) -> Result<(), Malformed> {
        if let Some(publish) = self.by_nonce.get_mut(nonce) {
            if (publish.room, publish.hash) != (room, hash) {
                return Err(Malformed(format!("the nonce {nonce:?} was used for another message before")));
            }
            publish.attempts += 1;
            publish.invoked_at = publish.invoked_at.min(at);
            return Ok(());
        }
        if let Some(other) = self.by_hash.insert(hash, nonce.into()) {
            return Err(Malformed(format!("the messages {nonce:?} and {other:?} have the same hash")));
        }
        let (failed, acks) = (0, Vec::new());
        let publish = Publish { room, hash, invoked_at: at, attempts: 1, failed, acks };
        self.by_nonce.insert(nonce.into(), publish);
        Ok(())
    }

    /// The message that an attempt was answered of.
    pub(super) fn answered(&mut self, nonce: &str) -> Result<&mut Publish, Malformed> {
        self.by_nonce.get_mut(nonce).ok_or_else(|| Malformed(format!("the nonce {nonce:?} was never sent")))
    }

    /// Every message, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Publish)> {
        self.by_nonce.iter().map(|(nonce, publish)| (&**nonce, publish))
    }

    /// The message of this hash.
    pub(super) fn of(&self, hash: Hash) -> Option<(&str, &Publish)> {
        let nonce = self.by_hash.get(&hash)?;
        Some((nonce, self.by_nonce.get(nonce)?))
    }
}
