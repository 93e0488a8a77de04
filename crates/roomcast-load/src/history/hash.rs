//! What stands for a message in a history.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use sha2::{Digest, Sha256};
use std::{borrow::Cow, fmt};

/// The first 64 bits of the SHA-256 of the sender's name, a NUL and the content; 16 hexadecimal digits in the file. Among
/// a million messages the chance that any two have the same is one in thirty million.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash(pub u64);

impl Hash {
    /// Of a message.
    #[must_use]
    pub fn of(user: &str, content: &str) -> Self {
        let hash = Sha256::new_with_prefix(user).chain_update([0]).chain_update(content).finalize();
        Self(hash.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        let digits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let hash = u64::from_str_radix(&text, 16).ok().filter(|_| digits);
        hash.map(Self).ok_or_else(|| D::Error::custom("a hash has 16 hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sender_and_content_both_count() {
        assert_eq!(Hash::of("ann", "hello"), Hash::of("ann", "hello"));
        assert_ne!(Hash::of("ann", "hello"), Hash::of("bob", "hello"));
        assert_ne!(Hash::of("annh", "ello"), Hash::of("ann", "hello"));
        // printf 'ann\0hello' | sha256sum
        assert_eq!(Hash::of("ann", "hello").to_string(), HELLO);
    }

    const HELLO: &str = "3477717ea6689a89";

    #[test]
    fn in_the_file_it_has_16_digits() {
        let hash: Hash = serde_json::from_str("\"00000000000000ff\"").unwrap();
        assert_eq!(
            (hash, serde_json::to_string(&hash).unwrap().as_str()),
            (Hash(255), "\"00000000000000ff\"")
        );
        for bad in ["\"ff\"", "\"+0000000000000ff\"", "\"zz000000000000ff\"", "255"] {
            assert!(serde_json::from_str::<Hash>(bad).is_err(), "{bad}");
        }
    }
}
