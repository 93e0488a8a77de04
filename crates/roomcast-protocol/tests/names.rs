//! Names of rooms and users.

use proptest::prelude::*;
use roomcast_protocol::{ErrorCode, MAX_ROOM_BYTES, MAX_USER_CHARS, NameError, RoomName, UserName};
use std::{borrow::Cow, collections::HashMap};

fn room(text: &str) -> String {
    RoomName::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}")).to_string()
}

fn user(text: &str) -> (String, String) {
    let user = UserName::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    (user.name().to_owned(), user.identity().to_owned())
}

#[test]
fn rooms_are_composed_and_lower_case() {
    assert_eq!(room("general"), "general");
    assert_eq!(room("Team-1_a.B"), "team-1_a.b");
    assert_eq!(room("Cafe\u{301}"), "caf\u{e9}");
    assert_eq!(room("ÜBER"), "über");
    assert_eq!(room("ΟΔΟΣ"), "οδος");
    assert_eq!(room("世界"), "世界");
    assert_eq!(room("हिन्दी"), "हिन्दी");
    assert_eq!(room("٣"), "٣");
    assert_eq!(room("..a"), "..a");
}

#[test]
fn rooms_have_no_other_characters() {
    let refused = [
        "a b",
        "a/b",
        "a\\b",
        "a%b",
        "#a",
        "a:b",
        "a*",
        "\0",
        "a\n",
        "\u{301}a",
        "a\u{200b}b",
        "a\u{200d}b",
        "\u{202e}ab",
        "a\u{fe0f}",
        "a\u{34f}",
        "\u{3164}",
        "\u{115f}",
        "ａｂ",
        "ﬁ",
        "①",
        "👍",
        "a\u{ad}b",
        "\u{e0041}",
        "a-\u{301}",
        "\u{378}",
        "\u{feff}a",
    ];
    for text in refused {
        assert!(matches!(RoomName::parse(text), Err(NameError::RoomCharacter(_))), "{text:?}");
    }
}

#[test]
fn rooms_have_bounds() {
    assert_eq!(RoomName::parse(""), Err(NameError::EmptyRoom));
    assert_eq!(RoomName::parse("."), Err(NameError::DotsOnly));
    assert_eq!(RoomName::parse("..."), Err(NameError::DotsOnly));
    assert!(RoomName::parse(&"x".repeat(MAX_ROOM_BYTES)).is_ok());
    assert!(RoomName::parse(&"é".repeat(MAX_ROOM_BYTES / 2)).is_ok());
    for long in ["x".repeat(MAX_ROOM_BYTES + 1), "é".repeat(33), "X".repeat(1 << 20), "世".repeat(1 << 20)]
    {
        assert_eq!(RoomName::parse(&long), Err(NameError::LongRoom));
    }
    assert!(RoomName::parse(&"e\u{301}".repeat(32)).is_ok(), "96 bytes that compose to 64");
}

#[test]
fn canonical_rooms_are_not_copied_and_found_by_text() {
    assert!(matches!(RoomName::canonical("general"), Ok(Cow::Borrowed("general"))));
    let rooms = HashMap::from([(RoomName::parse("General").unwrap(), 1)]);
    assert_eq!(rooms.get("general"), Some(&1));
}

#[test]
fn rooms_are_written_and_read_as_texts() {
    let name: RoomName = serde_json::from_str("\"General\"").unwrap();
    assert_eq!(serde_json::to_string(&name).unwrap(), "\"general\"");
    assert!(serde_json::from_str::<RoomName>("\"a b\"").unwrap_err().to_string().contains("leave out ' '"));
}

#[test]
fn users_are_shown_as_written_and_compared_in_lower_case() {
    assert_eq!(user("Ann"), ("Ann".to_owned(), "ann".to_owned()));
    assert_eq!(user("Zoe\u{308}"), ("Zoë".to_owned(), "zoë".to_owned()));
    assert_eq!(user("ＡＮＮ"), ("ANN".to_owned(), "ann".to_owned()));
    assert_eq!(user("o'neil+1@home"), ("o'neil+1@home".to_owned(), "o'neil+1@home".to_owned()));
    assert_eq!(user("Σίσυφος"), ("Σίσυφος".to_owned(), "σίσυφος".to_owned()));
    assert_eq!(user("אבג"), ("אבג".to_owned(), "אבג".to_owned()));
    assert_eq!(UserName::parse("Ann"), UserName::parse("aNN"));
}

/// S22: bidi controls, zero-width, tags, unassigned are refused.
#[test]
fn users_have_no_hidden_characters() {
    let refused = [
        "a b",
        "a\tb",
        "a\nb",
        "\0",
        "a\u{7f}",
        "\u{1b}[31m",
        "a\u{200b}b",
        "a\u{200c}b",
        "a\u{200d}b",
        "a\u{2060}b",
        "\u{feff}a",
        "\u{202e}ab",
        "\u{2066}ab",
        "a\u{200f}",
        "\u{e0041}a",
        "a\u{ad}b",
        "a\u{34f}b",
        "a\u{fe0f}",
        "\u{3164}",
        "\u{115f}",
        "\u{378}",
        "\u{ffff}",
        "\u{fdd0}",
        "\u{e000}",
        "👍",
        "ﬁ",
        "a\u{a0}b",
        "क्\u{200d}ष",
    ];
    for text in refused {
        assert!(matches!(UserName::parse(text), Err(NameError::UserCharacter(_))), "{text:?}");
    }
    assert_eq!(UserName::parse("אa"), Err(NameError::Direction));
}

#[test]
fn users_have_bounds() {
    assert_eq!(UserName::parse(""), Err(NameError::EmptyUser));
    assert!(UserName::parse(&"x".repeat(MAX_USER_CHARS)).is_ok());
    assert!(UserName::parse(&"世".repeat(MAX_USER_CHARS)).is_ok());
    for long in ["x".repeat(MAX_USER_CHARS + 1), "世".repeat(33), "x".repeat(1 << 20)] {
        assert_eq!(UserName::parse(&long), Err(NameError::LongUser));
    }
}

#[test]
fn users_are_sorted_by_what_is_shown() {
    let mut users = ["bob", "Ann", "ann", "Zoë"].map(|text| UserName::parse(text).unwrap());
    users.sort();
    assert_eq!(users.map(|user| user.name().to_owned()), ["Ann", "Zoë", "ann", "bob"]);
}

#[test]
fn stored_users_come_back() {
    let user = UserName::parse("Ann").unwrap();
    let stored = UserName::from_parts(user.identity(), user.name());
    assert_eq!((stored.name(), stored.identity()), ("Ann", "ann"));
    assert_eq!(stored, user);
}

#[test]
fn refusals_say_what_to_do() {
    assert_eq!(NameError::EmptyUser.code(), ErrorCode::BadName);
    let space = UserName::parse("Ann Lee").unwrap_err().to_string();
    assert_eq!(space, "a name cannot contain ' ': use letters, digits and plain punctuation without spaces");
    // S25: what a terminal would obey is escaped.
    assert!(UserName::parse("\u{1b}[2J").unwrap_err().to_string().contains(r"'\u{1b}'"));
}

/// Texts that often are names, also in scripts where case and composition are tricky.
fn nearly_a_name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9._-]{1,40}",
        "[A-Za-zÀ-ÿĀ-ſΑ-ωА-яİıſẞßǅǆΐΰ\u{300}-\u{36f}]{1,12}",
        "[\u{531}-\u{587}\u{10a0}-\u{10ff}\u{13a0}-\u{13ff}\u{1e00}-\u{1fff}\u{a640}-\u{a7ff}]{1,8}",
        "[\u{590}-\u{6ff}0-9]{1,8}",
        "[\u{900}-\u{97f}\u{e00}-\u{e7f}\u{1100}-\u{11ff}\u{ac00}-\u{d7a3}]{1,8}",
        "[\u{ff00}-\u{ffef}\u{2100}-\u{218f}]{1,8}",
        "\\PC{1,12}",
        any::<String>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn canonical_rooms_are_canonical(text in nearly_a_name()) {
        if let Ok(name) = RoomName::parse(&text) {
            prop_assert!((1..=MAX_ROOM_BYTES).contains(&name.as_str().len()));
            prop_assert_eq!(name.as_str(), name.as_str().to_lowercase());
            prop_assert_eq!(RoomName::parse(name.as_str()), Ok(name));
        }
    }

    #[test]
    fn canonical_users_are_canonical(text in nearly_a_name()) {
        if let Ok(user) = UserName::parse(&text) {
            prop_assert!((1..=MAX_USER_CHARS).contains(&user.name().chars().count()));
            prop_assert!((1..=MAX_USER_CHARS).contains(&user.identity().chars().count()));
            let again = UserName::parse(user.name()).unwrap();
            prop_assert_eq!((again.name(), again.identity()), (user.name(), user.identity()));
            let identity = UserName::parse(user.identity()).unwrap();
            prop_assert_eq!((identity.name(), identity.identity()), (user.identity(), user.identity()));
        }
    }

    #[test]
    fn case_makes_no_other_user_or_room(text in "[a-zA-Z0-9]{1,32}") {
        prop_assert_eq!(UserName::parse(&text), UserName::parse(&text.to_uppercase()));
        prop_assert_eq!(RoomName::parse(&text), RoomName::parse(&text.to_uppercase()));
    }
}
