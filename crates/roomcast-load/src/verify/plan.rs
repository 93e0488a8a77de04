//! What a run does. Every bound is checked before the first socket is opened.

use crate::{PlanError, history::Tolerance, plan::within};
use std::{ops::RangeInclusive, path::PathBuf, time::Duration};

/// Publishers and readers that a plan may ask for; each is a thread.
pub const MAX_CLIENTS: u32 = 1_000;
/// Rooms that a plan may ask for.
pub const MAX_ROOMS: u32 = 400;

/// A run of clients against a server that is to be verified.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifyPlan {
    /// The servers, nodes of one Roomcast: `ws://HOST:PORT`, each without a path.
    pub against: Vec<String>,
    /// Clients who publish, in the first room and in one other; they read those as well.
    pub publishers: u32,
    /// Clients who read all rooms.
    pub readers: u32,
    /// Rooms. The first is hot: every other message is said there.
    pub rooms: u32,
    /// Messages per second and publisher.
    pub rate: f64,
    /// How long is published.
    pub duration: Duration,
    /// How long a client stays connected before it is cut off, on the average; zero is for ever.
    pub reconnect_every: Duration,
    /// How long to wait at the end for what is not known yet, and again for the final history.
    pub patience: Duration,
    /// What is thrown with the clients' dice.
    pub seed: u64,
    /// What the servers may lose.
    pub tolerance: Tolerance,
    /// Where the history is kept, as JSON lines.
    pub history: Option<PathBuf>,
    /// The servers may be on other machines.
    pub owned: bool,
}

impl Default for VerifyPlan {
    /// Eight publishers at eight messages a second, who are below the default limit of ten, and eight readers in four
    /// rooms for half a minute, each of them cut off every five seconds.
    fn default() -> Self {
        Self {
            against: vec!["ws://127.0.0.1:3000".to_owned()],
            publishers: 8,
            readers: 8,
            rooms: 4,
            rate: 8.0,
            duration: Duration::from_secs(30),
            reconnect_every: Duration::from_secs(5),
            patience: Duration::from_secs(20),
            seed: 0,
            tolerance: Tolerance::Nothing,
            history: None,
            owned: false,
        }
    }
}

impl VerifyPlan {
    /// Publishers and readers.
    #[must_use]
    pub const fn clients(&self) -> u32 {
        self.publishers.saturating_add(self.readers)
    }

    /// Checks every number.
    ///
    /// # Errors
    /// The first that is out of bounds.
    pub fn check(&self) -> Result<(), PlanError> {
        within("against", self.against.len(), &(1..=64))?;
        within("publishers", self.publishers, &(1..=MAX_CLIENTS))?;
        within("clients", self.clients(), &(1..=MAX_CLIENTS))?;
        within("rooms", self.rooms, &(1..=MAX_ROOMS))?;
        within("rate", self.rate, &(0.01..=10_000.0))?;
        within("duration", self.duration, &seconds(1, 24 * 3600))?;
        within("reconnect_every", self.reconnect_every, &seconds(0, 24 * 3600))?;
        within("patience", self.patience, &seconds(1, 3600))
    }
}

const fn seconds(from: u64, to: u64) -> RangeInclusive<Duration> {
    Duration::from_secs(from)..=Duration::from_secs(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bound_is_named() {
        let bad = |change: fn(&mut VerifyPlan)| {
            let mut plan = VerifyPlan::default();
            change(&mut plan);
            plan.check().unwrap_err().to_string()
        };
        assert_eq!(VerifyPlan::default().check(), Ok(()));
        assert_eq!(bad(|p| p.against.clear()), "against is 0, must be 1 to 64");
        assert_eq!(bad(|p| p.publishers = 0), "publishers is 0, must be 1 to 1000");
        assert_eq!(bad(|p| p.readers = MAX_CLIENTS - 7), "clients is 1001, must be 1 to 1000");
        assert_eq!(bad(|p| p.rooms = MAX_ROOMS + 1), "rooms is 401, must be 1 to 400");
        assert_eq!(bad(|p| p.rate = 0.0), "rate is 0.0, must be 0.01 to 10000.0");
        assert_eq!(bad(|p| p.duration = Duration::ZERO), "duration is 0ns, must be 1s to 86400s");
        assert_eq!(bad(|p| p.patience = Duration::ZERO), "patience is 0ns, must be 1s to 3600s");
    }
}
