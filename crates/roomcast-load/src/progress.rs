//! What a run tells while it runs, and the line that is made of it.

use crate::report::Faults;
use std::{
    io::{IsTerminal, Write, stderr},
    time::{Duration, Instant},
};

/// What a run is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Connections are being made.
    Connecting,
    /// Publishing, not measured yet.
    WarmingUp,
    /// Publishing, measured.
    Measuring,
    /// Waiting for what is still under way.
    Draining,
}

/// How far a run is. Told at most five times a second.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// What it is doing.
    pub phase: Phase,
    /// Since the phase began.
    pub elapsed: Duration,
    /// How long the phase may take.
    pub of: Duration,
    /// Members and slow readers in their rooms.
    pub joined: u64,
    /// How many there will be.
    pub wanted: u64,
    /// Deliveries that were checked since the run began.
    pub checked: u64,
    /// What was found so far.
    pub faults: Faults,
}

impl Progress {
    /// The line, without its end.
    #[must_use]
    pub fn line(&self) -> String {
        let (elapsed, of) = (self.elapsed.as_secs_f64(), self.of.as_secs_f64());
        let doing = match self.phase {
            Phase::Connecting => format!("connecting {} of {}", self.joined, self.wanted),
            Phase::WarmingUp => format!("warming up {elapsed:.0} of {of:.0} s"),
            Phase::Measuring => format!("measuring {elapsed:.0} of {of:.0} s"),
            Phase::Draining => "waiting for the last deliveries".to_owned(),
        };
        let faults = self.faults.total();
        format!("{doing}, {} deliveries checked, {faults} faults", self.checked)
    }
}

/// How often the line is written where nobody watches.
const UNWATCHED: Duration = Duration::from_secs(5);

/// Writes the line to stderr: on a terminal over itself, elsewhere every five seconds.
#[derive(Debug)]
pub struct Line {
    watched: bool,
    written: Instant,
}

impl Default for Line {
    fn default() -> Self {
        Self { watched: stderr().is_terminal(), written: Instant::now() }
    }
}

impl Line {
    /// Shows how far the run is. A stderr that is gone is no reason to stop.
    pub fn show(&mut self, progress: &str) {
        if self.watched {
            write!(stderr(), "\r\x1b[2K{progress}").unwrap_or_default();
        } else if self.written.elapsed() >= UNWATCHED {
            self.written = Instant::now();
            writeln!(stderr(), "{progress}").unwrap_or_default();
        }
    }

    /// Wipes the line away, before the report.
    pub fn clear(&self) {
        if self.watched {
            write!(stderr(), "\r\x1b[2K").unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_where_the_run_is() {
        let mut progress = Progress {
            phase: Phase::Measuring,
            elapsed: Duration::from_millis(2_100),
            of: Duration::from_secs(5),
            joined: 10,
            wanted: 10,
            checked: 12_345,
            faults: Faults { lost: 1, ..Faults::default() },
        };
        assert_eq!(progress.line(), "measuring 2 of 5 s, 12345 deliveries checked, 1 faults");
        progress.phase = Phase::Connecting;
        assert!(progress.line().starts_with("connecting 10 of 10"));
    }
}
