//! Every message that was published: by whom, where, when, and who has yet to get it. Kept until it is settled and a
//! little longer, for those who come and go.

use std::collections::VecDeque;

/// How long after its publication a message is kept, in nanoseconds.
const KEEP: u64 = 2_000_000_000;
/// Messages that are kept at most; beyond, the oldest is settled as it stands.
const MAX_KEPT: usize = 4_000_000;
/// How long a saturating run waits for a message before it goes on without, in nanoseconds.
const PATIENCE: u64 = 3_000_000_000;

/// A message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Published {
    /// When it was due, in nanoseconds since the run began.
    pub(crate) at: u64,
    /// Its place in the room; 0 until somebody got it.
    pub(crate) seq: u64,
    pub(crate) sender: u32,
    pub(crate) room: u32,
    /// Steady members that have yet to get it.
    pub(crate) owed: u32,
    /// Counts against the window.
    pub(crate) open: bool,
}

/// The messages, by number.
#[derive(Debug)]
pub(crate) struct Ledger {
    kept: VecDeque<Published>,
    max_kept: usize,
    /// The number of the first that is kept.
    first: u64,
    /// Messages that steady members have yet to get and are waited for.
    open: u32,
}

impl Default for Ledger {
    fn default() -> Self {
        Self { kept: VecDeque::new(), max_kept: MAX_KEPT, first: 0, open: 0 }
    }
}

impl Ledger {
    /// Enters a message and gives it its number.
    pub(crate) fn publish(&mut self, room: u32, sender: u32, owed: u32, at: u64) -> u64 {
        let open = owed > 0;
        self.open += u32::from(open);
        self.kept.push_back(Published { at, seq: 0, sender, room, owed, open });
        self.first + self.kept.len() as u64 - 1
    }

    /// Numbers up to here were given.
    pub(crate) fn end(&self) -> u64 {
        self.first + self.kept.len() as u64
    }

    pub(crate) const fn open(&self) -> u32 {
        self.open
    }

    #[inline]
    pub(crate) fn get(&mut self, number: u64) -> Option<&mut Published> {
        let index = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.kept.get_mut(index)
    }

    /// A steady member got it.
    #[inline]
    pub(crate) fn received(&mut self, number: u64) {
        let Some(published) = self.get(number) else { return };
        published.owed = published.owed.saturating_sub(1);
        if published.owed == 0 && published.open {
            published.open = false;
            self.open -= 1;
        }
    }

    /// The server refused the oldest of this sender's messages that nobody got. How many it was owed to; `None`
    /// where there is no such message.
    pub(crate) fn refuse(&mut self, sender: u32) -> Option<u32> {
        let refused = self.kept.iter_mut().find(|it| it.sender == sender && it.seq == 0 && it.owed > 0)?;
        self.open -= u32::from(std::mem::take(&mut refused.open));
        Some(std::mem::take(&mut refused.owed))
    }

    /// Stops waiting for messages of long ago; they are still owed. How many there were.
    pub(crate) fn give_up(&mut self, now: u64) -> u64 {
        let mut given_up = 0;
        let old = self.kept.iter_mut().take_while(|it| it.at + PATIENCE < now);
        old.filter(|it| it.open).for_each(|published| {
            published.open = false;
            given_up += 1;
        });
        self.open -= given_up;
        u64::from(given_up)
    }

    /// The oldest message, where it is settled: everyone has it and it is old, or there are too many, or all
    /// (`everything`) are to be settled.
    pub(crate) fn settle(&mut self, now: u64, everything: bool) -> Option<Published> {
        let oldest = self.kept.front()?;
        let done = oldest.owed == 0 && oldest.at + KEEP < now;
        if !done && !everything && self.kept.len() <= self.max_kept {
            return None;
        }
        let settled = self.kept.pop_front()?;
        self.first += 1;
        self.open -= u32::from(settled.open);
        Some(settled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_are_kept_and_beyond_that_the_oldest_is_settled_as_it_stands() {
        let mut ledger = Ledger { max_kept: 3, ..Ledger::default() };
        assert!((0..3).map(|at| ledger.publish(0, 0, 2, at)).eq(0..3));
        assert!(ledger.settle(u64::MAX, false).is_none());
        ledger.publish(0, 0, 2, 3);
        ledger.received(0);
        assert!(ledger.settle(0, false).is_some_and(|oldest| (oldest.at, oldest.owed) == (0, 1)));
        assert!(ledger.settle(0, false).is_none());
        assert_eq!((ledger.open(), ledger.end()), (3, 4));
        assert!(ledger.get(0).is_none() && ledger.get(1).is_some());
    }
}
