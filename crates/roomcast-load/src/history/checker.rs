//! Takes events, keeps what the checks need, and judges at the end. What can be judged at once is: C4 where two contents
//! meet, C5 with each delivery.

mod publishes;
mod connections;
mod log;
mod room;
mod end;

use super::{Check, Counts, Event, Finding, Verdict, findings::Findings};
use connections::Connections;
use log::How;
pub(super) use publishes::Outcome;
use publishes::Publishes;
use room::Room;
use std::{collections::HashMap, sync::Arc};

/// What a new log may have lost of the one before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tolerance {
    /// Nothing: the server is run in the mode `full`.
    #[default]
    Nothing,
    /// Its end: the server is run in the mode `relaxed`, or was restored from a backup. What is left of the old log must
    /// still be its beginning.
    Tail,
}

/// An event that cannot follow the ones before it: the history is not one of this format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub(crate) String);

/// The check of one history.
#[derive(Debug)]
pub struct Checker {
    tolerance: Tolerance,
    rooms: Vec<Room>,
    by_name: HashMap<Box<str>, usize>,
    publishes: Publishes,
    connections: Connections,
    findings: Findings,
    counts: Counts,
}

impl Checker {
    /// Knows nothing yet.
    #[must_use]
    pub fn new(tolerance: Tolerance) -> Self {
        Self {
            tolerance,
            rooms: Vec::new(),
            by_name: HashMap::new(),
            publishes: Publishes::default(),
            connections: Connections::default(),
            findings: Findings::default(),
            counts: Counts::default(),
        }
    }

    /// Takes the next event.
    ///
    /// # Errors
    /// It cannot be the next: of a connection that was not opened or is closed, an answer to what was not sent, a second
    /// content under one nonce. What a server did wrong is never an error.
    pub fn take(&mut self, event: &Event<'_>) -> Result<(), Malformed> {
        self.counts.events += 1;
        match event {
            Event::Opened { connection, server, .. } => {
                self.counts.connections += 1;
                self.connections.open(*connection, server)
            }
            Event::Closed { connection, finished, .. } => self.connections.close(*connection, *finished),
            Event::Invoke { .. } | Event::Ok { .. } | Event::Fail { .. } | Event::Unknown { .. } => {
                self.publish(event)
            }
            Event::Head { .. } | Event::Stored { .. } => {
                self.end(event);
                Ok(())
            }
            _ => self.told(event),
        }
    }

    /// What a publisher did or was answered.
    fn publish(&mut self, event: &Event<'_>) -> Result<(), Malformed> {
        match event {
            Event::Invoke { at, connection, room, nonce, hash } => {
                self.connections.check(*connection)?;
                let room = self.room(room);
                self.publishes.invoke(room, nonce, *hash, *at)
            }
            Event::Ok { at, nonce, epoch, seq, .. } => {
                let publish = self.publishes.answered(nonce)?;
                let room = &mut self.rooms[publish.room];
                let epoch = room.epoch(epoch);
                room.shown(epoch, *seq, publish.hash, How::Acknowledged, &mut self.findings);
                publish.acknowledged(nonce, epoch, *seq, *at, &room.name, &mut self.findings);
                Ok(())
            }
            Event::Fail { nonce, code, connection, .. } => {
                let publish = self.publishes.answered(nonce)?;
                publish.failed += 1;
                if code == "nonce_conflict" {
                    let what = "the server says that the nonce stands for another content".to_owned();
                    let finding = Finding::new(&self.rooms[publish.room].name, what).nonce(nonce);
                    self.findings.add(Check::C2, finding.connection(*connection));
                }
                Ok(())
            }
            Event::Unknown { nonce, .. } => self.publishes.answered(nonce).map(drop),
            _ => Ok(()),
        }
    }

    /// What a connection was told.
    fn told(&mut self, event: &Event<'_>) -> Result<(), Malformed> {
        let Some((connection, name)) = addressed(event) else { return Ok(()) };
        let at = self.room(name);
        let room = &mut self.rooms[at];
        let name = Arc::clone(&room.name);
        let mut seat = self.connections.seat(connection, at, &name, &mut self.findings)?;
        match event {
            Event::Joined { epoch, head, resume, recovered, reason, .. } => {
                room.epoch(epoch);
                seat.joined(epoch, *head, resume.as_ref(), *recovered, reason.is_some());
            }
            Event::Delivery { source, epoch, seq, hash, .. } => {
                self.counts.deliveries += 1;
                seat.delivered(*source, *seq);
                let epoch = room.epoch(epoch);
                room.shown(epoch, *seq, *hash, How::Shown, &mut self.findings);
            }
            Event::CaughtUp { seq, .. } => seat.caught_up(*seq),
            Event::Gap { from, to, reason, .. } => {
                seat.gap(*from, *to);
                room.gap(*to, *reason);
            }
            Event::Reset { epoch, head, .. } => {
                room.epoch(epoch);
                seat.reset(*head);
            }
            _ => {}
        }
        Ok(())
    }

    /// What a server answered at the end.
    fn end(&mut self, event: &Event<'_>) {
        match event {
            Event::Head { server, via, room, epoch, head, .. } => {
                let at = self.room(room);
                self.rooms[at].head(server, *via, epoch.as_deref(), *head);
            }
            Event::Stored { server, via, room, seq, hash, .. } => {
                self.counts.stored += 1;
                let at = self.room(room);
                self.rooms[at].stored(server, *via, *seq, *hash, &mut self.findings);
            }
            _ => {}
        }
    }

    /// The room's index.
    fn room(&mut self, name: &str) -> usize {
        if let Some(at) = self.by_name.get(name) {
            return *at;
        }
        self.by_name.insert(name.into(), self.rooms.len());
        self.rooms.push(Room::new(name));
        self.rooms.len() - 1
    }

    /// Judges.
    ///
    /// # Errors
    /// There is nothing to judge: nothing was acknowledged, or a room in which something was published has no final
    /// history.
    pub fn finish(mut self) -> Result<Verdict, Malformed> {
        end::judge(&mut self)?;
        Ok(Verdict::new(self.counts, self.rooms.iter().filter_map(Room::epochs).collect(), self.findings))
    }
}

/// Which connection the event is told to, and about which room.
fn addressed<'e>(event: &'e Event<'_>) -> Option<(u64, &'e str)> {
    match event {
        Event::Joined { connection, room, .. }
        | Event::Delivery { connection, room, .. }
        | Event::CaughtUp { connection, room, .. }
        | Event::Gap { connection, room, .. }
        | Event::Reset { connection, room, .. } => Some((*connection, room)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
