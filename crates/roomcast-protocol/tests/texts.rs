//! What may be said.

use proptest::prelude::*;
use roomcast_protocol::{
    ContentError, ErrorCode, MAX_CONTENT_BYTES, MAX_CONTENT_CHARS, check_content, check_emoji, check_nonce,
};

#[test]
fn content_is_given_back_as_it_came() {
    for text in ["hello", "  hello\n", "\u{3000}世界\u{3000}", "x", "\u{200b}", "a\u{7}b"] {
        assert_eq!(check_content(text), Ok(text));
    }
}

#[test]
fn white_space_alone_is_empty() {
    for text in ["", " ", "\n\t\r ", "\u{3000}\u{a0}\u{2003}"] {
        assert_eq!(check_content(text), Err(ContentError::Empty), "{text:?}");
    }
}

#[test]
fn content_has_a_largest_size_in_characters_and_in_bytes() {
    for letter in ["x", "é", "世", "👍"] {
        assert!(check_content(&letter.repeat(MAX_CONTENT_CHARS)).is_ok(), "{letter}");
        assert_eq!(
            check_content(&letter.repeat(MAX_CONTENT_CHARS + 1)),
            Err(ContentError::TooLong),
            "{letter}"
        );
    }
    let padded =
        format!("{}{}", " ".repeat(MAX_CONTENT_BYTES - MAX_CONTENT_CHARS), "x".repeat(MAX_CONTENT_CHARS));
    assert!(check_content(&padded).is_ok());
    assert_eq!(check_content(&format!("{padded} ")), Err(ContentError::TooLong));
}

/// S23: no NUL, which PostgreSQL refuses.
#[test]
fn content_has_no_nul() {
    assert_eq!(check_content("a\0b"), Err(ContentError::Nul));
    assert_eq!(check_content("\0"), Err(ContentError::Nul));
}

#[test]
fn nonces_have_bounds() {
    assert_eq!(check_nonce("n"), Ok("n"));
    assert!(check_nonce(&"n".repeat(64)).is_ok());
    for nonce in ["", "a\0b", &"n".repeat(65), &"é".repeat(33)] {
        assert_eq!(check_nonce(nonce), Err(ContentError::Nonce), "{nonce:?}");
    }
}

#[test]
fn emoji_are_short_and_without_spaces() {
    for emoji in ["👍", "👍🏽", "👩‍👩‍👧‍👦", ":+1:", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"] {
        assert_eq!(check_emoji(emoji), Ok(emoji));
    }
    assert!(check_emoji(&"👍".repeat(16)).is_ok(), "64 bytes");
    for emoji in ["", "two words", "\n", "\0", &"👍".repeat(17), &"x".repeat(65)] {
        assert_eq!(check_emoji(emoji), Err(ContentError::Emoji), "{emoji:?}");
    }
}

#[test]
fn refusals_have_codes_of_the_protocol() {
    assert_eq!(ContentError::Empty.code(), ErrorCode::Empty);
    assert_eq!(ContentError::TooLong.code(), ErrorCode::TooLarge);
    assert_eq!(ContentError::Nul.code(), ErrorCode::BadFrame);
    assert_eq!(
        ContentError::TooLong.to_string(),
        "the message is too long: at most 4000 characters and 16384 bytes"
    );
}

proptest! {
    #[test]
    fn content_is_checked_as_the_protocol_says(text in any::<String>()) {
        let characters = text.trim().chars().count();
        let fits = (1..=MAX_CONTENT_CHARS).contains(&characters) && text.len() <= MAX_CONTENT_BYTES;
        prop_assert_eq!(check_content(&text).is_ok(), fits && !text.contains('\0'));
    }
}
