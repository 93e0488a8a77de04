//! Names of rooms and people (`docs/protocol.md` §9): refused before the upgrade, or one and the same.

use e2e::{Client, Server, http, raw};
use serde_json::json;

/// Percent-encodes everything that is not plain, so that a path holds any name.
fn encode(name: &str) -> String {
    name.bytes()
        .map(
            |byte| {
                if byte.is_ascii_alphanumeric() { (byte as char).to_string() } else { format!("%{byte:02X}") }
            },
        )
        .collect()
}

#[tokio::test]
async fn a_bad_room_name_is_400_before_the_upgrade() {
    let server = Server::start().await;
    let long = "r".repeat(65);
    for room in ["a b", ".", "..", "a/b", "a?b", "a#b", "\u{0}", "a\u{200b}b", "\u{202e}abc", "ro:om", &long]
    {
        let answer =
            raw::try_upgrade(server.address(), &format!("/chat/{}?user=ann", encode(room)), &[]).await;
        assert_eq!((answer.status, answer.problem().as_str()), (400, "bad_name"), "{room:?}");
    }
}

#[tokio::test]
async fn a_bad_user_name_is_400_before_the_upgrade() {
    let server = Server::start().await;
    let long = "u".repeat(33);
    for user in ["a b", " ", "\u{0}", "a\nb", "a\u{200b}b", "\u{202e}ann", "a\u{378}b", &long] {
        for path in ["/chat/general", "/ws"] {
            let answer =
                raw::try_upgrade(server.address(), &format!("{path}?user={}", encode(user)), &[]).await;
            assert_eq!((answer.status, answer.problem().as_str()), (400, "bad_name"), "{path} {user:?}");
        }
    }
}

#[tokio::test]
async fn names_at_their_limits_are_names() {
    let server = Server::start().await;
    let (room, user) = ("r".repeat(64), "\u{fc}".repeat(32));
    let mut client = Client::open(server.address(), &format!("/chat/{room}?user={}", encode(&user))).await;
    assert_eq!(client.expect("join").await["user"], user);
    for room in ["a.b-c_1", "...a", "\u{43f}\u{440}\u{438}\u{432}\u{435}\u{442}", "\u{6d9}\u{6f1}", "42"] {
        let answer =
            raw::try_upgrade(server.address(), &format!("/chat/{}?user=ann", encode(room)), &[]).await;
        assert!(answer.status == 101 || !room.is_ascii(), "{room:?}: {} {}", answer.status, answer.text());
    }
}

#[tokio::test]
async fn a_room_is_one_room_however_it_is_written() {
    let server = Server::start().await;
    let mut ann = Client::open(server.address(), "/chat/General?user=ann").await;
    let mut bob = Client::chat(&server, "general", "bob").await;
    assert_eq!(ann.expect("joined").await["room"], "general");
    ann.say("same room").await;
    bob.hear("same room").await;
    // NFC: e and a combining accent are the letter é.
    let mut decomposed =
        Client::open(server.address(), &format!("/chat/{}?user=ann", encode("Cafe\u{301}"))).await;
    assert_eq!(decomposed.expect("joined").await["room"], "caf\u{e9}");
}

#[tokio::test]
async fn a_person_is_one_person_however_the_name_is_written() {
    let server = Server::start().await;
    let mut bob = Client::chat(&server, "general", "bob").await;
    let _ann = Client::chat(&server, "general", "Ann").await;
    bob.expect_where("join of Ann", |frame| frame["type"] == "join" && frame["user"] == "Ann").await;
    let _other = Client::tab(&server, "general", "ANN").await;
    let presence = http::get(server.address(), "/api/v1/rooms/general/presence").await.json();
    assert_eq!(
        presence["users"].as_array().map(Vec::len),
        Some(2),
        "case makes no second person: {presence}"
    );
}

#[tokio::test]
async fn a_bad_room_name_in_a_frame_is_an_error_and_nothing_more() {
    let server = Server::start().await;
    let mut ann = Client::ws(&server, "ann").await;
    for room in ["", "a b", "..", "a\u{0}b", "r/../s"] {
        let error = ann.ask(json!({"type": "join", "room": room})).await;
        assert_eq!((&error["type"], &error["code"]), (&json!("error"), &json!("bad_name")), "{room:?}");
    }
    ann.join("fine").await;
}
