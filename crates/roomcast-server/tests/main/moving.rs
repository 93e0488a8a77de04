//! `roomcast move`: clients do not notice.

use crate::{client::Socket, support::Place};
use serde_json::json;

#[test]
fn after_a_move_clients_resume_where_they_were_and_repeats_find_the_first_message() {
    let place = Place::new();
    let server = place.serve_on("old");
    let mut ann = Socket::open(server.chat, "/chat/red?user=Ann");
    let epoch = ann.expect("joined")["epoch"].as_str().unwrap().to_owned();
    (1..=1500).for_each(|n| assert_eq!(ann.say(&format!("m{n}"), &n.to_string()), n));
    Socket::open(server.chat, "/chat/blue?user=bob").say("hello", "b");
    let (cause, _) = place.fails(&["move", "--from", "sqlite:old", "--to", "sqlite:new"]);
    assert!(cause.contains("old is in use"), "{cause}");
    drop(ann);
    server.stop();

    let done = place.must(&["move", "--from", "sqlite:old", "--to", "sqlite:new"]);
    let rows: Vec<Vec<&str>> = done.stdout.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(rows[0], ["room", "messages", "numbers", "from", "to"]);
    assert_eq!((&rows[1][..3], &rows[2][..3]), (&["blue", "1", "1-1"][..], &["red", "1500", "1-1500"][..]));
    assert!(rows[1..].iter().all(|row| row[3].len() == 64 && row[3] == row[4]), "{done:?}");
    assert!(
        done.stderr.contains("copied 1501 messages in 2 rooms from sqlite:old to sqlite:new"),
        "{done:?}"
    );
    let exports = ["old", "new"].map(|data| place.must(&["export", "--data-dir", data]).stdout);
    assert_eq!(exports[0], exports[1]);

    let server = place.serve_on("new");
    let mut back = Socket::open(server.chat, &format!("/chat/red?user=ann&since=1200&epoch={epoch}"));
    let joined = back.expect("joined");
    assert_eq!((&joined["recovered"], &joined["head"]), (&json!(true), &json!(1500)));
    for n in 1201..=1500 {
        let message = back.expect("message");
        assert_eq!((&message["seq"], &message["content"]), (&json!(n), &json!(format!("m{n}"))));
    }
    assert_eq!(back.say("m77", "77"), 77, "a repeated nonce finds the first message");
    assert_eq!(back.say("new", "new"), 1501);
}

#[test]
fn a_move_refuses_what_would_mix_or_lose() {
    let place = Place::new();
    for data in ["one", "two"] {
        let server = place.serve_on(data);
        Socket::open(server.chat, &format!("/chat/{data}?user=ann")).say("x", "1");
        server.stop();
    }
    let (cause, help) = place.fails(&["move", "--from", "sqlite:one", "--to", "sqlite:two"]);
    assert_eq!(cause, "two has messages already");
    assert!(help.contains("without messages"), "{help}");
    let (cause, _) = place.fails(&["move", "--from", "sqlite:nowhere", "--to", "sqlite:three"]);
    assert_eq!(cause, "there is no database in nowhere");
    assert!(!place.0.path().join("nowhere").exists());
    let same = place.run(&["move", "--from", "sqlite:one", "--to", "sqlite:./one"]);
    assert_eq!((same.code, same.errors().len()), (2, 1), "{same:?}");
    assert_eq!(place.run(&["move", "--from", "one", "--to", "two"]).code, 2);

    let server = place.serve_on("empty");
    let (cause, _) = place.fails(&["move", "--from", "sqlite:one", "--to", "sqlite:empty"]);
    assert!(cause.contains("empty is in use"), "{cause}");
    server.stop();
    place.must(&["move", "--from", "sqlite:one", "--to", "sqlite:empty"]);
}
