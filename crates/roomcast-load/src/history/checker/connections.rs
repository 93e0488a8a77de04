//! C5: what each connection is owed, and gets. After `joined` it gets the next number, and the next, or is told otherwise.

use super::Malformed;
use crate::history::{Check, Finding, Position, Source, findings::Findings};
use std::collections::HashMap;

/// Every connection that is open, and those that were open at the end.
#[derive(Debug, Default)]
pub(super) struct Connections {
    open: HashMap<u64, Connection>,
    /// Those to which everything was owed.
    finished: Vec<(u64, Connection)>,
}

#[derive(Debug)]
struct Connection {
    server: Box<str>,
    /// Room → the last number that was shown or accounted for.
    rooms: HashMap<usize, u64>,
}

impl Connections {
    pub(super) fn open(&mut self, connection: u64, server: &str) -> Result<(), Malformed> {
        let opened = Connection { server: server.into(), rooms: HashMap::new() };
        match self.open.insert(connection, opened) {
            None => Ok(()),
            Some(_) => Err(Malformed(format!("connection {connection} was opened before"))),
        }
    }

    pub(super) fn close(&mut self, connection: u64, finished: bool) -> Result<(), Malformed> {
        let closed = self.open.remove(&connection).ok_or_else(|| not_open(connection))?;
        if finished {
            self.finished.push((connection, closed));
        }
        Ok(())
    }

    pub(super) fn check(&self, connection: u64) -> Result<(), Malformed> {
        if self.open.contains_key(&connection) { Ok(()) } else { Err(not_open(connection)) }
    }

    /// A connection's place in a room.
    pub(super) fn seat<'a>(
        &'a mut self,
        connection: u64,
        room: usize,
        name: &'a str,
        findings: &'a mut Findings,
    ) -> Result<Seat<'a>, Malformed> {
        let Connection { rooms, .. } = self.open.get_mut(&connection).ok_or_else(|| not_open(connection))?;
        Ok(Seat { connection, room, name, rooms, findings })
    }

    /// Who was there to the end has to have come to the end.
    pub(super) fn finish(&self, heads: &[Option<u64>], names: &[&str], findings: &mut Findings) {
        for (connection, Connection { server, rooms }) in &self.finished {
            for (room, last) in rooms {
                if let Some(head) = heads[*room].filter(|head| last < head) {
                    let what =
                        format!("got everything up to {last} of {head} from {server}, and then nothing");
                    let finding = Finding::new(names[*room], what).connection(*connection).seq(last + 1);
                    findings.add(Check::C5, finding);
                }
            }
        }
    }
}

fn not_open(connection: u64) -> Malformed {
    Malformed(format!("connection {connection} is not open"))
}

/// A connection's place in a room.
pub(super) struct Seat<'a> {
    connection: u64,
    room: usize,
    name: &'a str,
    rooms: &'a mut HashMap<usize, u64>,
    findings: &'a mut Findings,
}

impl Seat<'_> {
    pub(super) fn joined(
        &mut self,
        epoch: &str,
        head: u64,
        resume: Option<&Position<'_>>,
        recovered: bool,
        reasoned: bool,
    ) {
        let at = match resume {
            Some(position) if recovered => {
                if position.epoch != epoch || position.seq > head {
                    let Position { epoch: old, seq } = position;
                    let what = format!(
                        "resumed from {seq} of the log {old} in the log {epoch}, which ends at {head}"
                    );
                    self.found(head, what);
                }
                position.seq
            }
            Some(position) if !reasoned => {
                self.found(head, format!("came back with {} and was told neither yes nor no", position.seq));
                head
            }
            _ => head,
        };
        self.rooms.insert(self.room, at);
    }

    pub(super) fn delivered(&mut self, source: Source, seq: u64) {
        if source == Source::History {
            return;
        }
        let Some(last) = self.rooms.get_mut(&self.room) else {
            return self.found(seq, format!("got {seq} without having joined"));
        };
        match *last + 1 {
            next if next == seq => *last = seq,
            next if next < seq => {
                *last = seq;
                self.found(next, format!("got {seq} after {}: {} are missing", next - 1, seq - next));
            }
            next => self.found(seq, format!("got {seq} after {}", next - 1)),
        }
    }

    pub(super) fn caught_up(&mut self, seq: u64) {
        let last = self.rooms.get(&self.room).copied().unwrap_or(0);
        if last < seq {
            self.rooms.insert(self.room, seq);
            self.found(last + 1, format!("was told to have everything up to {seq}, and has it up to {last}"));
        }
    }

    pub(super) fn gap(&mut self, from: u64, to: u64) {
        let last = self.rooms.get(&self.room).copied().unwrap_or(0);
        if from != last + 1 || to < from {
            self.found(from, format!("was told of a gap from {from} to {to} after {last}"));
        }
        self.rooms.insert(self.room, to.max(last));
    }

    pub(super) fn reset(&mut self, head: u64) {
        self.rooms.insert(self.room, head);
    }

    fn found(&mut self, seq: u64, what: String) {
        let finding = Finding::new(self.name, what).connection(self.connection).seq(seq);
        self.findings.add(Check::C5, finding);
    }
}
