//! What came of a history. `verdict.schema.json` describes its JSON; a test compares the two.

mod text;

use super::{
    Check, Finding,
    checker::Outcome,
    findings::{Findings, Found},
};
use serde::{Deserialize, Serialize};

/// The version of the verdict's form; it rises when a field changes its meaning or goes.
pub const VERSION: u32 = 1;
/// The verdict's JSON Schema (draft 2020-12).
pub const SCHEMA: &str = include_str!("../../verdict.schema.json");

/// A history, judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// [`VERSION`].
    pub version: u32,
    /// Every check is green.
    pub kept: bool,
    /// What there was to judge.
    pub counts: Counts,
    /// Each check, C1 to C10.
    pub checks: Vec<Checked>,
    /// The rooms whose log was not the same one all the time.
    pub epochs: Vec<RoomEpochs>,
}

/// What a history holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Lines of it.
    pub events: u64,
    /// Rooms.
    pub rooms: u64,
    /// Connections that were opened.
    pub connections: u64,
    /// Messages that were acknowledged, each once, however often it was sent.
    pub acknowledged: u64,
    /// Messages of which every attempt was refused.
    pub refused: u64,
    /// Messages of which nobody knows what became of them.
    pub unknown: u64,
    /// Messages that were shown to connections.
    pub deliveries: u64,
    /// Messages of the final history, over all servers and ways of reading it.
    pub stored: u64,
}

impl Counts {
    pub(super) const fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Acknowledged => self.acknowledged += 1,
            Outcome::Refused => self.refused += 1,
            Outcome::Unknown => self.unknown += 1,
        }
    }
}

/// What came of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// Which.
    pub check: Check,
    /// What holds where it is green.
    pub promise: String,
    /// How often it does not hold; 0 is green.
    pub count: u64,
    /// The first findings, at most [`MAX_FINDINGS`](super::MAX_FINDINGS).
    pub findings: Vec<Finding>,
}

/// A room whose log was replaced, or lost its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomEpochs {
    /// The room.
    pub room: String,
    /// Its logs, in the order in which they were first heard of.
    pub epochs: Vec<String>,
}

impl Verdict {
    pub(super) fn new(counts: Counts, epochs: Vec<RoomEpochs>, findings: Findings) -> Self {
        let checked = |(check, Found { count, first }): (Check, Found)| Checked {
            check,
            promise: check.promise().to_owned(),
            count,
            findings: first,
        };
        let checks: Vec<_> = findings.into_checks().map(checked).collect();
        let kept = checks.iter().all(|checked| checked.count == 0);
        Self { version: VERSION, kept, counts, checks, epochs }
    }

    /// The checks that are not green.
    pub fn broken(&self) -> impl Iterator<Item = Check> {
        self.checks.iter().filter(|checked| checked.count > 0).map(|checked| checked.check)
    }

    /// As JSON, with a line's end.
    #[must_use]
    pub fn json(&self) -> String {
        // Serde fails where a map's key is no text, and there is no map.
        serde_json::to_string_pretty(self).map(|json| json + "\n").unwrap_or_default()
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        text::of(self)
    }
}
