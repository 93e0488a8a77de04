//! Chance that can be repeated.

use std::hash::{BuildHasher as _, RandomState};

/// Random numbers from a seed (SplitMix64): enough for tests, and for nothing else.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// The dice of this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The seed in `ROOMCAST_SEED`, or a new one. It is printed, so that a failure can be repeated.
    #[must_use]
    pub fn from_environment() -> Self {
        let seed = std::env::var("ROOMCAST_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or_else(|| RandomState::new().hash_one(0));
        eprintln!("ROOMCAST_SEED={seed}");
        Self(seed)
    }

    /// A number below `bound`, which is not 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % bound
    }
}
