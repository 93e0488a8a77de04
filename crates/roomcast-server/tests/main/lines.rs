//! Export and import: the same log again, byte for byte, or a line that says why not.

use crate::{
    client::{Socket, numbers},
    support::Place,
};
use serde_json::{Value, json};

pub(crate) const HEAD: &str = r#"{"format":"roomcast-export","version":1,"epoch":"e123"}"#;

/// Data with three rooms and everything that a message can have, exported.
fn exported(place: &Place) -> String {
    let rooms = [("red", 5), ("blue", 1), ("émile", 3)];
    let server = place.serve_on("data");
    for (room, n) in rooms {
        let mut ann = Socket::open(server.chat, &format!("/chat/{room}?user=Ann"));
        for n in 1..=n {
            ann.say(&format!("  \"{n}\"\n\u{1F600} \u{2028}\\ "), &format!("n{n}"));
        }
        ann.send(&json!({"type": "message", "content": "a reply", "reply_to": 1, "id": 2}));
        ann.expect("ack");
    }
    server.stop();
    // The same user, shown otherwise.
    let server = place.serve_on("data");
    for (room, _) in rooms {
        Socket::open(server.chat, &format!("/chat/{room}?user=ANN")).say("shouted", "n0");
    }
    server.stop();
    place.must(&["export", "--data-dir", "data"]).stdout
}

/// What the lines say, whatever the order of their fields.
fn said(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub(crate) fn message(room: &str, seq: u64, more: &Value) -> String {
    let mut line =
        json!({"room": room, "seq": seq, "identity": "ann", "name": "Ann", "at_ms": 5, "content": "x"});
    for (key, value) in more.as_object().unwrap() {
        line[key] = value.clone();
    }
    line.to_string()
}

pub(crate) fn plain(room: &str, seq: u64) -> String {
    message(room, seq, &json!({}))
}

/// An edit of the first message of the room red.
fn change(more: &Value) -> String {
    let mut line = json!({
        "room": "red", "change": 1, "after": 1, "seq": 1, "identity": "ann", "name": "Ann", "at_ms": 5, "kind": "edit",
        "content": "y"
    });
    for (key, value) in more.as_object().unwrap() {
        line[key] = value.clone();
    }
    line.to_string()
}

pub(crate) fn end(rooms: u64, messages: u64) -> String {
    json!({"end": {"rooms": rooms, "messages": messages}}).to_string()
}

pub(crate) fn file(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[test]
fn what_is_exported_and_imported_is_the_same_byte_for_byte() {
    let place = Place::new();
    let text = exported(&place);
    assert_eq!(text.lines().count(), 1 + 7 + 3 + 5 + 1);
    let first: Value = serde_json::from_str(text.lines().nth(1).unwrap()).unwrap();
    assert_eq!(
        (&first["room"], &first["identity"], &first["name"]),
        (&json!("blue"), &json!("ann"), &json!("Ann"))
    );
    let shouted: Value = serde_json::from_str(text.lines().nth(3).unwrap()).unwrap();
    assert_eq!((&shouted["identity"], &shouted["name"]), (&json!("ann"), &json!("ANN")));

    let done = place.run_with(&["import", "--data-dir", "copy", "-"], &text);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stderr.contains("imported 15 messages in 3 rooms into sqlite:copy"), "{done:?}");
    assert_eq!(place.must(&["export", "--data-dir", "copy", "-"]).stdout, text);
    place.must(&["export", "--data-dir", "copy", "file.jsonl"]);
    assert_eq!(place.read("file.jsonl"), text);
    let (cause, _) = place.fails(&["export", "--data-dir", "copy", "file.jsonl"]);
    assert_eq!(cause, "file.jsonl is there already");

    let server = place.serve_on("copy");
    let epoch = serde_json::from_str::<Value>(text.lines().next().unwrap()).unwrap()["epoch"].clone();
    let path = format!("/chat/red?user=ann&since=4&epoch={}", epoch.as_str().unwrap());
    let mut ann = Socket::open(server.chat, &path);
    assert_eq!(ann.expect("joined")["recovered"], true, "positions stay good");
    assert_eq!(ann.expect("message")["seq"], 5);
    assert_eq!(ann.say("shouted", "n0"), 7, "nonces are known");
    assert_eq!(ann.say("more", "more"), 8);
    // While the server has it, it can be read and not written to.
    assert_eq!(place.must(&["export", "--data-dir", "copy"]).stdout.lines().count(), 18);
    let (cause, _) = place.fails(&["import", "--data-dir", "copy", "file.jsonl"]);
    assert!(cause.contains("copy is in use"), "{cause}");
}

#[test]
fn one_room_goes_into_a_store_that_does_not_have_it() {
    let place = Place::new();
    let all = exported(&place);
    let red = place.must(&["export", "--data-dir", "data", "--room", "RED"]).stdout;
    assert_eq!(red.lines().count(), 1 + 7 + 1);
    assert!(red.lines().skip(1).take(7).all(|line| all.contains(line)));
    place.write("red.jsonl", &red);
    let (cause, help) = place.fails(&["import", "--data-dir", "data", "red.jsonl"]);
    assert_eq!(cause, "line 2: the room red has messages already");
    assert!(help.contains("nothing was imported"), "{help}");
    assert_eq!(place.must(&["export", "--data-dir", "data"]).stdout, all);

    place.write("green.jsonl", &file(&[HEAD.into(), plain("green", 8), plain("green", 9), end(1, 2)]));
    let done = place.must(&["import", "--data-dir", "data", "green.jsonl"]);
    assert!(done.stderr.contains("not that of the file"), "{done:?}");
    let server = place.serve_on("data");
    assert_eq!(numbers(server.chat, "green"), [8, 9], "a room begins where its file begins");
    assert_eq!(numbers(server.chat, "red").len(), 7);
    server.stop();
    let (cause, _) = place.fails(&["export", "--data-dir", "data", "--room", "nowhere"]);
    assert_eq!(cause, "there is no room nowhere");
}

#[test]
fn a_new_epoch_makes_clients_load_afresh() {
    let place = Place::new();
    let text = file(&[HEAD.into(), plain("red", 1), end(1, 1)]);
    place.write("red.jsonl", &text);
    place.must(&["import", "--data-dir", "same", "red.jsonl"]);
    place.must(&["import", "--data-dir", "new", "--new-epoch", "red.jsonl"]);
    assert_eq!(said(&place.must(&["export", "--data-dir", "same"]).stdout), said(&text));
    let new = place.must(&["export", "--data-dir", "new"]).stdout;
    assert_ne!(new.lines().next().unwrap(), HEAD);
    assert_eq!(said(&new)[1..], said(&text)[1..]);
}

/// What follows one good message is refused, and the line is named.
fn fails_in_line(place: &Place, second: &str, line: u64, cause: &str) {
    let first = message("red", 1, &json!({"nonce": "n1"}));
    place.write("bad.jsonl", &file(&[HEAD.into(), first, second.to_owned(), end(1, 2)]));
    let (said, help) = place.fails(&["import", "--data-dir", "copy", "bad.jsonl"]);
    assert!(said.starts_with(&format!("line {line}: ")) && said.contains(cause), "{second}: {said}");
    assert!(help.contains("nothing was imported"), "{help}");
}

#[test]
fn a_bad_change_is_named_and_nothing_is_imported() {
    let place = Place::new();
    let with = |more: Value| message("red", 2, &more);
    for (second, line, cause) in [
        (
            with(json!({"edited_ms": 6, "deleted_ms": 7, "content": ""})),
            3,
            "a deleted message has an empty content",
        ),
        (with(json!({"deleted_ms": 7})), 3, "a deleted message has an empty content"),
        (
            with(json!({"edited_ms": 6, "nonce": "n2"})),
            3,
            "first_hash: a changed message with a nonce has one",
        ),
        (with(json!({"first_hash": "ab"})), 3, "first_hash: a changed message with a nonce has one"),
        (
            with(json!({"edited_ms": 6, "nonce": "n2", "first_hash": "AB".repeat(32)})),
            3,
            "first_hash: 64 digits 0-9 and a-f",
        ),
        (change(&json!({"room": "blue"})), 3, "a change of blue comes before its messages"),
        (change(&json!({"change": 0})), 3, "change: 0 is not a number from 1"),
        (change(&json!({"after": 2})), 3, "after: 2 is not a number from 0 to 1"),
        (change(&json!({"seq": 2})), 3, "a change of message 2 cannot stand behind message 1"),
        (change(&json!({"content": " "})), 3, "content: the message is empty"),
        (change(&json!({"kind": "burn"})), 3, "unknown variant `burn`"),
        (change(&json!({"kind": "delete"})), 3, "a deletion has no content"),
        (change(&json!({"nonce": "n"})), 3, "unknown field `nonce`"),
        (change(&json!({})) + "\n" + &change(&json!({"change": 3})), 4, "red goes on with change 3 after 1"),
        (change(&json!({})) + "\n" + &plain("red", 2), 4, "a message of red comes after its changes"),
        (
            change(&json!({})) + "\n" + &end(1, 1),
            4,
            "the file should have 1 messages in 1 rooms, and has 1 messages and 1 changes in 1 rooms",
        ),
    ] {
        fails_in_line(&place, &second, line, cause);
    }
    let left = place.must(&["export", "--data-dir", "copy"]).stdout;
    assert_eq!(left.lines().count(), 2, "nothing was imported: {left}");
}

#[test]
fn a_bad_line_is_named_and_nothing_is_imported() {
    let place = Place::new();
    let with = |more: Value| message("red", 2, &more);
    for (second, line, cause) in [
        ("{".to_owned(), 3, "EOF while parsing"),
        ("{}".to_owned(), 3, "missing field `room`"),
        (plain("red", 3), 3, "red goes on with 3 after 1"),
        (plain("red", 1), 3, "red goes on with 1 after 1"),
        (plain("Red", 2), 3, "\"Red\" is written \"red\""),
        (plain("re d", 2), 3, "room: "),
        (plain("blue", 0), 3, "seq: 0 is not a number from 1"),
        (with(json!({"seq": -1})), 3, "invalid value"),
        (with(json!({"colour": "red"})), 3, "unknown field `colour`"),
        (with(json!({"content": ""})), 3, "content: the message is empty"),
        (with(json!({"nonce": ""})), 3, "nonce: "),
        (with(json!({"name": ""})), 3, "name: "),
        (with(json!({"identity": "a\nb"})), 3, "identity: "),
        (with(json!({"at_ms": 1_u64 << 60})), 3, "at_ms and reply_to: at most"),
        (with(json!({"nonce": "n1"})), 3, "the nonce \"n1\" of ann names an earlier message"),
        (with(json!({"content": "x".repeat(300_000)})), 3, "it is longer than"),
        (plain("blue", 1) + "\n" + &plain("red", 2), 4, "the messages of the room red do not stand together"),
        (end(1, 2), 3, "the file should have 2 messages in 1 rooms, and has 1 messages in 1 rooms"),
        (end(1, 1), 3, "something comes after"),
    ] {
        fails_in_line(&place, &second, line, cause);
    }
    for (head, cause) in [
        ("", "this is not a file that `roomcast export` wrote"),
        (r#"{"format":"roomcast-export","version":2,"epoch":"e"}"#, "version 2, this roomcast reads 1"),
        (r#"{"format":"roomcast-export","version":1,"epoch":""}"#, "epoch: "),
    ] {
        place.write("bad.jsonl", &file(&[head.into(), plain("red", 1), end(1, 1)]));
        let (said, _) = place.fails(&["import", "--data-dir", "copy", "bad.jsonl"]);
        assert!(said.starts_with("line 1: ") && said.contains(cause), "{said}");
    }
    let whole = file(&[HEAD.into(), plain("red", 1), plain("red", 2), end(1, 2)]);
    for (cut, line) in [(whole.len() - 1, 4), (whole.len() - 40, 3), (HEAD.len() + 1, 2), (0, 1)] {
        place.write("cut.jsonl", &whole[..cut]);
        let (said, _) = place.fails(&["import", "--data-dir", "copy", "cut.jsonl"]);
        assert!(said.starts_with(&format!("line {line}: ")) && said.contains("cut short"), "{said}");
    }
    let left = place.must(&["export", "--data-dir", "copy"]).stdout;
    assert_eq!(left.lines().count(), 2, "nothing was imported: {left}");
    place.write("good.jsonl", &whole);
    place.must(&["import", "--data-dir", "copy", "good.jsonl"]);
    assert_eq!(said(&place.must(&["export", "--data-dir", "copy"]).stdout), said(&whole));
}
