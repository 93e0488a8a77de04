//! How long messages are kept. What goes in one step is arithmetic, and every store shares it.

use roomcast_protocol::RoomName;
use std::{num::NonZeroU64, time::Duration};

/// Messages that one step of retention forgets: a few milliseconds of a writer's time.
pub const MAX_FORGET: u64 = 128;
/// Rooms that one step of retention looks at.
pub const MAX_LOOK: usize = 1000;

/// What each room keeps; by default everything. The newest message of a room always stays, so that its numbers go on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// A message that is older goes, once all before it have gone: by the message's own time, in the order of numbers.
    pub max_age: Option<Duration>,
    /// So many messages stay at most.
    pub max_messages: Option<NonZeroU64>,
}

/// What one step of retention did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// What was forgotten; `None` where nothing was to be.
    pub forgotten: Option<Forgotten>,
    /// The room to go on from, `None` where all rooms have been looked at.
    pub next: Option<RoomName>,
}

/// What was forgotten of one room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forgotten {
    /// The room.
    pub room: RoomName,
    /// Its floor now: what it keeps begins with the next number.
    pub floor: u64,
    /// How many messages went, at most [`MAX_FORGET`].
    pub messages: u64,
}

impl Retention {
    /// Whether everything is kept.
    #[must_use]
    pub fn is_off(self) -> bool {
        self == Self::default()
    }

    /// Messages from before this time may go; 0 where age does not matter. Milliseconds since the Unix epoch, UTC.
    #[must_use]
    pub fn cutoff_ms(self, now_ms: u64) -> u64 {
        let age = |age: Duration| u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
        self.max_age.map_or(0, |max_age| now_ms.saturating_sub(age(max_age)))
    }

    /// The floor after one step in a room that keeps the messages `floor + 1 ..= head`: `floor` where nothing goes.
    /// `first_young` gives the first message after one number, up to another, that is not older than the limit.
    ///
    /// # Errors
    /// Those of `first_young`.
    pub fn next_floor<E>(
        self,
        floor: u64,
        head: u64,
        first_young: impl FnOnce(u64, u64) -> Result<Option<u64>, E>,
    ) -> Result<u64, E> {
        let last = (floor + MAX_FORGET).min(head.saturating_sub(1)).max(floor);
        let beyond = self.max_messages.map_or(0, |most| head.saturating_sub(most.get()));
        let by_count = beyond.clamp(floor, last);
        if self.max_age.is_none() || by_count == last {
            return Ok(by_count);
        }
        Ok(first_young(by_count, last)?.map_or(last, |young| young - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The floor after a step, where the messages `old` and all before it are too old.
    fn floor(retention: Retention, floor: u64, head: u64, old: u64) -> u64 {
        let young =
            |after: u64, upto: u64| Ok::<_, ()>(Some(old.max(after) + 1).filter(|young| *young <= upto));
        retention.next_floor(floor, head, young).unwrap()
    }

    #[test]
    fn a_step_goes_as_far_as_either_limit_and_its_bound() {
        let keep = |n| Retention { max_messages: NonZeroU64::new(n), ..Retention::default() };
        let age = Retention { max_age: Some(Duration::from_secs(1)), ..Retention::default() };
        assert_eq!(floor(Retention::default(), 3, 1000, 900), 3);
        assert_eq!(floor(keep(10), 3, 13, 0), 3);
        assert_eq!(floor(keep(10), 3, 14, 0), 4);
        assert_eq!(floor(keep(10), 3, 1000, 0), 3 + MAX_FORGET);
        assert_eq!(floor(keep(1), 990, 1000, 0), 999);
        assert_eq!(floor(age, 3, 1000, 3), 3);
        assert_eq!(floor(age, 3, 1000, 7), 7);
        assert_eq!(floor(age, 3, 1000, 900), 3 + MAX_FORGET);
        assert_eq!(floor(age, 990, 1000, 1000), 999, "the newest stays");
        assert_eq!(floor(age, 0, 0, 0), 0);
        assert_eq!(floor(age, 7, 7, 7), 7);
        let both = Retention { max_age: age.max_age, ..keep(10) };
        assert_eq!(floor(both, 0, 20, 5), 10);
        assert_eq!(floor(both, 0, 20, 15), 15);
    }

    #[test]
    fn the_cutoff_lies_before_now() {
        let age = |secs| Retention { max_age: Some(Duration::from_secs(secs)), ..Retention::default() };
        assert_eq!(age(1).cutoff_ms(5000), 4000);
        assert_eq!(age(10).cutoff_ms(5000), 0);
        assert_eq!(Retention::default().cutoff_ms(5000), 0);
        assert!(Retention::default().is_off() && !age(1).is_off());
    }
}
