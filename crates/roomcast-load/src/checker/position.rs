//! Where one connection is in its room: which `seq` must come next, and which were left out.

/// Holes that one connection may have at a time. Of what lies in further ones only the number is kept: lost it is,
/// but when it comes late after all it is taken for doubled.
const MAX_HOLES: usize = 4_096;

/// What a `seq` is to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The next one, or one beyond a hole.
    Forward,
    /// One that a later one had overtaken.
    Late,
    /// One that it has already.
    Double,
}

/// A connection's place in its room.
#[derive(Debug, Default)]
pub(crate) struct Position {
    next: u64,
    holes: Vec<Hole>,
    forgotten: u64,
}

/// From `from` up to but not including `to`.
#[derive(Clone, Copy, Debug)]
struct Hole {
    from: u64,
    to: u64,
}

impl Position {
    /// Behind this message.
    pub(crate) fn behind(head: u64) -> Self {
        Self { next: head + 1, ..Self::default() }
    }

    #[inline]
    pub(crate) fn take(&mut self, seq: u64) -> Step {
        if seq == self.next {
            self.next += 1;
            return Step::Forward;
        }
        self.jump(seq)
    }

    #[cold]
    fn jump(&mut self, seq: u64) -> Step {
        if seq > self.next {
            self.dig(Hole { from: self.next, to: seq });
            self.next = seq + 1;
            return Step::Forward;
        }
        if self.fill(seq) { Step::Late } else { Step::Double }
    }

    fn dig(&mut self, hole: Hole) {
        if self.holes.len() < MAX_HOLES {
            self.holes.push(hole);
        } else {
            self.forgotten += hole.to - hole.from;
        }
    }

    fn fill(&mut self, seq: u64) -> bool {
        let Some(at) = self.holes.iter().position(|hole| (hole.from..hole.to).contains(&seq)) else {
            return false;
        };
        let hole = self.holes.swap_remove(at);
        let parts = [Hole { from: hole.from, to: seq }, Hole { from: seq + 1, to: hole.to }];
        parts.into_iter().filter(|part| part.from < part.to).for_each(|part| self.dig(part));
        true
    }

    /// Messages that were left out so far.
    pub(crate) fn missing(&self) -> u64 {
        self.forgotten + self.holes.iter().map(|hole| hole.to - hole.from).sum::<u64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_next_late_or_double() {
        let mut position = Position::behind(10);
        let steps: Vec<_> = [11, 12, 16, 14, 14, 13, 12, 10, 15, 17].map(|seq| position.take(seq)).into();
        use Step::{Double, Forward, Late};
        assert_eq!(steps, [Forward, Forward, Forward, Late, Double, Late, Double, Double, Late, Forward]);
        assert_eq!(position.missing(), 0);
    }

    #[test]
    fn holes_are_bounded_and_still_counted() {
        let mut position = Position::behind(0);
        (1..=MAX_HOLES as u64 + 10).for_each(|n| assert_eq!(position.take(n * 2), Step::Forward));
        assert_eq!((position.holes.len(), position.missing()), (MAX_HOLES, MAX_HOLES as u64 + 10));
        assert_eq!(position.take(1), Step::Late);
        assert_eq!(position.missing(), MAX_HOLES as u64 + 9);
    }
}
