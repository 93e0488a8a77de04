//! People who come and go all the time.

use super::Engine;
use crate::{
    Plan,
    connection::{Role, State},
};
use std::collections::VecDeque;

/// How long each stays, in nanoseconds.
const STAY: u64 = 1_000_000_000;

/// Who comes and goes.
#[derive(Debug)]
pub(super) struct Churn {
    /// Nanoseconds between two; `None` where nobody comes.
    every: Option<u64>,
    most: usize,
    due: u64,
    came: u64,
    /// Those who are here or on their way, with the time at which they set out.
    here: VecDeque<(usize, u64)>,
    free: Vec<usize>,
}

impl Churn {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "nanoseconds of a positive rate"
    )]
    pub(super) fn new(plan: &Plan) -> Self {
        let every = (plan.churn > 0.0).then(|| (1e9 / plan.churn) as u64);
        Self { every, most: plan.most_churners(), due: 0, came: 0, here: VecDeque::new(), free: Vec::new() }
    }

    /// How many came so far.
    pub(super) const fn came(&self) -> u64 {
        self.came
    }

    /// The seat is free again.
    pub(super) fn free(&mut self, seat: usize) {
        self.free.push(seat);
    }

    /// When somebody comes or goes; `u64::MAX` before the publishing begins.
    pub(super) fn next(&self) -> u64 {
        if self.every.is_some() && self.due > 0 { self.due } else { u64::MAX }
    }
}

impl Engine<'_> {
    /// Lets those go whose time is over, and others in.
    pub(super) fn come_and_go(&mut self) {
        let now = self.now();
        let Some(every) = self.churn.every.filter(|_| self.schedule.is_on(now)) else {
            self.churn.due = 0;
            return;
        };
        if self.churn.due == 0 {
            self.churn.due = now;
        }
        while self.churn.due <= now {
            self.churn.due += every;
            self.go(now);
            self.come();
        }
    }

    pub(super) fn come(&mut self) {
        let here = self.seats.len() - self.churn.free.len();
        if here as u64 >= self.plan.connections() || self.churn.here.len() >= self.churn.most {
            return;
        }
        let seat = self.churn.free.pop().unwrap_or(self.seats.len());
        let room = u32::try_from(self.churn.came % u64::from(self.plan.rooms)).unwrap_or_default();
        self.churn.came += 1;
        self.open(seat, Role::Churner, room);
        if let Some(connection) = &self.seats[seat] {
            self.churn.here.push_back((seat, connection.begun));
        }
    }

    /// Those at the front came first. One that was dropped has left its entry behind.
    fn go(&mut self, now: u64) {
        while let Some(&(seat, begun)) = self.churn.here.front() {
            let connection = self.seats[seat].as_ref().filter(|it| it.begun == begun);
            let waits = connection.is_some_and(|it| it.state != State::Joined || begun + STAY > now);
            if waits {
                return;
            }
            self.churn.here.pop_front();
            if connection.is_some() {
                self.depart(seat);
            }
        }
    }

    fn depart(&mut self, seat: usize) {
        self.checker.left(seat);
        self.churn.free(seat);
        if let Some(connection) = self.seats[seat].take() {
            connection.leave(self.composer.close());
        }
    }
}
