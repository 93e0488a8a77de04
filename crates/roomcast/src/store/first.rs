//! What a message said at first, once it says something else: enough to know it again.

use sha2::{Digest as _, Sha256};

/// Bytes of a [`first_hash`].
pub const FIRST_HASH_BYTES: usize = 32;

/// What is kept of the first content of a message that was changed, so that a repetition of its nonce is still told from a
/// conflict: SHA-256 over the nonce, a NUL and the content. (No nonce has a NUL. With the nonce in it, the same words under
/// two nonces do not look the same.)
#[must_use]
pub fn first_hash(nonce: &str, content: &str) -> [u8; FIRST_HASH_BYTES] {
    Sha256::new().chain_update(nonce).chain_update([0]).chain_update(content).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_are_known_again_and_others_are_not() {
        assert_eq!(first_hash("n", "hello"), first_hash("n", "hello"));
        for (nonce, content) in [("n", "hello "), ("m", "hello"), ("nh", "ello"), ("n\u{1}", "hello")] {
            assert_ne!(first_hash("n", "hello"), first_hash(nonce, content));
        }
    }
}
