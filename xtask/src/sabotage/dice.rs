//! Chance, as far as xtask without dependencies has it.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// A time between these two.
pub(super) fn between(least: Duration, most: Duration) -> Duration {
    let share = RandomState::new().hash_one(0) as f64 / u64::MAX as f64;
    least + most.saturating_sub(least).mul_f64(share)
}
