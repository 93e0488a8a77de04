//! Deadlines: one coarse wheel a shard, no timer a connection. A connection has one entry that counts; when its tick
//! comes the shard looks at the connection, which says when it wants to be looked at next.

use crate::inbox::ConnectionId;

/// Ticks ahead that fit; a later look is brought forward and filed again.
const SLOTS: u32 = 64;

#[derive(Debug)]
pub(crate) struct Wheel {
    slots: Vec<Vec<ConnectionId>>,
    now: u32,
}

impl Default for Wheel {
    fn default() -> Self {
        Self { slots: (0..SLOTS).map(|_| Vec::new()).collect(), now: 0 }
    }
}

impl Wheel {
    /// Ticks since the shard began.
    pub(crate) fn now(&self) -> u32 {
        self.now
    }

    /// Files a look and returns the tick at which it will come.
    pub(crate) fn file(&mut self, id: ConnectionId, tick: u32) -> u32 {
        let tick = tick.clamp(self.now + 1, self.now + SLOTS - 1);
        self.slots[(tick % SLOTS) as usize].push(id);
        tick
    }

    /// Moves on by a tick and gives the connections to look at.
    pub(crate) fn advance(&mut self) -> Vec<ConnectionId> {
        self.now += 1;
        std::mem::take(&mut self.slots[(self.now % SLOTS) as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_comes_at_its_tick_and_far_ones_are_brought_forward() {
        let mut wheel = Wheel::default();
        let id = |key| ConnectionId { key, serial: 0 };
        for _ in 0..100 {
            let now = wheel.now();
            assert_eq!(wheel.file(id(1), now + 25), now + 25);
            assert_eq!(wheel.file(id(2), now + 1000), now + SLOTS - 1);
            assert_eq!(wheel.file(id(3), now), now + 1);
            assert!(wheel.advance().contains(&id(3)));
        }
        let next: Vec<_> = wheel.advance();
        assert!(next.contains(&id(1)) && next.contains(&id(2)));
    }

    #[test]
    fn the_last_slot_is_not_the_one_that_is_emptied_next() {
        let mut wheel = Wheel::default();
        let id = |key| ConnectionId { key, serial: 0 };
        assert_eq!(wheel.file(id(1), SLOTS - 1), SLOTS - 1);
        assert_eq!(wheel.file(id(2), SLOTS), SLOTS - 1);
        for _ in 1..SLOTS - 1 {
            assert!(wheel.advance().is_empty());
        }
        assert_eq!(wheel.advance(), [id(1), id(2)]);
    }
}
