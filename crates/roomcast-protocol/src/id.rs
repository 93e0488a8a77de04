//! The `id` by which a client recognises the one reply to its frame.

use crate::{MAX_ID_BYTES, MAX_SEQ};
use serde::{Deserialize, Deserializer, Serialize, de};

/// Chosen by the client, sent back as it came: a string of at most [`MAX_ID_BYTES`] or an integer that JavaScript
/// can hold (±[`MAX_SEQ`]).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(untagged)]
pub enum Id {
    /// A whole number, between −[`MAX_SEQ`] and [`MAX_SEQ`].
    Number(i64),
    /// A text of at most [`MAX_ID_BYTES`] bytes.
    Text(#[cfg_attr(feature = "schema", schemars(extend("maxLength" = MAX_ID_BYTES)))] Box<str>),
}

impl Id {
    /// A text as an id; `None` where it is longer than [`MAX_ID_BYTES`].
    #[must_use]
    pub fn text(text: &str) -> Option<Self> {
        (text.len() <= MAX_ID_BYTES).then(|| Self::Text(text.into()))
    }

    /// A number as an id; `None` beyond ±[`MAX_SEQ`].
    #[must_use]
    pub fn number(number: i64) -> Option<Self> {
        (number.unsigned_abs() <= MAX_SEQ).then_some(Self::Number(number))
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IdVisitor)
    }
}

struct IdVisitor;

impl de::Visitor<'_> for IdVisitor {
    type Value = Id;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a string of at most {MAX_ID_BYTES} bytes or a whole number below 2^53")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Id, E> {
        Id::text(text).ok_or_else(|| E::invalid_length(text.len(), &self))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Id, E> {
        Id::number(number).ok_or_else(|| E::invalid_value(de::Unexpected::Signed(number), &self))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Id, E> {
        let wrong = || E::invalid_value(de::Unexpected::Unsigned(number), &self);
        i64::try_from(number).ok().and_then(Id::number).ok_or_else(wrong)
    }
}

impl From<u32> for Id {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}
