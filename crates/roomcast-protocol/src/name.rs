//! Names of rooms and users, in the one form that they are compared in (`docs/protocol.md` §9).
//!
//! Whoever holds a [`RoomName`] or a [`UserName`] holds one that was checked: the only ways in are `parse` and,
//! for what was checked before it was stored, [`UserName::from_parts`].

mod room;
mod user;

pub use room::RoomName;
pub use user::UserName;

use crate::{ErrorCode, MAX_ROOM_BYTES, MAX_USER_CHARS};

/// Why a name was refused. The texts tell the user what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// No room name at all.
    #[error("a room needs a name: give it at least one letter or digit")]
    EmptyRoom,
    /// More than [`MAX_ROOM_BYTES`] in canonical form.
    #[error(
        "the room's name is too long: at most {MAX_ROOM_BYTES} bytes, that is {MAX_ROOM_BYTES} plain letters"
    )]
    LongRoom,
    /// A character that room names do not have.
    #[error("a room's name has letters, digits, '-', '_' and '.' only: leave out {0:?}")]
    RoomCharacter(char),
    /// Only dots, which addresses and file systems read as a path.
    #[error("a room's name is not dots alone: add a letter or digit")]
    DotsOnly,
    /// No user name at all.
    #[error("say who you are: the name is empty")]
    EmptyUser,
    /// More than [`MAX_USER_CHARS`].
    #[error("the name is too long: at most {MAX_USER_CHARS} characters")]
    LongUser,
    /// A character that user names do not have: a space, a control character, an invisible or unassigned one.
    #[error("a name cannot contain {0:?}: use letters, digits and plain punctuation without spaces")]
    UserCharacter(char),
    /// Right-to-left and left-to-right characters mixed so that the name could be shown in two ways (RFC 5893 §2).
    #[error("the name mixes right-to-left and left-to-right writing: use one direction")]
    Direction,
    /// A name that has no stable canonical form.
    #[error("the name cannot be written in one way only: choose a simpler one")]
    Unstable,
}

impl NameError {
    /// The code for the `error` frame: always [`ErrorCode::BadName`].
    #[must_use]
    pub const fn code(self) -> ErrorCode {
        ErrorCode::BadName
    }
}

/// How often a rule is repeated until its result stays the same; RFC 8264 §7 and RFC 8266 §2.3 speak of three.
const ROUNDS: usize = 4;

/// Applies a rule until its result is its own result, so that canonical forms are canonical whoever computes them
/// again.
fn settle<E: From<NameError>>(text: String, rule: impl Fn(&str) -> Result<String, E>) -> Result<String, E> {
    let mut text = text;
    for _ in 0..ROUNDS {
        let next = rule(&text)?;
        if next == text {
            return Ok(text);
        }
        text = next;
    }
    Err(NameError::Unstable.into())
}
