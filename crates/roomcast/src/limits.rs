//! How much a person may say: a budget that refills steadily (the generic cell rate algorithm, ITU-T I.371), shared by
//! all of the person's connections. The acknowledgement of each message tells what is left.

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

/// Messages per time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many, also at once.
    pub messages: NonZeroU32,
    /// In which time.
    pub per: Duration,
}

impl Default for Rate {
    /// 10 in a second.
    fn default() -> Self {
        const TEN: NonZeroU32 = NonZeroU32::new(10).expect("ten is not zero");
        Self { messages: TEN, per: Duration::from_secs(1) }
    }
}

impl Rate {
    /// The time after which one more message is allowed.
    fn interval(self) -> Duration {
        (self.per / self.messages.get()).max(Duration::from_nanos(1))
    }
}

/// What one person may still say.
#[derive(Debug)]
pub(crate) struct Budget {
    rate: Rate,
    limiter: RateLimiter<NotKeyed, InMemoryState, MonotonicClock, StateInformationMiddleware>,
}

impl Budget {
    pub(crate) fn new(rate: Rate) -> Self {
        // An interval of at least a nanosecond is what the quota asks for.
        let quota = Quota::with_period(rate.interval()).unwrap_or(Quota::per_second(rate.messages));
        let limiter = RateLimiter::direct_with_clock(quota.allow_burst(rate.messages), MonotonicClock);
        Self { rate, limiter: limiter.with_middleware() }
    }

    /// One message. What is left, or how long to wait.
    pub(crate) fn spend(&self) -> Result<server::Budget, Duration> {
        match self.limiter.check() {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                let spent = self.rate.messages.get().saturating_sub(remaining);
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
        self.limiter.check_n(self.rate.messages).is_ok_and(|fits| fits.is_ok())
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
            Budget::new(Rate { messages: NonZeroU32::new(3).unwrap(), per: Duration::from_millis(600) });
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
