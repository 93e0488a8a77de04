//! A room's name.

use super::{NameError, settle};
use crate::MAX_ROOM_BYTES;
use precis_profiles::{UsernameCasePreserved, precis_core::profile::PrecisFastInvocation as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{borrow::Borrow, borrow::Cow, fmt, sync::Arc};
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// The canonical name of a room: NFC, lower case, 1 to [`MAX_ROOM_BYTES`] bytes of letters (with the marks that
/// belong to them), digits, `-`, `_` and `.`, and not dots alone. Cloning copies a pointer.
///
/// It borrows as `str`, so that a map with rooms as keys can be asked with what came in a frame before anything is
/// canonicalised: what is found was canonical.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomName(Arc<str>);

impl RoomName {
    /// Reads a name as someone wrote it and gives its canonical form.
    ///
    /// # Errors
    /// A [`NameError`] about rooms where there is no canonical form within the bounds.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        Self::canonical(text).map(|name| Self(name.into()))
    }

    /// The canonical form of a name, borrowed where it has that form already.
    ///
    /// # Errors
    /// As [`RoomName::parse`].
    pub fn canonical(text: &str) -> Result<Cow<'_, str>, NameError> {
        let name = if text.bytes().all(is_canonical_ascii) {
            Cow::Borrowed(text)
        } else {
            Cow::Owned(canonicalize(text)?)
        };
        check_bounds(&name)?;
        Ok(name)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The letters of nearly every room's name, which need no table.
fn is_canonical_ascii(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.')
}

fn check_bounds(name: &str) -> Result<(), NameError> {
    match name {
        "" => Err(NameError::EmptyRoom),
        long if long.len() > MAX_ROOM_BYTES => Err(NameError::LongRoom),
        dots if dots.bytes().all(|byte| byte == b'.') => Err(NameError::DotsOnly),
        _ => Ok(()),
    }
}

fn canonicalize(text: &str) -> Result<String, NameError> {
    // Composing shortens at most threefold, lower-casing by less: a text this long stays too long, and is not
    // worth the work.
    if text.len() > 12 * MAX_ROOM_BYTES {
        return Err(NameError::LongRoom);
    }
    let name =
        settle(text.to_owned(), |text| Ok::<_, NameError>(text.nfc().collect::<String>().to_lowercase()))?;
    check_characters(&name)?;
    Ok(name)
}

fn check_characters(name: &str) -> Result<(), NameError> {
    let mut after_letter = false;
    for c in name.chars() {
        let letter = c.is_alphanumeric() || (after_letter && is_combining_mark(c));
        if !(letter || matches!(c, '-' | '_' | '.')) || !is_identifier(c) {
            return Err(NameError::RoomCharacter(c));
        }
        after_letter = letter;
    }
    Ok(())
}

/// In the `IdentifierClass` of PRECIS (RFC 8264 §4.2): assigned, visible, and not another character's wide, narrow
/// or otherwise compatible form, which would make two rooms that look alike.
fn is_identifier(c: char) -> bool {
    let mut buffer = [0; 4];
    let text: &str = c.encode_utf8(&mut buffer);
    c.is_ascii() || UsernameCasePreserved::prepare(text).is_ok_and(|prepared| prepared == text)
}

impl AsRef<str> for RoomName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for RoomName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RoomName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RoomName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl std::str::FromStr for RoomName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

impl Serialize for RoomName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for RoomName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}
