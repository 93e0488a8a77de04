//! What is looked for, and what was found.

use serde::{Deserialize, Serialize};

/// Findings that are kept of each check; further ones are counted.
pub const MAX_FINDINGS: usize = 20;

/// One of the ten promises that are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Check {
    /// No acknowledged message is lost.
    C1,
    /// A nonce is one message.
    C2,
    /// No hole in the log.
    C3,
    /// One content for one number, whoever asks.
    C4,
    /// A connection gets everything in order, once.
    C5,
    /// Nothing is shown that does not stay.
    C6,
    /// What was refused is not there.
    C7,
    /// Order follows real time.
    C8,
    /// What is unknown happened once or not at all.
    C9,
    /// Everyone stands at the same place in the end.
    C10,
}

impl Check {
    /// Every check, in order.
    pub const ALL: [Self; 10] =
        [Self::C1, Self::C2, Self::C3, Self::C4, Self::C5, Self::C6, Self::C7, Self::C8, Self::C9, Self::C10];

    /// What holds where the check is green.
    #[must_use]
    pub const fn promise(self) -> &'static str {
        match self {
            Self::C1 => {
                "every acknowledged message is in the final history, under its number, as it was sent"
            }
            Self::C2 => "each nonce is one message",
            Self::C3 => "the final history has every number from its floor to its head",
            Self::C4 => "a number is the same message, live, resumed, in history and on every server",
            Self::C5 => "each connection gets the next number, and the next, unless it is told otherwise",
            Self::C6 => "what was shown to anybody is in the final history, and somebody sent it",
            Self::C7 => "a message that was refused is never seen",
            Self::C8 => "what was sent after an acknowledgement has a higher number",
            Self::C9 => "a message whose outcome is unknown is there once or not at all",
            Self::C10 => "all servers tell the same head and the same log in the end",
        }
    }
}

/// A promise that was not kept, with the smallest facts that show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// In which room.
    pub room: String,
    /// What happened, for people.
    pub what: String,
    /// The number that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// The message that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// The connection that saw it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<u64>,
}

impl Finding {
    /// A finding that is about no number, message or connection yet.
    pub(super) fn new(room: &str, what: String) -> Self {
        Self { room: room.to_owned(), what, seq: None, nonce: None, connection: None }
    }

    pub(super) const fn seq(mut self, seq: u64) -> Self {
        self.seq = Some(seq);
        self
    }

    pub(super) fn nonce(mut self, nonce: &str) -> Self {
        self.nonce = Some(nonce.to_owned());
        self
    }

    pub(super) const fn connection(mut self, connection: u64) -> Self {
        self.connection = Some(connection);
        self
    }
}

/// The findings of every check.
#[derive(Debug, Default)]
pub(super) struct Findings([Found; Check::ALL.len()]);

/// The findings of one check.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// How many there are.
    pub(super) count: u64,
    /// The first of them.
    pub(super) first: Vec<Finding>,
}

impl Findings {
    pub(super) fn add(&mut self, check: Check, finding: Finding) {
        let found = &mut self.0[check as usize];
        found.count += 1;
        if found.first.len() < MAX_FINDINGS {
            found.first.push(finding);
        }
    }

    pub(super) fn into_checks(self) -> impl Iterator<Item = (Check, Found)> {
        Check::ALL.into_iter().zip(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_findings_are_kept_and_all_are_counted() {
        for (n, kept) in [(MAX_FINDINGS, MAX_FINDINGS), (MAX_FINDINGS + 1, MAX_FINDINGS)] {
            let mut findings = Findings::default();
            (0..n).for_each(|at| findings.add(Check::C10, Finding::new("hall", at.to_string())));
            let (check, found) = findings.into_checks().last().unwrap();
            assert_eq!((check, found.count, found.first.len()), (Check::C10, n as u64, kept));
            assert_eq!(found.first[kept - 1].what, (kept - 1).to_string());
        }
    }
}
