//! Chance that can be repeated: `FAULTS_SEED` gives the seed, and each test says which one it has.

use std::time::SystemTime;

/// A source of numbers (SplitMix64).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Dice for a test, by the seed of `FAULTS_SEED` or of the time of day.
    pub fn throw(test: &str) -> Self {
        let given = std::env::var("FAULTS_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(from_time);
        println!("{test}: FAULTS_SEED={seed}");
        Self::seeded(seed)
    }

    /// Dice for a part of a test, by a number that its own dice gave.
    pub fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below the bound, which is not 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }

    /// A number from `first` to `last`.
    pub fn between(&mut self, first: u64, last: u64) -> u64 {
        first + self.below(last - first + 1)
    }
}

fn from_time() -> u64 {
    let now = SystemTime::UNIX_EPOCH.elapsed().expect("it is after 1970");
    now.as_nanos() as u64 % 1_000_000_007
}
