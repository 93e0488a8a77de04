//! How much a person may do: budgets that refill steadily (the generic cell rate algorithm, ITU-T I.371), shared by
//! all of the person's connections. The acknowledgement of each message tells what is left of the one for messages.

use governor::{
    Quota, RateLimiter,
    clock::{Clock, MonotonicClock},
    middleware::StateInformationMiddleware,
    state::{InMemoryState, NotKeyed},
};
use roomcast_protocol::server;
use std::{num::NonZeroU32, time::Duration};

/// Rooms that one connection may be in.
pub const MAX_ROOMS: usize = 500;

/// Refusals in a row, with nothing in between that was allowed, after which a connection is closed with 4029: whoever waits as
/// long as a refusal says gets none.
pub const MAX_REFUSALS: u8 = 100;

/// What one person may do, over all of their connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Messages, edits and deletions. Default: 10 in a second.
    pub messages: Rate,
    /// Rooms entered. Default: 500 in a minute, as many as a connection that comes back may be in.
    pub joins: Rate,
    /// Whatever else is asked for: history, typing, leaving, newer tokens, pings that are frames. Default: 120 in a minute.
    pub commands: Rate,
    /// Connections at once, where a token says whose they are. (A guest's name is anybody's: who took it could keep others
    /// out.) Default: 20.
    pub connections: NonZeroU32,
}

impl Default for Limits {
    fn default() -> Self {
        const fn n(n: u32) -> NonZeroU32 {
            NonZeroU32::new(n).expect("not zero")
        }
        let a_minute = Duration::from_secs(60);
        Self {
            messages: Rate { count: n(10), per: Duration::from_secs(1) },
            joins: Rate { count: n(500), per: a_minute },
            commands: Rate { count: n(120), per: a_minute },
            connections: n(20),
        }
    }
}

/// So many per time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many, also at once.
    pub count: NonZeroU32,
    /// In which time.
    pub per: Duration,
}

impl Rate {
    /// The time after which one more is allowed.
    fn interval(self) -> Duration {
        (self.per / self.count.get()).max(Duration::from_nanos(1))
    }
}

/// What of one kind a person may still do.
#[derive(Debug)]
pub(crate) struct Budget {
    rate: Rate,
    limiter: RateLimiter<NotKeyed, InMemoryState, MonotonicClock, StateInformationMiddleware>,
}

impl Budget {
    pub(crate) fn new(rate: Rate) -> Self {
        // An interval of at least a nanosecond is what the quota asks for.
        let quota = Quota::with_period(rate.interval()).unwrap_or(Quota::per_second(rate.count));
        let limiter = RateLimiter::direct_with_clock(quota.allow_burst(rate.count), MonotonicClock);
        Self { rate, limiter: limiter.with_middleware() }
    }

    /// One of them. What is left, or how long to wait.
    pub(crate) fn spend(&self) -> Result<server::Budget, Duration> {
        match self.limiter.check() {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                let spent = self.rate.count.get().saturating_sub(remaining);
                Ok(server::Budget {
                    remaining: remaining.into(),
                    reset_ms: millis(self.rate.interval() * spent),
                })
            }
            Err(not_until) => Err(not_until.wait_time_from(MonotonicClock.now())),
        }
    }

    /// Nothing was spent that has not come back.
    pub(crate) fn is_whole(&self) -> bool {
        self.limiter.check_n(self.rate.count).is_ok_and(|fits| fits.is_ok())
    }
}

/// Whole milliseconds, rounded up, so that whoever waits this long has waited long enough.
pub(crate) fn millis(d: Duration) -> u64 {
    u64::try_from(d.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_spent_told_and_refilled() {
        let budget =
            Budget::new(Rate { count: NonZeroU32::new(3).unwrap(), per: Duration::from_millis(600) });
        for remaining in [2, 1, 0] {
            let left = budget.spend().unwrap();
            assert_eq!(left.remaining, remaining);
            assert!((1..=600).contains(&left.reset_ms), "{left:?}");
        }
        let wait = budget.spend().unwrap_err();
        assert!(wait <= Duration::from_millis(200), "{wait:?}");
        std::thread::sleep(wait);
        assert_eq!(budget.spend().unwrap().remaining, 0);
    }
}
