//! Judges every delivery. A pure structure: no socket, no clock; the tests feed it histories with faults in them.

mod ledger;
mod position;

use crate::{delivery::Delivery, histogram::Histogram, report::Faults};
use ledger::Ledger;
use position::{Position, Step};

/// A connection that gets messages.
#[derive(Debug)]
struct Seat {
    room: u32,
    /// Stays to the end, so that everything published is owed to it.
    steady: bool,
    /// `None` until it is told where the room stands, and after it has left.
    position: Option<Position>,
}

/// What is known of a run's messages, and what was wrong with them.
#[derive(Debug)]
pub(crate) struct Checker {
    seats: Vec<Seat>,
    /// Steady members in each room.
    steady: Vec<u32>,
    /// The `seq` of each sender's last settled message.
    senders: Vec<u64>,
    ledger: Ledger,
    latency: Histogram,
    measuring: bool,
    /// Deliveries that were looked at.
    checked: u64,
    /// Deliveries that steady members were owed.
    expected: u64,
    /// Deliveries that steady members got.
    received: u64,
    faults: Faults,
}

impl Checker {
    /// For so many rooms, and members who publish.
    pub(crate) fn new(rooms: u32, senders: usize) -> Self {
        Self {
            seats: Vec::new(),
            steady: vec![0; rooms as usize],
            senders: vec![0; senders],
            ledger: Ledger::default(),
            latency: Histogram::new(),
            measuring: false,
            checked: 0,
            expected: 0,
            received: 0,
            faults: Faults::default(),
        }
    }

    /// A connection takes the seat of this number, which is free or the next one.
    pub(crate) fn sit(&mut self, seat: usize, room: u32, steady: bool) {
        let taken = Seat { room, steady, position: None };
        if seat == self.seats.len() {
            self.seats.push(taken);
        } else {
            self.seats[seat] = taken;
        }
    }

    /// It was told that the room stands at `head`; from there on it gets everything.
    pub(crate) fn joined(&mut self, seat: usize, head: u64) {
        let seat = &mut self.seats[seat];
        let first = seat.position.replace(Position::behind(head)).is_none();
        self.steady[seat.room as usize] += u32::from(first && seat.steady);
    }

    /// It leaves or was dropped. What it missed up to here is lost; steady members' losses are in the ledger.
    pub(crate) fn left(&mut self, seat: usize) {
        let seat = &mut self.seats[seat];
        let Some(position) = seat.position.take() else { return };
        if seat.steady {
            self.steady[seat.room as usize] -= 1;
        } else {
            self.faults.lost += position.missing();
        }
    }

    /// It ended though nobody wanted that.
    pub(crate) fn dropped(&mut self, seat: usize) {
        self.faults.dropped += 1;
        self.left(seat);
    }

    /// A member publishes; the message's number.
    pub(crate) fn publish(&mut self, room: u32, sender: u32, at: u64) -> u64 {
        let owed = self.steady[room as usize];
        self.expected += u64::from(owed);
        self.ledger.publish(room, sender, owed, at)
    }

    /// A message arrived as somebody sent it.
    #[inline]
    pub(crate) fn deliver(&mut self, seat: usize, delivery: Delivery, now: u64) {
        let Some(steady) = self.step(seat, delivery.seq) else { return };
        let Some(published) = self.ledger.get(delivery.number) else {
            self.faults.altered += u64::from(delivery.number >= self.ledger.end());
            return;
        };
        if published.room != self.seats[seat].room {
            self.faults.wrong_room += 1;
            return;
        }
        self.faults.altered += u64::from(published.sender != delivery.sender);
        if published.seq == 0 {
            published.seq = delivery.seq;
        }
        self.faults.conflicting += u64::from(published.seq != delivery.seq);
        let at = published.at;
        if steady {
            self.received += 1;
            self.ledger.received(delivery.number);
        }
        if self.measuring {
            self.latency.record(now.saturating_sub(at));
        }
    }

    /// A message arrived that is not as anybody sent it.
    pub(crate) fn altered(&mut self, seat: usize, seq: u64) {
        self.step(seat, seq);
        self.faults.altered += 1;
    }

    /// A frame arrived that cannot be read.
    pub(crate) const fn unreadable(&mut self) {
        self.faults.altered += 1;
    }

    /// A message of another room arrived.
    pub(crate) fn strayed(&mut self) {
        self.checked += 1;
        self.faults.wrong_room += 1;
    }

    /// Whether the seat is steady, where the connection had not got this `seq` before.
    #[inline]
    fn step(&mut self, seat: usize, seq: u64) -> Option<bool> {
        self.checked += 1;
        let seat = &mut self.seats[seat];
        let Some(position) = &mut seat.position else {
            // Before `joined` nobody can say what it is owed.
            self.faults.disordered += 1;
            return None;
        };
        match position.take(seq) {
            Step::Forward => Some(seat.steady),
            Step::Late => {
                self.faults.disordered += 1;
                Some(seat.steady)
            }
            Step::Double => {
                self.faults.doubled += 1;
                None
            }
        }
    }

    /// The server refused a message of this sender: it is owed to nobody. False where none is waiting.
    pub(crate) fn refused(&mut self, sender: u32) -> bool {
        let owed = self.ledger.refuse(sender);
        self.expected -= u64::from(owed.unwrap_or_default());
        owed.is_some()
    }

    /// Messages that count against the window.
    pub(crate) const fn open(&self) -> u32 {
        self.ledger.open()
    }

    /// Goes on without messages of long ago; how many.
    pub(crate) fn give_up(&mut self, now: u64) -> u64 {
        self.ledger.give_up(now)
    }

    /// Deliveries count as measured from now on, or not any more.
    pub(crate) const fn measure(&mut self, measuring: bool) {
        self.measuring = measuring;
    }

    /// The measured deliveries' latencies; their number is the number of measured deliveries.
    pub(crate) const fn latency(&self) -> &Histogram {
        &self.latency
    }

    /// Deliveries that were looked at.
    pub(crate) const fn checked(&self) -> u64 {
        self.checked
    }

    /// Deliveries that steady members were owed.
    pub(crate) const fn expected(&self) -> u64 {
        self.expected
    }

    /// Nothing is owed any more.
    pub(crate) const fn is_complete(&self) -> bool {
        self.received >= self.expected
    }

    /// What was found so far; what is still under way is not lost yet.
    pub(crate) const fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Lets go of what is settled.
    pub(crate) fn settle(&mut self, now: u64) {
        self.settle_each(now, false);
    }

    /// The end: what is still owed is lost.
    pub(crate) fn finish(&mut self) -> &Faults {
        (0..self.seats.len()).for_each(|seat| self.left(seat));
        self.settle_each(u64::MAX, true);
        &self.faults
    }

    /// A sender's messages settle in the order in which they were said, so their numbers must rise.
    fn settle_each(&mut self, now: u64, everything: bool) {
        while let Some(message) = self.ledger.settle(now, everything) {
            self.faults.lost += u64::from(message.owed);
            let last = &mut self.senders[message.sender as usize];
            if message.seq > 0 {
                self.faults.disordered += u64::from(message.seq < *last);
                *last = message.seq;
            }
        }
    }
}

#[cfg(test)]
mod tests;
