//! Letting everyone in.

use super::{Engine, nanos};
use crate::{
    LoadError,
    connection::{Connection, Role, State},
    delivery, outgoing,
};

/// Connections that are being made at a time, where it is no storm.
const AT_A_TIME: u64 = 64;

impl Engine<'_> {
    /// Lets members and slow readers in. After the first failure no further ones are begun.
    pub(super) fn connect(&mut self) -> Result<(), LoadError> {
        let end = self.now() + nanos(self.plan.connect_within);
        let wanted = self.plan.steady() + u64::from(self.plan.slow);
        while self.now() < end && (self.tally.opening > 0 || self.wants_more(wanted)) {
            while self.wants_more(wanted) && (self.plan.storm || self.tally.opening < AT_A_TIME) {
                self.open_next();
            }
            self.turn(end)?;
        }
        if self.tally.joined == wanted { Ok(()) } else { Err(self.incomplete(wanted)) }
    }

    fn wants_more(&self, wanted: u64) -> bool {
        self.tally.failed == 0 && (self.seats.len() as u64) < wanted
    }

    fn incomplete(&mut self, wanted: u64) -> LoadError {
        let late = || format!("no answer within {:?}", self.plan.connect_within);
        let reason = self.tally.first_trouble.take().unwrap_or_else(late);
        LoadError::Connect { joined: self.tally.joined, wanted, reason }
    }

    fn open_next(&mut self) {
        let seat = self.seats.len();
        let member = (seat as u64) < self.plan.steady();
        let (role, room) = if member {
            (Role::Member, seat / self.plan.members as usize)
        } else {
            (Role::Slow, seat % self.plan.rooms as usize)
        };
        self.tally.opening += 1;
        self.open(seat, role, u32::try_from(room).unwrap_or_default());
    }

    /// Begins to connect, in a seat that is free or the next one.
    pub(super) fn open(&mut self, seat: usize, role: Role, room: u32) {
        if seat == self.seats.len() {
            self.seats.push(None);
        }
        self.checker.sit(seat, room, role == Role::Member);
        let begun = Connection::begin(&self.target, role, room, seat, self.now());
        let begun = begun.and_then(|connection| {
            self.poller.add(&connection.stream, seat)?;
            Ok(connection)
        });
        match begun {
            Ok(connection) => self.seats[seat] = Some(connection),
            Err(error) => self.cannot_open(role, seat, &error),
        }
    }

    fn cannot_open(&mut self, role: Role, seat: usize, error: &std::io::Error) {
        self.trouble(|| format!("{role:?} {seat}: {error}"));
        if role == Role::Churner {
            self.checker.dropped(seat);
            self.churn.free(seat);
        } else {
            self.tally.opening -= 1;
            self.tally.failed += 1;
        }
    }

    /// TCP's handshake may be done: sends the request.
    pub(super) fn request(&mut self, seat: usize) -> std::io::Result<()> {
        let user = self.user(seat);
        let Some(connection) = self.seats[seat].as_mut().filter(|it| it.state == State::Connecting) else {
            return Ok(());
        };
        if connection.is_connected()? {
            connection.state = State::Upgrading;
            let path = format!("/chat/{}?user={user}", self.rooms[connection.room as usize].name);
            connection.send(outgoing::upgrade(&self.target.host, &path).as_bytes())?;
        }
        Ok(())
    }

    /// Who sits there. Those who come and go are somebody else each time.
    fn user(&self, seat: usize) -> String {
        match self.seats[seat].as_ref().map(|connection| connection.role) {
            Some(Role::Slow) => format!("s{seat}"),
            Some(Role::Churner) => format!("c{}", self.churn.came()),
            _ => delivery::user(u32::try_from(seat).unwrap_or_default()),
        }
    }

    /// The answer to the request; how many bytes of it there are, 0 where it is incomplete.
    pub(super) fn upgraded(&mut self, seat: usize, bytes: &[u8]) -> Result<usize, String> {
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            return Ok(0);
        };
        let head = String::from_utf8_lossy(&bytes[..end]);
        if !head.starts_with("HTTP/1.1 101 ") || !head.contains(outgoing::ACCEPT) {
            return Err(format!("the server answered {:?}", head.lines().next().unwrap_or_default()));
        }
        let slow = self.seats[seat].as_mut().is_some_and(|connection| {
            connection.state = State::Joining;
            connection.role == Role::Slow
        });
        if slow {
            self.stop_reading(seat)?;
        }
        Ok(end + 4)
    }

    /// A slow reader has come as far as it ever will.
    fn stop_reading(&mut self, seat: usize) -> Result<(), String> {
        if let Some(connection) = &self.seats[seat] {
            self.poller.remove(&connection.stream).map_err(|error| error.to_string())?;
        }
        self.arrived(seat);
        Ok(())
    }

    /// A connection is in its room.
    pub(super) fn arrived(&mut self, seat: usize) {
        let now = self.now();
        let Some(connection) = &mut self.seats[seat] else { return };
        connection.state = State::Joined;
        if connection.role != Role::Churner {
            self.tally.opening -= 1;
            self.tally.joined += 1;
            self.tally.connect_times.record(now - connection.begun);
        }
    }
}
