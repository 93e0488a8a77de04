//! Filling the table: what serde needs to be told.

use super::{Fields, Key, Value};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use std::{borrow::Cow, fmt};

/// Reads the whole frame into the table.
pub(super) struct Frame<'t, 'a>(pub(super) &'t mut Fields<'a>);

impl<'de> DeserializeSeed<'de> for Frame<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Frame<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Name(key)) = map.next_key()? {
            let Some(key) = key.filter(|key| at_the_top(*key)) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            self.0.mark(key);
            let value = match key {
                Key::Resume => map.next_value_seed(ResumeObject(self.0))?,
                _ => map.next_value()?,
            };
            self.0.values[key as usize] = value;
        }
        Ok(())
    }
}

/// Not one of those that only `resume` has, nor the place where they are put.
const fn at_the_top(key: Key) -> bool {
    !matches!(key, Key::Epoch | Key::Change | Key::ResumeSeq | Key::ResumeEpoch | Key::ResumeChange)
}

/// Reads `resume`, the one object inside a frame.
struct ResumeObject<'t, 'a>(&'t mut Fields<'a>);

impl<'de> DeserializeSeed<'de> for ResumeObject<'_, 'de> {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value<'de>, D::Error> {
        deserializer.deserialize_any(Any(Some(self.0)))
    }
}

impl<'de> Deserialize<'de> for Value<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any(None))
    }
}

/// Reads a value of any type; of an object only what `resume` has, and only where a table is given.
struct Any<'t, 'a>(Option<&'t mut Fields<'a>>);

impl<'de> Visitor<'de> for Any<'_, 'de> {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value<'de>, E> {
        Ok(Value::Absent)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Value<'de>, E> {
        Ok(Value::Flag(flag))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value<'de>, E> {
        Ok(Value::Number(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value<'de>, E> {
        Ok(Value::Negative(number))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Value<'de>, E> {
        Ok(Value::Other)
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value<'de>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Other)
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Value<'de>, A::Error> {
        while let Some(Name(key)) = map.next_key()? {
            let (Some(fields), Some(key)) = (&mut self.0, key.and_then(inside_resume)) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            fields.mark(key);
            fields.values[key as usize] = map.next_value()?;
        }
        Ok(Value::Object)
    }
}

const fn inside_resume(key: Key) -> Option<Key> {
    match key {
        Key::Seq => Some(Key::ResumeSeq),
        Key::Epoch => Some(Key::ResumeEpoch),
        Key::Change => Some(Key::ResumeChange),
        _ => None,
    }
}

/// A field's name, where it is a known one.
struct Name(Option<Key>);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_identifier(NameVisitor)
    }
}

struct NameVisitor;

impl Visitor<'_> for NameVisitor {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Name, E> {
        Ok(Name(Key::from_name(name)))
    }
}
