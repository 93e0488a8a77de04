//! The fields of one client frame, read in a single pass over the text.
//!
//! Serde's own tagged enums copy everything into a buffer before they look at the tag, and one wrong field would
//! take the `id` down with it. So each field that some frame has is read into one flat table, whatever its type, and
//! [`decode`](super::decode) asks for what the frame's `type` needs. Texts without escapes stay where they are.

mod read;

use crate::{Id, MAX_SEQ};
use serde::de::DeserializeSeed as _;
use std::borrow::Cow;

/// Makes the table's columns and their names from one list.
macro_rules! keys {
    ($($variant:ident $name:literal),* $(,)?) => {
        /// A field that some client frame has.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Key { $($variant),* }

        impl Key {
            const ALL: &'static [Self] = &[$(Self::$variant),*];
            const COUNT: usize = Self::ALL.len();

            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            const fn bit(self) -> u32 {
                1 << self as u32
            }

            fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

// `resume.seq`, `resume.epoch` and `resume.change` are where the fields inside `resume` are put.
keys! {
    Type "type", Id "id", Room "room", Content "content", Nonce "nonce", ReplyTo "reply_to", Limit "limit",
    Before "before", After "after", Around "around", Resume "resume", ResumeSeq "resume.seq",
    ResumeEpoch "resume.epoch", ResumeChange "resume.change", Epoch "epoch", Change "change", Token "token", Seq "seq",
    Emoji "emoji", On "on",
}

/// What is wrong with a field, in words for whoever wrote the client.
pub(crate) type Complaint = Cow<'static, str>;

/// The value of a field, as far as any frame could want it.
#[derive(Debug, Default)]
enum Value<'a> {
    #[default]
    Absent,
    Flag(bool),
    Number(u64),
    Negative(i64),
    Text(Cow<'a, str>),
    Object,
    Other,
}

/// The table.
#[derive(Debug, Default)]
pub(crate) struct Fields<'a> {
    values: [Value<'a>; Key::COUNT],
    /// One bit per [`Key`] that was there, also with `null`.
    seen: u32,
    /// One bit per [`Key`] that was there more than once.
    doubled: u32,
}

impl<'a> Fields<'a> {
    /// Fills the table from a text. Where the text breaks off or is no JSON, what came before is in the table all
    /// the same, so that the reply may find its `id`.
    pub(crate) fn read(&mut self, text: &'a str) -> Result<(), Complaint> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        read::Frame(self)
            .deserialize(&mut deserializer)
            .and_then(|()| deserializer.end())
            .map_err(|error| Cow::Owned(format!("the frame is not one JSON object: {error}")))?;
        match Key::ALL.iter().find(|key| self.doubled & key.bit() != 0) {
            Some(key) => Err(complaint(*key, "stands there twice")),
            None => Ok(()),
        }
    }

    /// Marks a field as there. A field must not be there twice: two readers might each believe another one.
    fn mark(&mut self, key: Key) {
        self.doubled |= self.seen & key.bit();
        self.seen |= key.bit();
    }

    fn take(&mut self, key: Key) -> Value<'a> {
        std::mem::take(&mut self.values[key as usize])
    }

    /// The frame's `id`.
    pub(crate) fn id(&mut self) -> Result<Option<Id>, Complaint> {
        let id = match self.take(Key::Id) {
            Value::Absent => return Ok(None),
            _ if self.doubled & Key::Id.bit() != 0 => None,
            Value::Text(text) => Id::text(&text),
            Value::Negative(number) => Id::number(number),
            Value::Number(number) => i64::try_from(number).ok().and_then(Id::number),
            Value::Flag(_) | Value::Object | Value::Other => None,
        };
        id.map(Some)
            .ok_or_else(|| complaint(Key::Id, "must be a string of at most 64 bytes or a whole number"))
    }

    pub(crate) fn text(&mut self, key: Key) -> Result<Option<Cow<'a, str>>, Complaint> {
        match self.take(key) {
            Value::Absent => Ok(None),
            Value::Text(text) => Ok(Some(text)),
            _ => Err(complaint(key, "must be a string")),
        }
    }

    /// A whole number from 0 to [`MAX_SEQ`].
    pub(crate) fn number(&mut self, key: Key) -> Result<Option<u64>, Complaint> {
        match self.take(key) {
            Value::Absent => Ok(None),
            Value::Number(number) if number <= MAX_SEQ => Ok(Some(number)),
            _ => Err(complaint(key, "must be a whole number from 0 to 2^53 - 1")),
        }
    }

    pub(crate) fn flag(&mut self, key: Key) -> Result<Option<bool>, Complaint> {
        match self.take(key) {
            Value::Absent => Ok(None),
            Value::Flag(flag) => Ok(Some(flag)),
            _ => Err(complaint(key, "must be true or false")),
        }
    }

    /// Whether a field holds an object; its own fields are in the table under their dotted names.
    pub(crate) fn object(&mut self, key: Key) -> Result<bool, Complaint> {
        match self.take(key) {
            Value::Absent => Ok(false),
            Value::Object => Ok(true),
            _ => Err(complaint(key, "must be an object")),
        }
    }
}

/// The field's name and what is wrong with it.
pub(crate) fn complaint(key: Key, wrong: &str) -> Complaint {
    Cow::Owned(format!("the field `{}` {wrong}", key.name()))
}

/// The value of a field that must be there.
pub(crate) fn required<T>(key: Key, value: Option<T>) -> Result<T, Complaint> {
    value.ok_or_else(|| complaint(key, "is missing"))
}
