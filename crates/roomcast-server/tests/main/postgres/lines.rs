//! Export and import of a PostgreSQL database: the same file again, byte for byte, or a line that says why not.

use super::{
    RED, VARIABLE,
    cluster::{Cluster, PASSWORD},
    guarded, serve,
};
use crate::{
    client::get,
    lines::{HEAD, end, file, message, plain},
    support::Place,
};
use serde_json::{Value, json};

/// More than one statement of an import takes, in rooms whose names sort otherwise in most languages; one does not
/// begin with 1, and one is larger than what may wait.
pub(super) fn many() -> String {
    let hard = " \"x\"\n\u{1F600} \u{2028}\\ ";
    let mut lines = vec![HEAD.to_owned()];
    let mut n = 0;
    for (room, first, last) in [
        ("a-room", 1, 1),
        ("a_room", 7, 9),
        ("aroom", 1, 1001),
        ("red", 101, 2600),
        ("zoo", 1, 1),
        ("émile", 1, 3),
    ] {
        for seq in first..=last {
            let more = match seq % 3 {
                0 => json!({"nonce": format!("n{seq}"), "name": "ANN"}),
                1 => json!({"reply_to": seq, "content": hard, "identity": "bob", "name": "Bob"}),
                _ => json!({"nonce": format!("n{seq}"), "at_ms": 1_764_000_000_000_u64 + seq}),
            };
            lines.push(message(room, seq, &more));
            n += 1;
        }
    }
    let long = "\u{1F600}".repeat(3900);
    lines.extend((1..=400).map(|seq| message("ödland", seq, &json!({"content": long}))));
    lines.push(end(7, n + 400));
    file(&lines)
}

/// The file as `export` writes it.
pub(super) fn exported(place: &Place) -> String {
    place.write("many.jsonl", &many());
    place.must(&["import", "--data-dir", "old", "many.jsonl"]);
    place.must(&["export", "--data-dir", "old", "old.jsonl"]);
    place.read("old.jsonl")
}

#[test]
fn what_is_exported_and_imported_is_the_same_byte_for_byte() {
    let (place, cluster) = (Place::new(), Cluster::start());
    let (address, text) = (guarded(&cluster), exported(&place));
    let set = (VARIABLE, &*address);
    let done = place.run_in(&["import", "old.jsonl"], set);
    assert!(done.code == 0 && done.stderr.contains("epoch e123 (kept)"), "{done:?}");
    assert!(!done.stderr.contains(PASSWORD), "{done:?}");
    assert!(place.run_in(&["export"], set).stdout == text, "by the environment");
    assert!(place.must(&["export", "--store", &address]).stdout == text, "by the flag");
    let only_dir = place.run_in(&["export", "--data-dir", "old"], set);
    assert!(only_dir.stdout == text, "a directory that is named goes before the environment");

    let red = place.run_in(&["export", "--room", "RED"], set).stdout;
    assert_eq!(red.lines().count(), 1 + 2500 + 1);
    assert!(red.lines().skip(1).take(2500).all(|line| line.contains(r#""room":"red""#)));
    let server = serve(&place, &address);
    let page = get(server.chat, &format!("{RED}?after=0&limit=1")).json();
    assert_eq!(page["messages"][0]["seq"], 101, "it begins where it began");
    assert!(place.run_in(&["export"], set).stdout == text, "while a server uses it");
    for args in [&["import", "old.jsonl"][..], &["move", "--from", &address, "--to", "sqlite:x"]] {
        let done = place.run_in(args, set);
        let (cause, help) = &done.errors()[0];
        assert!(
            done.code == 1 && cause.ends_with("is in use, by a server or by another command"),
            "{done:?}"
        );
        assert!(cause.contains("guarded:***@") && help.contains("stop every roomcast"), "{done:?}");
    }
    server.stop();

    let (cause, _) = place.fails(&["export", "--store", &address, "--room", "nowhere"]);
    assert_eq!(cause, "there is no room nowhere");
    let backup = place.run_in(&["backup", "x.db"], set);
    assert_eq!(backup.code, 78);
    assert!(backup.errors()[0].1.contains("pg_dump") && !backup.stderr.contains(PASSWORD), "{backup:?}");
}

#[test]
fn what_is_not_right_is_named_by_its_line_and_nothing_is_imported() {
    let (place, cluster) = (Place::new(), Cluster::start());
    let address = cluster.database();
    place.write("red.jsonl", &file(&[HEAD.into(), plain("red", 4), end(1, 1)]));
    let done = place.must(&["import", "--new-epoch", "--store", &address, "red.jsonl"]);
    assert!(done.stderr.contains("not that of the file"), "{done:?}");
    let before = place.must(&["export", "--store", &address]).stdout;
    assert!(!before.contains("e123"), "{before}");

    let with = |room: &str, seq, nonce: &str| message(room, seq, &json!({"nonce": nonce}));
    let blue: Vec<String> = (1..=1200).map(|seq| with("blue", seq, &format!("n{seq}"))).collect();
    for (lines, n_rooms, line, cause) in [
        (vec![plain("red", 5)], 2, 1202, "the room red has messages already"),
        (vec![with("blue", 1201, "n1"), plain("blue", 1202)], 1, 1202, "the nonce \"n1\" of ann names"),
        (vec![with("blue", 1201, "n1199")], 1, 1202, "the nonce \"n1199\" of ann names"),
        (
            vec![plain("green", 1), plain("blue", 1201)],
            3,
            1203,
            "the messages of the room blue do not stand together",
        ),
        (
            vec![plain("a", 1), plain("b", 1), plain("a", 2), plain("c", 1)],
            5,
            1204,
            "the messages of the room a do not",
        ),
        (vec!["{}".to_owned()], 1, 1202, "missing field"),
    ] {
        let n_messages = (blue.len() + lines.len()) as u64;
        let all = [vec![HEAD.to_owned()], blue.clone(), lines, vec![end(n_rooms, n_messages)]].concat();
        place.write("bad.jsonl", &file(&all));
        let (said, help) = place.fails(&["import", "--store", &address, "bad.jsonl"]);
        assert!(said.starts_with(&format!("line {line}: ")) && said.contains(cause), "{said}");
        assert!(help.contains("nothing was imported"), "{help}");
        assert_eq!(place.must(&["export", "--store", &address]).stdout, before);
    }
    place.write("blue.jsonl", &file(&[vec![HEAD.to_owned()], blue, vec![end(1, 1200)]].concat()));
    place.must(&["import", "--store", &address, "blue.jsonl"]);
    let after = place.must(&["export", "--store", &address]).stdout;
    let head = |text: &str| serde_json::from_str::<Value>(text.lines().next().unwrap()).unwrap();
    assert_eq!(head(&after), head(&before), "a log with messages keeps its name");
    assert_eq!(after.lines().count(), before.lines().count() + 1200);
}
