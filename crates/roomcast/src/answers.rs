//! Memory for long answers. Each connection's share is bounded by its outbox; this bounds the sum of them, because ten
//! thousand who ask for much and take little would have more than the machine has.

use crate::Refusal;
use bytes::Bytes;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes of answers that may wait for their askers to take them. Beyond, who asks is refused with `unavailable`.
pub const ANSWERS_BYTES: usize = 64 << 20;
/// Pages that are read and encoded at once. Who asks meanwhile waits, and holds nothing.
pub const ANSWERS_AT_ONCE: usize = 16;
/// The longest answer there is: a page of 200 messages of 16 KiB. Where there is no room for one, none is begun, because
/// reading what is then refused would cost as much as answering.
const LONGEST: usize = 4 << 20;

/// What is left of both.
#[derive(Debug)]
pub(crate) struct Answers {
    turns: Arc<Semaphore>,
    bytes: Arc<Semaphore>,
}

impl Default for Answers {
    fn default() -> Self {
        let semaphore = |permits| Arc::new(Semaphore::new(permits));
        Self { turns: semaphore(ANSWERS_AT_ONCE), bytes: semaphore(ANSWERS_BYTES) }
    }
}

impl Answers {
    /// Waits for a turn, which lasts until it is dropped.
    pub(crate) async fn turn(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        // It is never closed.
        let turn = self.turns.clone().acquire_owned().await.map_err(|_| Refusal::unavailable())?;
        if self.bytes.available_permits() < LONGEST { Err(Refusal::overloaded()) } else { Ok(turn) }
    }

    /// Counts an answer for as long as somebody has it.
    pub(crate) fn keep(&self, answer: Bytes) -> Result<Bytes, Refusal> {
        let too_much = |_| Refusal::overloaded();
        let n_bytes = u32::try_from(answer.len()).unwrap_or(u32::MAX);
        let permit = self.bytes.clone().try_acquire_many_owned(n_bytes).map_err(too_much)?;
        Ok(Bytes::from_owner(Kept { answer, _permit: permit }))
    }
}

/// An answer, which gives its bytes back when it is dropped.
struct Kept {
    answer: Bytes,
    _permit: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        &self.answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use roomcast_protocol::ErrorCode;

    #[test]
    fn so_many_bytes_may_wait_and_not_one_more_until_one_is_taken() {
        let answers = Answers::default();
        let half = || answers.keep(vec![0; ANSWERS_BYTES / 2].into());
        let (first, _second) = (half().unwrap(), half().unwrap());
        let refusal = answers.keep(vec![0].into()).unwrap_err();
        assert_eq!(refusal.code, ErrorCode::Unavailable);
        let rest = first.slice(1..);
        drop(first);
        assert!(half().is_err(), "a part of it is still to be sent");
        drop(rest);
        half().unwrap();
    }

    #[tokio::test]
    async fn without_room_for_the_longest_answer_none_is_begun() {
        let answers = Answers::default();
        let kept = answers.keep(vec![0; ANSWERS_BYTES - LONGEST].into()).unwrap();
        drop(answers.turn().await.unwrap());
        let _one_more = answers.keep(vec![0].into()).unwrap();
        assert_eq!(answers.turn().await.unwrap_err().code, ErrorCode::Unavailable);
        drop(kept);
        drop(answers.turn().await.unwrap());
    }

    #[tokio::test]
    async fn so_many_take_turns_at_once() {
        let answers = Answers::default();
        let mut turns = Vec::new();
        for _ in 0..ANSWERS_AT_ONCE {
            turns.push(answers.turn().await.unwrap());
        }
        let next = answers.turn();
        tokio::pin!(next);
        assert!(futures_util::poll!(&mut next).is_pending());
        turns.pop();
        drop(next.await.unwrap());
    }
}
