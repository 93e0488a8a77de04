//! What a run does: how many, how much, how long. Every bound is checked before the first socket is opened.

use crate::{PlanError, stamp};
use roomcast_protocol::MAX_CONTENT_CHARS;
use std::{ops::RangeInclusive, time::Duration};

/// Connections that a plan may ask for.
pub const MAX_CONNECTIONS: u64 = 200_000;
/// Messages per second that a plan may ask for.
pub const MAX_RATE: f64 = 1_000_000.0;
/// Messages that a saturating plan may keep under way.
pub const MAX_WINDOW: u32 = 65_536;
/// The longest time that any part of a run may take.
pub const MAX_TIME: Duration = Duration::from_secs(3600);
/// The smallest message: its number must fit.
pub const MIN_SIZE: usize = stamp::LEN;

/// How fast is published.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// So many messages per second over all rooms together, at even intervals, whatever the server does; latency is
    /// taken from the moment at which a message was due. 0 publishes nothing.
    Rate(f64),
    /// As fast as the server delivers: so many messages are always under way over all rooms together. The next one
    /// leaves when everyone has got one.
    Window(u32),
}

/// A run.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Where the server is: `ws://HOST:PORT`, without a path. Loopback, unless [`owned`](Self::owned).
    pub url: String,
    /// Rooms.
    pub rooms: u32,
    /// Members per room who stay from the beginning to the end and get everything.
    pub members: u32,
    /// Members per room who publish, one after the other; all of them where it is `None`.
    pub publishers: Option<u32>,
    /// How fast is published.
    pub pace: Pace,
    /// Bytes of a message's `content`, from [`MIN_SIZE`] to 4,000.
    pub size: usize,
    /// Connections over all rooms, besides the members, that never read anything after they came in.
    pub slow: u32,
    /// Connections per second, besides the members, that come in and leave again a second later.
    pub churn: f64,
    /// Everyone connects at once; otherwise at most 64 connections are being made at a time.
    pub storm: bool,
    /// Seconds of publishing before the measured part.
    pub warmup: Duration,
    /// Seconds that are measured.
    pub duration: Duration,
    /// How long to wait for what is still under way when publishing has ended.
    pub drain: Duration,
    /// How long the connecting may take.
    pub connect_within: Duration,
    /// The server's process, on this machine: its CPU time and memory are read from `/proc`.
    pub server_pid: Option<u32>,
    /// The server may be on another machine.
    pub owned: bool,
    /// Named in the report, for those who compare runs; the series of a chart.
    pub label: Option<String>,
}

impl Default for Plan {
    /// A room of 100, in which 50 messages of 64 bytes are said per second, for five seconds after one of warm-up.
    fn default() -> Self {
        Self {
            url: "ws://127.0.0.1:3000".to_owned(),
            rooms: 1,
            members: 100,
            publishers: None,
            pace: Pace::Rate(50.0),
            size: 64,
            slow: 0,
            churn: 0.0,
            storm: false,
            warmup: Duration::from_secs(1),
            duration: Duration::from_secs(5),
            drain: Duration::from_secs(5),
            connect_within: Duration::from_secs(60),
            server_pid: None,
            owned: false,
            label: None,
        }
    }
}

impl Plan {
    /// Members who stay, over all rooms.
    #[must_use]
    pub fn steady(&self) -> u64 {
        u64::from(self.rooms) * u64::from(self.members)
    }

    /// Connections at the same time, those who come and go included.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.steady() + u64::from(self.slow) + self.most_churners() as u64
    }

    /// Members per room who publish.
    #[must_use]
    pub fn publishing(&self) -> u32 {
        self.publishers.unwrap_or(self.members)
    }

    /// Those who come and go stay for a second; a server that is slow to let them in may have four times as many
    /// waiting, beyond which none is added.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded by check()")]
    pub(crate) fn most_churners(&self) -> usize {
        if self.churn > 0.0 { (self.churn * 4.0).ceil() as usize + 4 } else { 0 }
    }

    /// Checks every number.
    ///
    /// # Errors
    /// The first that is out of bounds.
    pub fn check(&self) -> Result<(), PlanError> {
        within("rooms", self.rooms, &(1..=1_000_000))?;
        within("members", self.members, &(1..=1_000_000))?;
        within("publishers", self.publishing(), &(1..=self.members))?;
        within("size", self.size, &(MIN_SIZE..=MAX_CONTENT_CHARS))?;
        within("churn", self.churn, &(0.0..=10_000.0))?;
        within("connections", self.connections(), &(1..=MAX_CONNECTIONS))?;
        match self.pace {
            Pace::Rate(rate) => within("rate", rate, &(0.0..=MAX_RATE))?,
            Pace::Window(window) => within("window", window, &(1..=MAX_WINDOW))?,
        }
        self.check_times()
    }

    fn check_times(&self) -> Result<(), PlanError> {
        let times = [
            ("warmup", self.warmup),
            ("duration", self.duration),
            ("drain", self.drain),
            ("connect_within", self.connect_within),
        ];
        for (what, time) in times {
            within(what, time, &(Duration::ZERO..=MAX_TIME))?;
        }
        within("duration", self.duration, &(Duration::from_millis(100)..=MAX_TIME))
    }
}

pub(crate) fn within<T: Copy + PartialOrd + std::fmt::Debug>(
    what: &'static str,
    given: T,
    bounds: &RangeInclusive<T>,
) -> Result<(), PlanError> {
    if bounds.contains(&given) {
        return Ok(());
    }
    let (given, bounds) = (format!("{given:?}"), format!("{:?} to {:?}", bounds.start(), bounds.end()));
    Err(PlanError::OutOfBounds { what, given, bounds })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_good() {
        assert_eq!(Plan::default().check(), Ok(()));
    }

    #[test]
    fn what_is_at_a_bound_is_good_and_what_is_beyond_it_is_not() {
        let is_good = |plan: Plan| plan.check().is_ok();
        for (over, good) in [(0, true), (1, false)] {
            let window = Pace::Window(MAX_WINDOW + over);
            assert_eq!(is_good(Plan { pace: window, ..Plan::default() }), good, "window");
            let rate = Pace::Rate(MAX_RATE + f64::from(over));
            assert_eq!(is_good(Plan { pace: rate, ..Plan::default() }), good, "rate");
            let members = u32::try_from(MAX_CONNECTIONS).unwrap() - 5;
            assert_eq!(is_good(Plan { members, slow: 5 + over, ..Plan::default() }), good, "connections");
            let size = MAX_CONTENT_CHARS + over as usize;
            assert_eq!(is_good(Plan { size, ..Plan::default() }), good, "size");
            let drain = MAX_TIME + Duration::from_nanos(over.into());
            assert_eq!(is_good(Plan { drain, ..Plan::default() }), good, "time");
        }
    }

    #[test]
    fn each_bound_is_named() {
        let bad = |change: fn(&mut Plan)| {
            let mut plan = Plan::default();
            change(&mut plan);
            plan.check().unwrap_err().to_string()
        };
        assert_eq!(bad(|p| p.rooms = 0), "rooms is 0, must be 1 to 1000000");
        assert_eq!(bad(|p| p.publishers = Some(101)), "publishers is 101, must be 1 to 100");
        assert_eq!(bad(|p| p.size = 8), "size is 8, must be 9 to 4000");
        assert_eq!(bad(|p| p.size = 4001), "size is 4001, must be 9 to 4000");
        assert_eq!(bad(|p| p.pace = Pace::Window(0)), "window is 0, must be 1 to 65536");
        assert!(bad(|p| p.pace = Pace::Rate(f64::NAN)).starts_with("rate is NaN"));
        assert!(bad(|p| p.rooms = 10_000).starts_with("connections is 1000000"));
        assert_eq!(bad(|p| p.duration = Duration::ZERO), "duration is 0ns, must be 100ms to 3600s");
    }
}
