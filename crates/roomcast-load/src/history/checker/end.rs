//! What can be judged only when the final history is known.

use super::{
    Checker, Malformed, Tolerance,
    log::Log,
    publishes::{Ack, Outcome, Publish, Publishes},
    room::{Reading, Room},
};
use crate::history::{Check, Finding, Hash, findings::Findings};
use std::collections::{BTreeMap, HashMap};

pub(super) fn judge(checker: &mut Checker) -> Result<(), Malformed> {
    let Checker { tolerance, rooms, publishes, connections, findings, counts, .. } = checker;
    let mut sent: Vec<_> = publishes.iter().collect();
    sent.sort_unstable_by_key(|(nonce, publish)| (publish.invoked_at, *nonce));
    for (_, publish) in &sent {
        counts.count(publish.outcome());
    }
    counts.rooms = rooms.len() as u64;
    if counts.acknowledged == 0 {
        return Err(Malformed("nothing was acknowledged, so that there is nothing to judge".to_owned()));
    }
    let ends: Vec<_> = rooms.iter().map(|room| End::of(room, publishes)).collect();
    for (nonce, publish) in sent {
        let end = ends[publish.room].as_ref().ok_or_else(|| unread(&rooms[publish.room]))?;
        end.check_publish(*tolerance, nonce, publish, findings);
    }
    strays(rooms.iter().zip(&ends).filter(|(_, end)| end.is_none()).map(|(room, _)| room), findings);
    for end in ends.iter().flatten() {
        end.room.check_floor(findings);
        end.room.check_heads(findings);
        end.check_shown(*tolerance, publishes, findings);
        end.check_copies(publishes, findings);
        end.check_real_time(publishes, findings);
    }
    let heads: Vec<_> = rooms.iter().map(|room| room.last.keys().next_back().copied()).collect();
    let names: Vec<_> = rooms.iter().map(|room| &*room.name).collect();
    connections.finish(&heads, &names, findings);
    Ok(())
}

fn unread(room: &Room) -> Malformed {
    Malformed(format!("the final history of the room {} was not read", room.name))
}

/// C6: messages of rooms in which nothing was said and of which no server knows in the end.
fn strays<'a>(rooms: impl Iterator<Item = &'a Room>, findings: &mut Findings) {
    for room in rooms {
        for (seq, entry) in room.logs.iter().flat_map(|log| &log.entries) {
            let what = format!("{seq} is the message {}, and nobody said anything there", entry.hash);
            findings.add(Check::C6, Finding::new(&room.name, what).seq(*seq));
        }
    }
}

/// A room whose final history is known.
struct End<'a> {
    room: &'a Room,
    /// The log that the final history is.
    log: usize,
    /// Of each log, the last message that is also in the final history.
    survives: Vec<u64>,
}

impl<'a> End<'a> {
    fn of(room: &'a Room, publishes: &Publishes) -> Option<Self> {
        let epoch = room.readings.iter().find_map(Reading::epoch)?;
        let log = room.logs.iter().position(|log| *log.epoch == *epoch)?;
        let survives = room.logs.iter().map(|log| log.survives(&room.last, publishes)).collect();
        Some(Self { room, log, survives })
    }

    fn last(&self) -> &BTreeMap<u64, Hash> {
        &self.room.last
    }

    /// Whether what stood here in this log may be missing.
    fn may_lack(&self, tolerance: Tolerance, log: usize, seq: u64) -> bool {
        let lost = || tolerance == Tolerance::Tail && log != self.log;
        seq < self.room.floor() || (lost() && seq > self.survives[log])
    }

    /// C1 and C7.
    fn check_publish(&self, tolerance: Tolerance, nonce: &str, publish: &Publish, findings: &mut Findings) {
        let finding = |what| Finding::new(&self.room.name, what).nonce(nonce);
        match publish.outcome() {
            Outcome::Acknowledged => {
                for Ack { epoch, seq, .. } in &publish.acks {
                    let kept = self.last().get(seq) == Some(&publish.hash);
                    if !kept && !self.may_lack(tolerance, *epoch, *seq) {
                        let what =
                            format!("acknowledged as {seq}{}, {}", self.of_log(*epoch), self.instead(*seq));
                        findings.add(Check::C1, finding(what).seq(*seq));
                    }
                }
            }
            Outcome::Refused => {
                if let Some((seq, how)) = self.seen(publish.hash) {
                    let what = format!("every attempt was refused, and it was {how} as {seq}");
                    findings.add(Check::C7, finding(what).seq(seq));
                }
            }
            Outcome::Unknown => {}
        }
    }

    /// Which log it was, where it is not the final one.
    fn of_log(&self, log: usize) -> String {
        let (was, is) = (&self.room.logs[log].epoch, &self.room.logs[self.log].epoch);
        if log == self.log {
            String::new()
        } else {
            format!(" of the log {was} (the log is {is} in the end)")
        }
    }

    /// What is there in the end.
    fn instead(&self, seq: u64) -> String {
        match self.last().get(&seq) {
            Some(other) => format!("and the final history has the message {other} there"),
            None => {
                let newest = self.last().keys().next_back().copied().unwrap_or(0);
                format!("and the final history, which ends at {newest}, has nothing there")
            }
        }
    }

    /// Where the message was seen, and how.
    fn seen(&self, hash: Hash) -> Option<(u64, &'static str)> {
        let stored = self.last().iter().find(|(_, it)| **it == hash).map(|(seq, _)| (*seq, "stored"));
        let shown = || {
            let entries = self.room.logs.iter().flat_map(|log| &log.entries);
            entries.filter(|(_, entry)| entry.hash == hash).map(|(seq, _)| (*seq, "shown")).next()
        };
        stored.or_else(shown)
    }

    /// C6, and C4 between what was shown and what is stored.
    fn check_shown(&self, tolerance: Tolerance, publishes: &Publishes, findings: &mut Findings) {
        for (at, log) in self.room.logs.iter().enumerate() {
            for (seq, entry) in &log.entries {
                let what = match self.last().get(seq) {
                    Some(hash) if *hash == entry.hash => continue,
                    Some(hash) if at == self.log => {
                        let what = format!("{seq} was the message {}, and is stored as {hash}", entry.hash);
                        findings.add(Check::C4, Finding::new(&self.room.name, what).seq(*seq));
                        continue;
                    }
                    _ => format!("shown as {seq}{}, {}", self.of_log(at), self.instead(*seq)),
                };
                if entry.delivered && !self.may_lack(tolerance, at, *seq) {
                    findings.add(Check::C6, self.about(entry.hash, what, publishes).seq(*seq));
                }
            }
        }
        self.check_senders(publishes, findings);
    }

    /// C6: somebody sent it.
    fn check_senders(&self, publishes: &Publishes, findings: &mut Findings) {
        let stored = self.last().iter().map(|(seq, hash)| (*seq, *hash));
        let shown = self.room.logs.iter().flat_map(|log| &log.entries);
        let all = stored.chain(shown.map(|(seq, entry)| (*seq, entry.hash)));
        let nobodys: BTreeMap<_, _> = all.filter(|(_, hash)| publishes.of(*hash).is_none()).collect();
        for (seq, hash) in nobodys {
            let what = format!("{seq} is the message {hash}, which nobody sent");
            findings.add(Check::C6, Finding::new(&self.room.name, what).seq(seq));
        }
    }

    fn about(&self, hash: Hash, what: String, publishes: &Publishes) -> Finding {
        let finding = Finding::new(&self.room.name, what);
        match publishes.of(hash) {
            Some((nonce, _)) => finding.nonce(nonce),
            None => finding,
        }
    }

    /// C2 and C9: no message has two numbers in one log.
    fn check_copies(&self, publishes: &Publishes, findings: &mut Findings) {
        for (at, log) in self.room.logs.iter().enumerate() {
            let mut first = HashMap::new();
            for (seq, hash) in self.whole(at, log) {
                let Some(seq_before) = first.insert(hash, seq) else { continue };
                let Some((nonce, publish)) = publishes.of(hash) else { continue };
                let check = if publish.outcome() == Outcome::Unknown { Check::C9 } else { Check::C2 };
                let what = format!("it is there as {seq_before} and as {seq}");
                findings.add(check, Finding::new(&self.room.name, what).nonce(nonce).seq(seq));
            }
        }
    }

    /// Everything that is known of a log.
    fn whole(&self, at: usize, log: &Log) -> BTreeMap<u64, Hash> {
        let mut whole = if at == self.log { self.last().clone() } else { BTreeMap::new() };
        for (seq, entry) in &log.entries {
            whole.entry(*seq).or_insert(entry.hash);
        }
        whole
    }

    /// C8: walks down from the head and keeps, of everything above, what was acknowledged first.
    fn check_real_time(&self, publishes: &Publishes, findings: &mut Findings) {
        let mut earliest: Option<(u64, u64, &str)> = None;
        for (seq, hash) in self.last().iter().rev() {
            let Some((nonce, publish)) = publishes.of(*hash) else { continue };
            if let Some((at, above, other)) = earliest.filter(|(at, ..)| *at < publish.invoked_at) {
                let later = publish.invoked_at - at;
                let what = format!("sent {later} ns after {other} was acknowledged as {above}, and is {seq}");
                findings.add(Check::C8, Finding::new(&self.room.name, what).nonce(nonce).seq(*seq));
            }
            let acks = publish.acks.iter().filter(|ack| ack.seq == *seq).map(|ack| ack.at);
            if let Some(at) = acks.min().filter(|at| earliest.is_none_or(|(first, ..)| *at < first)) {
                earliest = Some((at, *seq, nonce));
            }
        }
    }
}
