//! Names: the canonical form of a canonical form is itself, and is within the bounds.

use roomcast_protocol::{MAX_ROOM_BYTES, MAX_USER_CHARS, RoomName, UserName};

pub(crate) fn fuzz(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(room) = RoomName::parse(text) {
        assert_eq!(RoomName::parse(room.as_str()).as_ref(), Ok(&room), "of {text:?}");
        assert_eq!(room.as_str().to_lowercase(), room.as_str(), "of {text:?}");
        assert!((1..=MAX_ROOM_BYTES).contains(&room.as_str().len()), "{room:?}");
        assert!(visible(room.as_str()), "{room:?}");
    }
    if let Ok(user) = UserName::parse(text) {
        user_name(&user);
    }
}

fn user_name(user: &UserName) {
    let again = UserName::parse(user.name());
    assert_eq!(again.as_ref().map(UserName::name), Ok(user.name()));
    assert_eq!(again.as_ref().map(UserName::identity), Ok(user.identity()));
    let identity = UserName::parse(user.identity());
    assert_eq!(identity.as_ref().map(UserName::identity), Ok(user.identity()));
    for form in [user.name(), user.identity()] {
        assert!((1..=MAX_USER_CHARS).contains(&form.chars().count()), "{form:?}");
        assert!(visible(form), "{form:?}");
    }
}

/// Nothing moves the cursor, turns the direction, or is not seen (S22).
fn visible(name: &str) -> bool {
    let is_hidden = |c: char| {
        c.is_control()
            || c.is_whitespace()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
    };
    !name.chars().any(is_hidden)
}
