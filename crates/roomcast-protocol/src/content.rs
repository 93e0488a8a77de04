//! What may be said: the bounds of `content`, `nonce` and `emoji`.

use crate::{ErrorCode, MAX_CONTENT_BYTES, MAX_CONTENT_CHARS, MAX_EMOJI_BYTES, MAX_NONCE_BYTES};

/// Why a text was refused. The texts tell the sender what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    /// Nothing but white space.
    #[error("the message is empty: write something")]
    Empty,
    /// Too many characters, or too many bytes.
    #[error("the message is too long: at most {MAX_CONTENT_CHARS} characters and {MAX_CONTENT_BYTES} bytes")]
    TooLong,
    /// U+0000, which databases and terminals stumble over.
    #[error("the message contains a NUL character: leave it out")]
    Nul,
    /// An empty nonce, or one longer than [`MAX_NONCE_BYTES`].
    #[error("the nonce must have between 1 and {MAX_NONCE_BYTES} bytes and no NUL character")]
    Nonce,
    /// A reaction that is empty, too long, or contains white space or control characters.
    #[error("the emoji must have between 1 and {MAX_EMOJI_BYTES} bytes, without spaces")]
    Emoji,
}

impl ContentError {
    /// The code for the `error` frame.
    #[must_use]
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::Empty => ErrorCode::Empty,
            Self::TooLong => ErrorCode::TooLarge,
            Self::Nul | Self::Nonce | Self::Emoji => ErrorCode::BadFrame,
        }
    }
}

/// Checks what someone wants to say, and gives it back as it came: trimming is for counting only, so that what was
/// typed (an indented block, a line break at the end) is what everyone sees.
///
/// # Errors
/// [`ContentError::Empty`] without a character that is not white space, [`ContentError::TooLong`] above
/// [`MAX_CONTENT_CHARS`] characters after trimming or [`MAX_CONTENT_BYTES`] as it came, [`ContentError::Nul`] with a
/// NUL.
pub fn check_content(content: &str) -> Result<&str, ContentError> {
    if content.len() > MAX_CONTENT_BYTES {
        return Err(ContentError::TooLong);
    }
    let trimmed = content.trim();
    if trimmed.is_empty() {
        return Err(ContentError::Empty);
    }
    if content.as_bytes().contains(&0) {
        return Err(ContentError::Nul);
    }
    // There are never more characters than bytes, so that nearly every message is not counted at all.
    if trimmed.len() > MAX_CONTENT_CHARS && trimmed.chars().count() > MAX_CONTENT_CHARS {
        return Err(ContentError::TooLong);
    }
    Ok(content)
}

/// Checks a nonce, and gives it back.
///
/// # Errors
/// [`ContentError::Nonce`] where it is empty, longer than [`MAX_NONCE_BYTES`], or contains a NUL.
pub fn check_nonce(nonce: &str) -> Result<&str, ContentError> {
    let fits = (1..=MAX_NONCE_BYTES).contains(&nonce.len());
    if fits && !nonce.as_bytes().contains(&0) { Ok(nonce) } else { Err(ContentError::Nonce) }
}

/// Checks the `emoji` of a reaction, and gives it back. What counts as an emoji changes every year; the bounds are
/// only those that keep a reaction from being a second message.
///
/// # Errors
/// [`ContentError::Emoji`] where it is empty, longer than [`MAX_EMOJI_BYTES`], or contains white space or control
/// characters.
pub fn check_emoji(emoji: &str) -> Result<&str, ContentError> {
    let fits = (1..=MAX_EMOJI_BYTES).contains(&emoji.len());
    let stray = |c: char| c.is_whitespace() || c.is_control();
    if fits && !emoji.contains(stray) { Ok(emoji) } else { Err(ContentError::Emoji) }
}
