//! One room: its logs, and what the servers say of it in the end.

use super::log::{How, Log};
use crate::history::{Check, Finding, Hash, Via, findings::Findings, verdict::RoomEpochs};
use roomcast_protocol::server::Reason;
use std::{collections::BTreeMap, sync::Arc};

/// A room.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) name: Arc<str>,
    /// In the order in which they were first heard of.
    pub(super) logs: Vec<Log>,
    /// The final history: what any server has under each number.
    pub(super) last: BTreeMap<u64, Hash>,
    pub(super) readings: Vec<Reading>,
    /// The servers said that everything up to here is not kept any more.
    retained: u64,
}

/// The final history of a room as one server told it in one way.
#[derive(Debug)]
pub(super) struct Reading {
    server: Box<str>,
    via: Via,
    /// Where the room stands, and the name of its log where that was told.
    pub(super) head: Option<(u64, Option<Box<str>>)>,
    first: u64,
    pub(super) newest: u64,
}

impl Reading {
    /// For people.
    pub(super) fn name(&self) -> String {
        format!("{} by {}", self.server, self.via.as_str())
    }

    /// The log's name, where it was told.
    pub(super) fn epoch(&self) -> Option<&str> {
        self.head.as_ref()?.1.as_deref()
    }
}

impl Room {
    pub(super) fn new(name: &str) -> Self {
        let (logs, readings) = (Vec::new(), Vec::new());
        Self { name: name.into(), logs, last: BTreeMap::new(), readings, retained: 0 }
    }

    /// The index of the log of this name.
    pub(super) fn epoch(&mut self, epoch: &str) -> usize {
        if let Some(at) = self.logs.iter().position(|log| *log.epoch == *epoch) {
            return at;
        }
        self.logs.push(Log::new(epoch));
        self.logs.len() - 1
    }

    pub(super) fn shown(&mut self, epoch: usize, seq: u64, hash: Hash, how: How, findings: &mut Findings) {
        self.logs[epoch].shown(seq, hash, how, &self.name, findings);
    }

    pub(super) fn gap(&mut self, to: u64, reason: Reason) {
        if reason == Reason::Retention {
            self.retained = self.retained.max(to);
        }
    }

    pub(super) fn head(&mut self, server: &str, via: Via, epoch: Option<&str>, head: u64) {
        if let Some(epoch) = epoch {
            self.epoch(epoch);
        }
        self.reading(server, via).head = Some((head, epoch.map(Into::into)));
    }

    /// C3 and C4 as far as they can be seen in passing.
    pub(super) fn stored(&mut self, server: &str, via: Via, seq: u64, hash: Hash, findings: &mut Findings) {
        let known = *self.last.entry(seq).or_insert(hash);
        let reading = self.reading(server, via);
        let (newest, who) = (reading.newest, reading.name());
        if newest == 0 {
            reading.first = seq;
        }
        reading.newest = newest.max(seq);
        let mut found = |check, what| findings.add(check, Finding::new(&self.name, what).seq(seq));
        if known != hash {
            found(Check::C4, format!("{who}: {seq} is the message {hash}, and elsewhere {known}"));
        }
        if newest > 0 && seq != newest + 1 {
            found(Check::C3, format!("{who}: the final history goes from {newest} to {seq}"));
        }
    }

    fn reading(&mut self, server: &str, via: Via) -> &mut Reading {
        let at = self.readings.iter().position(|it| *it.server == *server && it.via == via);
        let at = at.unwrap_or_else(|| {
            let (head, first, newest) = (None, 0, 0);
            self.readings.push(Reading { server: server.into(), via, head, first, newest });
            self.readings.len() - 1
        });
        &mut self.readings[at]
    }

    /// The first number of the final history: 1, unless a server said that what is before is not kept any more.
    pub(super) fn floor(&self) -> u64 {
        let first = self.last.keys().next().copied().unwrap_or(1);
        if first <= self.retained + 1 { first } else { 1 }
    }

    /// C3: the final history begins at the floor.
    pub(super) fn check_floor(&self, findings: &mut Findings) {
        let floor = self.floor();
        for reading in self.readings.iter().filter(|reading| reading.first > floor) {
            let what = format!("{}: the final history begins at {}", reading.name(), reading.first);
            findings.add(Check::C3, Finding::new(&self.name, what).seq(floor));
        }
    }

    /// C10: everyone tells the same head and log, and has the message of that number.
    pub(super) fn check_heads(&self, findings: &mut Findings) {
        let told = || self.readings.iter().filter_map(|it| Some((it.name(), it.head.as_ref()?, it.newest)));
        let heads = told().map(|(_, (head, _), newest)| [*head, newest]);
        let differ = heads.flatten().max() != told().map(|(_, (head, _), newest)| newest.min(*head)).min();
        let mut epochs: Vec<_> = self.readings.iter().filter_map(Reading::epoch).collect();
        epochs.sort_unstable();
        epochs.dedup();
        if differ || epochs.len() > 1 {
            let said = told().map(|(who, (head, epoch), newest)| {
                let log = epoch.as_ref().map_or_else(String::new, |epoch| format!(" of the log {epoch}"));
                format!("{who}: head {head}{log}, newest message {newest}")
            });
            let what = said.collect::<Vec<_>>().join("; ");
            findings.add(Check::C10, Finding::new(&self.name, what));
        }
    }

    /// The logs that the room had, where there was more than one.
    pub(super) fn epochs(&self) -> Option<RoomEpochs> {
        let epochs: Vec<_> = self.logs.iter().map(|log| log.epoch.to_string()).collect();
        (epochs.len() > 1).then(|| RoomEpochs { room: self.name.to_string(), epochs })
    }
}
