//! Saying what is due: at a fixed rate, or whenever the window has room.

use super::{Engine, nanos};
use crate::{Pace, Plan};
use std::time::Duration;

/// Messages of a fixed rate that are published between two looks at the sockets. A window is bound enough by itself,
/// and what left in two halves would come back in two halves for ever.
const AT_A_TIME: u32 = 256;
/// A publisher whose socket owes this much is passed over: the server does not read, and we must not pile up.
pub(super) const MAX_UNSENT_BYTES: usize = 256 * 1024;
/// Publishers that are tried before the message waits.
const TRIES: u64 = 64;

/// When what is said, and by whom.
#[derive(Debug)]
pub(super) struct Schedule {
    pace: Pace,
    rooms: u64,
    members: u64,
    publishers: u64,
    started: u64,
    /// Nothing is published from then on; 0 before it starts.
    ends: u64,
    said: u64,
    turn: u64,
    /// The window is full, or nobody can speak: the next look is when something has been read.
    blocked: bool,
}

impl Schedule {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            pace: plan.pace,
            rooms: plan.rooms.into(),
            members: plan.members.into(),
            publishers: plan.publishing().into(),
            started: 0,
            ends: 0,
            said: 0,
            turn: 0,
            blocked: false,
        }
    }

    /// Publishing begins, for so long.
    pub(super) fn start(&mut self, now: u64, time: Duration) {
        (self.started, self.ends) = (now, now + nanos(time));
    }

    pub(super) const fn is_on(&self, now: u64) -> bool {
        now < self.ends
    }

    /// When the next message is due, by the clock. A window is not bound to the clock.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "within a run of an hour, to the nanosecond"
    )]
    pub(super) fn next(&self) -> u64 {
        match self.pace {
            Pace::Rate(rate) if rate > 0.0 && self.ends > 0 && !self.blocked => {
                let due = self.started + (self.said as f64 * 1e9 / rate) as u64;
                if due < self.ends { due } else { u64::MAX }
            }
            _ => u64::MAX,
        }
    }

    /// The seat whose turn it is: room after room, in each room member after member.
    fn speaker(&mut self) -> usize {
        let (room, member) = (self.turn % self.rooms, self.turn / self.rooms % self.publishers);
        self.turn += 1;
        usize::try_from(room * self.members + member).unwrap_or_default()
    }
}

impl Engine<'_> {
    /// Publishes what is due.
    pub(super) fn publish(&mut self) {
        let now = self.now();
        if !self.schedule.is_on(now) {
            return;
        }
        self.schedule.blocked = false;
        match self.schedule.pace {
            Pace::Rate(_) => self.publish_due(now),
            Pace::Window(window) => {
                let room = window.saturating_sub(self.checker.open());
                (0..room).all(|_| self.say(self.now()));
            }
        }
    }

    fn publish_due(&mut self, mut now: u64) {
        for _ in 0..AT_A_TIME {
            let due = self.schedule.next();
            if due > now || !self.say(due) {
                break;
            }
            if self.tally.measuring {
                self.tally.late = self.tally.late.max(now - due);
            }
            now = self.now();
        }
    }

    /// Lets somebody speak; false where nobody can.
    pub(super) fn say(&mut self, due: u64) -> bool {
        let Some((seat, room)) = self.next_speaker() else {
            self.schedule.blocked = true;
            return false;
        };
        let sender = u32::try_from(seat).unwrap_or_default();
        let number = self.checker.publish(room, sender, due);
        let frame = self.composer.message(number);
        let sent = self.seats[seat].as_mut().map(|connection| connection.send(frame));
        if let Some(Err(error)) = sent {
            self.lose(seat, &error.to_string());
        }
        self.schedule.said += 1;
        self.tally.sent += u64::from(self.tally.measuring);
        true
    }

    pub(super) fn next_speaker(&mut self) -> Option<(usize, u32)> {
        (0..TRIES).find_map(|_| {
            let seat = self.schedule.speaker();
            let connection = self.seats[seat].as_ref()?;
            (connection.unsent_bytes() < MAX_UNSENT_BYTES).then_some((seat, connection.room))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_due_at_even_intervals() {
        let mut schedule = Schedule::new(&Plan { pace: Pace::Rate(4.0), ..Plan::default() });
        assert_eq!(schedule.next(), u64::MAX);
        schedule.start(1_000, Duration::from_secs(1));
        let due: Vec<_> = (0..5)
            .map(|said| {
                schedule.said = said;
                schedule.next()
            })
            .collect();
        assert_eq!(due, [1_000, 250_001_000, 500_001_000, 750_001_000, u64::MAX]);
    }

    #[test]
    fn rooms_and_then_members_take_turns() {
        let plan = Plan { rooms: 2, members: 10, publishers: Some(2), ..Plan::default() };
        let mut schedule = Schedule::new(&plan);
        let turns: Vec<_> = (0..5).map(|_| schedule.speaker()).collect();
        assert_eq!(turns, [0, 10, 1, 11, 0]);
    }
}
