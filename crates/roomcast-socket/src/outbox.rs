//! What one connection is owed and its socket has not taken. It exists only while there is something: a connection
//! that keeps up has none.
//!
//! Two lanes (`docs/protocol.md` §5). Volatile frames are dropped first, once [`VOLATILE_BYTES`] wait; durable ones are
//! never dropped in silence: when they would pass the connection's limit, [`Outbox::push`] says so and its caller must.

use crate::hub::Lane;
use bytes::{Buf, Bytes};
use std::{collections::VecDeque, io::IoSlice};

/// Bytes that may wait before volatile frames are dropped.
pub(crate) const VOLATILE_BYTES: usize = 64 * 1024;
/// A connection that is owed this much is not read: whoever asks must also listen.
pub(crate) const CHOKE_BYTES: usize = 256 * 1024;
/// Room for answers beyond what the topics may fill: the longest answer there is (a page of history with 200 messages of
/// 16 KiB) fits.
pub(crate) const ANSWER_BYTES: usize = 4 << 20;
/// Pieces handed to the kernel in one call.
pub(crate) const PIECES: usize = 64;

#[derive(Debug, Default)]
pub(crate) struct Outbox {
    queue: VecDeque<Bytes>,
    bytes: usize,
}

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pushed {
    /// It waits its turn.
    Queued,
    /// It was volatile, and too much waits already.
    Dropped,
    /// It was durable, and does not fit.
    Full,
}

impl Outbox {
    pub(crate) fn push(&mut self, frames: Bytes, lane: Lane, limit: usize) -> Pushed {
        if lane == Lane::Volatile && self.bytes > VOLATILE_BYTES {
            return Pushed::Dropped;
        }
        if !self.queue.is_empty() && self.bytes + frames.len() > limit {
            return Pushed::Full;
        }
        self.push_rest(frames);
        Pushed::Queued
    }

    /// What is for this connection alone may pass the limit by [`ANSWER_BYTES`]: whoever is owed more than
    /// [`CHOKE_BYTES`] is not read, so that answers are bounded by their questions.
    pub(crate) fn push_answer(&mut self, frames: Bytes, limit: usize) -> Pushed {
        self.push(frames, Lane::Durable, limit + ANSWER_BYTES)
    }

    /// The rest of something of which the peer has a part: it cannot be refused any more.
    pub(crate) fn push_rest(&mut self, frames: Bytes) {
        if !frames.is_empty() {
            self.bytes += frames.len();
            self.queue.push_back(frames);
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Forgets what no socket has seen, for a connection that is given up: only what may have gone in part is kept.
    pub(crate) fn cut(&mut self) {
        self.queue.truncate(1);
        self.bytes = self.queue.front().map_or(0, Bytes::len);
    }

    /// Fills `slices` from the front and returns how many.
    pub(crate) fn front<'a>(&'a self, slices: &mut [IoSlice<'a>; PIECES]) -> usize {
        let mut n = 0;
        for (slice, piece) in slices.iter_mut().zip(&self.queue) {
            *slice = IoSlice::new(piece);
            n += 1;
        }
        n
    }

    /// The socket took this many bytes.
    pub(crate) fn taken(&mut self, mut n: usize) {
        self.bytes -= n;
        while let Some(piece) = self.queue.front_mut() {
            if n < piece.len() {
                piece.advance(n);
                return;
            }
            n -= piece.len();
            self.queue.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(n: usize) -> Bytes {
        Bytes::from(vec![0; n])
    }

    #[test]
    fn volatile_frames_give_way_first_and_durable_ones_are_never_dropped_in_silence() {
        let mut outbox = Outbox::default();
        let limit = VOLATILE_BYTES * 2;
        assert_eq!(outbox.push(frame(VOLATILE_BYTES), Lane::Durable, limit), Pushed::Queued);
        assert_eq!(outbox.push(frame(1), Lane::Volatile, limit), Pushed::Queued);
        assert_eq!(outbox.push(frame(1), Lane::Volatile, limit), Pushed::Dropped);
        assert_eq!(outbox.push(frame(1), Lane::Durable, limit), Pushed::Queued);
        assert_eq!(outbox.push(frame(limit), Lane::Durable, limit), Pushed::Full);
        assert_eq!(outbox.bytes(), VOLATILE_BYTES + 2);
    }

    #[test]
    fn one_frame_larger_than_the_limit_passes_an_empty_outbox() {
        assert_eq!(Outbox::default().push(frame(100), Lane::Durable, 10), Pushed::Queued);
    }

    #[test]
    fn it_is_filled_to_its_limit_and_not_by_a_byte_more() {
        let mut outbox = Outbox::default();
        assert_eq!(outbox.push(frame(1), Lane::Durable, 10), Pushed::Queued);
        assert_eq!(outbox.push(frame(10), Lane::Durable, 10), Pushed::Full);
        assert_eq!(outbox.push(frame(9), Lane::Durable, 10), Pushed::Queued);
        assert_eq!(outbox.push(frame(1), Lane::Durable, 10), Pushed::Full);
    }

    #[test]
    fn answers_have_room_of_their_own_and_that_ends_too() {
        let mut outbox = Outbox::default();
        assert_eq!(outbox.push(frame(100), Lane::Durable, 100), Pushed::Queued);
        assert_eq!(outbox.push(frame(1), Lane::Durable, 100), Pushed::Full);
        assert_eq!(outbox.push_answer(frame(ANSWER_BYTES), 100), Pushed::Queued);
        assert_eq!(outbox.push_answer(frame(1), 100), Pushed::Full);
    }

    #[test]
    fn what_the_socket_took_is_forgotten_byte_by_byte() {
        let mut outbox = Outbox::default();
        for _ in 0..3 {
            outbox.push(frame(10), Lane::Durable, 1000);
        }
        outbox.taken(15);
        assert_eq!(outbox.bytes(), 15);
        let mut slices = [IoSlice::new(&[]); PIECES];
        assert_eq!(outbox.front(&mut slices), 2);
        assert_eq!((slices[0].len(), slices[1].len()), (5, 10));
        outbox.taken(15);
        assert!(outbox.is_empty() && outbox.bytes() == 0);
    }
}
