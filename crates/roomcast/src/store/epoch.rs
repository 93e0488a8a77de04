//! How a log's name is made.

use super::Epoch;
use std::hash::{BuildHasher as _, RandomState};

/// Characters in an epoch: 60 bits.
const LENGTH: usize = 12;
/// Crockford's base 32, in lower case: no letters that are taken for digits.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A new name for a log, 12 characters, unlike any before it. It need not be secret, only unique: the hash keys
/// that the standard library takes from the system are random enough, and no further dependency is needed.
#[must_use]
pub fn new_epoch() -> Epoch {
    let bits = RandomState::new().hash_one(LENGTH);
    (0..LENGTH)
        .map(|i| char::from(ALPHABET[(bits >> (5 * i)) as usize % ALPHABET.len()]))
        .collect::<String>()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn epochs_differ() {
        let epochs: HashSet<_> = (0..1000).map(|_| new_epoch()).collect();
        assert_eq!(epochs.len(), 1000);
        assert!(epochs.iter().all(|epoch| epoch.len() == LENGTH));
    }
}
