//! Edits and deletions (`docs/protocol.md` §2 to §4, §8): durable, in the log's order, replayed on resume.

use e2e::stream::{messages, of_type, seq};
use e2e::{Client, Server, http};
use serde_json::{Value, json};

fn message(content: &str) -> Value {
    json!({"type": "message", "content": content, "nonce": content})
}

fn edit(seq: u64, content: &str) -> Value {
    json!({"type": "edit", "seq": seq, "content": content})
}

fn delete(seq: u64) -> Value {
    json!({"type": "delete", "seq": seq})
}

/// The path of a message over REST.
fn path(seq: u64) -> String {
    format!("/api/v1/rooms/red/messages/{seq}")
}

/// Two messages of Ann's, with what becomes of them: the first is edited twice, the second edited and deleted.
async fn changed(ann: &mut Client) {
    for frame in [
        message("one"),
        message("two"),
        edit(1, "uno"),
        edit(2, "due"),
        delete(2),
        edit(1, "eins"),
        message("three"),
    ] {
        assert_eq!(ann.ask(frame.clone()).await["type"], "ack", "{frame}");
    }
}

/// What somebody must see who has nothing: a message, or a change by its number.
const WHOLE: [(&str, u64, Option<u64>); 7] = [
    ("message", 1, None),
    ("message", 2, None),
    ("edit", 1, Some(1)),
    ("delete", 2, Some(2)),
    ("delete", 2, Some(3)),
    ("edit", 1, Some(4)),
    ("message", 3, None),
];

async fn history(client: &mut Client) -> Vec<Value> {
    messages(&client.ask(json!({"type": "history", "limit": 9})).await)
}

#[tokio::test]
async fn an_edit_is_heard_acknowledged_and_there_for_who_comes_later() {
    let server = Server::start().await;
    let mut ann = Client::chat(&server, "red", "ann").await;
    let mut tab = Client::tab(&server, "red", "ann").await;
    let mut bob = Client::chat(&server, "red", "bob").await;
    ann.say("teh message").await;
    let ack = ann.ask(edit(1, "the message")).await;
    assert_eq!(
        (&ack["type"], &ack["room"], seq(&ack), &ack["change"]),
        (&json!("ack"), &json!("red"), 1, &json!(1))
    );
    for client in [&mut tab, &mut bob] {
        let edit = client.expect("edit").await;
        assert_eq!((&edit["room"], seq(&edit), &edit["change"]), (&json!("red"), 1, &json!(1)), "{edit}");
        assert_eq!((&edit["user"], &edit["content"]), (&json!("ann"), &json!("the message")), "{edit}");
        assert_eq!(edit["timestamp"], ack["timestamp"], "{edit}");
    }
    let mut late = Client::chat(&server, "red", "late").await;
    let message = history(&mut late).await.remove(0);
    assert_eq!(
        (&message["content"], &message["edited"]),
        (&json!("the message"), &ack["timestamp"]),
        "{message}"
    );
}

#[tokio::test]
async fn a_deleted_message_keeps_its_place_and_nothing_else() {
    let server = Server::start().await;
    let mut ann = Client::chat(&server, "red", "ann").await;
    let mut bob = Client::chat(&server, "red", "bob").await;
    changed(&mut ann).await;
    let deleted = bob.expect("delete").await;
    assert_eq!(
        (seq(&deleted), &deleted["change"], &deleted["user"]),
        (2, &json!(3), &json!("ann")),
        "{deleted}"
    );
    assert!(deleted.get("content").is_none(), "{deleted}");
    let mut late = Client::chat(&server, "red", "late").await;
    let all = history(&mut late).await;
    assert_eq!(all.iter().map(seq).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!((&all[1]["content"], &all[1]["deleted"]), (&json!(""), &json!(true)), "{all:?}");
    assert!(all[1].get("edited").is_none(), "{all:?}");
    assert_eq!(ann.ask(edit(2, "back again")).await["code"], "no_such_message");
    assert_eq!(ann.ask(delete(2)).await["change"], 4, "gone already, and no further change");
    assert!(of_type(&bob.drain().await, "delete").is_empty(), "told once");
}

#[tokio::test]
async fn only_the_author_changes_a_message_and_only_one_that_is_there() {
    let server = Server::start().await;
    let mut ann = Client::chat(&server, "red", "ann").await;
    let mut bob = Client::chat(&server, "red", "bob").await;
    ann.say("mine").await;
    for (frame, code) in [
        (edit(1, "his"), "forbidden"),
        (delete(1), "forbidden"),
        (edit(2, "whose?"), "no_such_message"),
        (delete(2), "no_such_message"),
        (edit(1, "  "), "empty"),
        (edit(1, &"x".repeat(4_001)), "too_large"),
        (json!({"type": "edit", "content": "which?"}), "bad_frame"),
    ] {
        let error = bob.ask(frame.clone()).await;
        assert_eq!((&error["type"], &error["code"]), (&json!("error"), &json!(code)), "{frame}");
    }
    assert_eq!(history(&mut bob).await[0]["content"], "mine");
    let mut same = Client::tab(&server, "red", "ANN").await;
    assert_eq!(
        same.ask(edit(1, "still mine")).await["type"],
        "ack",
        "one person, however the name is spelled"
    );
}

#[tokio::test]
async fn a_nonce_keeps_standing_for_what_was_sent_first() {
    let mut server = Server::start().await;
    let mut ann = Client::chat(&server, "red", "ann").await;
    let first = ann.ask(message("first")).await;
    let repeat = json!({"type": "message", "content": "first", "nonce": "first"});
    let other = json!({"type": "message", "content": "uno", "nonce": "first"});
    for change in [edit(1, "uno"), delete(1)] {
        assert_eq!(ann.ask(change.clone()).await["type"], "ack");
        server.kill();
        server.restart().await;
        ann = Client::chat(&server, "red", "ann").await;
        let again = ann.ask(repeat.clone()).await;
        for field in ["type", "seq", "nonce", "timestamp"] {
            assert_eq!(again[field], first[field], "{field} after {change}");
        }
        assert_eq!(ann.ask(other.clone()).await["code"], "nonce_conflict", "after {change}");
    }
    assert_eq!(history(&mut ann).await.len(), 1, "said once");
}

/// kill -9 right behind the acknowledgements; from each position, exactly what is missing.
#[tokio::test]
async fn a_resume_after_kill_replays_what_was_missed_in_its_place() {
    let mut server = Server::start().await;
    let mut ann = Client::chat(&server, "red", "ann").await;
    changed(&mut ann).await;
    let epoch = Client::ws(&server, "guest").await.join("red").await["epoch"].clone();
    for killed in [false, true] {
        if killed {
            server.kill();
            server.restart().await;
        }
        for (seq, change, skipped) in [
            (0, Some(0), &[][..]),
            (2, Some(0), &[0, 1]),
            (2, Some(2), &[0, 1, 2, 3]),
            (2, Some(4), &[0, 1, 2, 3, 4, 5]),
            (3, Some(4), &[0, 1, 2, 3, 4, 5, 6]),
            (3, Some(3), &[0, 1, 2, 3, 4, 6]),
            // Whoever counts messages alone gets what stands behind theirs, known or not.
            (2, None, &[0, 1]),
            (3, None, &[0, 1, 2, 3, 4, 5, 6]),
        ] {
            let expected: Vec<_> =
                (0..WHOLE.len()).filter(|n| !skipped.contains(n)).map(|n| WHOLE[n]).collect();
            let position = format!("since={seq}&epoch={}", epoch.as_str().expect("an epoch is a string"));
            let change = change.map(|change| format!("&change={change}")).unwrap_or_default();
            let path = format!("/chat/red?user=eve&{position}{change}");
            let mut eve = Client::open(server.address(), &path).await;
            let joined = eve.expect("joined").await;
            assert_eq!(
                (&joined["head"], &joined["change"], &joined["recovered"]),
                (&json!(3), &json!(4), &json!(true))
            );
            check(&missed(&mut eve).await, &expected, &format!("{seq}{change}, killed: {killed}"));
        }
    }
}

#[tokio::test]
async fn on_ws_a_position_has_a_change_too_and_one_ahead_is_reset() {
    let server = Server::start().await;
    let mut ann = Client::chat(&server, "red", "ann").await;
    changed(&mut ann).await;
    let mut eve = Client::ws(&server, "eve").await;
    let epoch = eve.join("red").await["epoch"].clone();
    let join = |change: u64| {
        let resume = json!({"seq": 3, "epoch": epoch, "change": change});
        json!({"type": "join", "room": "red", "resume": resume})
    };
    eve.send(join(3)).await;
    assert_eq!(eve.expect("joined").await["recovered"], true);
    check(&missed(&mut eve).await, &WHOLE[5..6], "on /ws");
    eve.send(join(5)).await;
    let joined = eve.expect("joined").await;
    assert_eq!((&joined["recovered"], &joined["reason"]), (&json!(false), &json!("ahead")), "{joined}");
    let reset = eve.expect("reset").await;
    assert_eq!((&reset["head"], &reset["change"]), (&json!(3), &json!(4)), "{reset}");
}

/// The messages and changes up to `caught_up`.
async fn missed(client: &mut Client) -> Vec<Value> {
    let mut frames = Vec::new();
    loop {
        let frame = client.next().await;
        match frame["type"].as_str() {
            Some("message" | "edit" | "delete") => frames.push(frame),
            Some("caught_up") => {
                assert_eq!((seq(&frame), &frame["change"]), (3, &json!(4)), "{frame}");
                return frames;
            }
            _ => {}
        }
    }
}

fn check(frames: &[Value], expected: &[(&str, u64, Option<u64>)], what: &str) {
    let kind = |frame: &Value| frame["type"].as_str().unwrap_or_default().to_owned();
    let shown: Vec<_> = frames.iter().map(|it| (kind(it), seq(it), it["change"].as_u64())).collect();
    let expected: Vec<_> =
        expected.iter().map(|(kind, seq, change)| ((*kind).to_owned(), *seq, *change)).collect();
    assert_eq!(shown, expected, "{what}");
    let contents =
        |of: u64| frames.iter().filter(move |it| seq(it) == of).filter_map(|it| it["content"].as_str());
    assert!(
        contents(1).next_back().is_none_or(|last| last == "eins"),
        "{what}: it ends with what it says now"
    );
    assert!(contents(2).all(str::is_empty), "{what}: what was deleted is told to nobody");
}

#[tokio::test]
async fn over_rest_a_message_is_edited_and_deleted_and_sockets_hear_it() {
    let server = Server::start().await;
    let at = server.address();
    let mut bob = Client::chat(&server, "red", "bob").await;
    http::post(at, "/api/v1/rooms/red/messages", &json!({"user": "ann", "content": "one"})).await;
    let edited = http::patch(at, &path(1), &json!({"user": "ann", "content": "uno"})).await;
    let body = edited.json();
    assert_eq!(
        (edited.status, &body["room"], seq(&body), &body["change"]),
        (200, &json!("red"), 1, &json!(1))
    );
    let edit = bob.expect("edit").await;
    assert_eq!((&edit["content"], &edit["timestamp"]), (&json!("uno"), &body["timestamp"]));
    let again = http::patch(at, &path(1), &json!({"user": "ann", "content": "uno"})).await;
    assert_eq!((again.status, again.json()), (200, body), "the same edit, the same answer");
    let page = http::get(at, "/api/v1/rooms/red/messages").await.json();
    assert_eq!(
        (&messages(&page)[0]["content"], &messages(&page)[0]["edited"]),
        (&json!("uno"), &edit["timestamp"])
    );

    let refused = |answer: http::Answer| (answer.status, answer.problem());
    for (answer, status, code) in [
        (http::patch(at, &path(1), &json!({"user": "bob", "content": "x"})).await, 403, "forbidden"),
        (http::patch(at, &path(1), &json!({"content": "x"})).await, 403, "forbidden"),
        (http::patch(at, &path(2), &json!({"user": "ann", "content": "x"})).await, 404, "no_such_message"),
        (http::patch(at, &path(1), &json!({"user": "ann", "content": " "})).await, 400, "empty"),
        (
            http::patch(at, &path(1), &json!({"user": "ann", "content": "x", "seq": 2})).await,
            400,
            "bad_frame",
        ),
        (http::patch(at, &path(1), &json!({"user": "a b", "content": "x"})).await, 400, "bad_name"),
        (http::delete(at, &path(1)).await, 403, "forbidden"),
        (http::delete(at, &format!("{}?user=bob", path(1))).await, 403, "forbidden"),
        (http::delete(at, &format!("{}?user=ann", path(7))).await, 404, "no_such_message"),
        (http::delete(at, "/api/v1/rooms/red/messages/x").await, 400, "bad_frame"),
        (http::delete(at, "/api/v1/rooms/a%20b/messages/1").await, 400, "bad_name"),
    ] {
        assert_eq!(refused(answer), (status, code.to_owned()));
    }
    let deleted = http::delete(at, &format!("{}?user=Ann", path(1))).await;
    assert_eq!((deleted.status, &deleted.json()["change"]), (200, &json!(2)), "{}", deleted.text());
    assert_eq!(bob.expect("delete").await["timestamp"], deleted.json()["timestamp"]);
    let again = http::delete(at, &format!("{}?user=ann", path(1))).await;
    assert_eq!((again.status, again.json()), (200, deleted.json()), "deleted once");
    let gone = http::patch(at, &path(1), &json!({"user": "ann", "content": "back"})).await;
    assert_eq!((gone.status, gone.problem().as_str()), (404, "no_such_message"));
    let page = http::get(at, "/api/v1/rooms/red/messages").await.json();
    assert_eq!((&messages(&page)[0]["content"], &messages(&page)[0]["deleted"]), (&json!(""), &json!(true)));
}

/// The simple client's promise: whoever knows messages only sees them numbered as ever.
#[tokio::test]
async fn changes_take_no_number_of_a_message() {
    let server = Server::start().await;
    let mut ann = Client::chat(&server, "red", "ann").await;
    let mut bob = Client::chat(&server, "red", "bob").await;
    changed(&mut ann).await;
    let heard = bob.drain().await;
    let heard: Vec<_> = of_type(&heard, "message").iter().map(seq).collect();
    assert_eq!(heard, [1, 2, 3]);
    assert_eq!(http::get(server.address(), "/api/v1/rooms").await.json()["rooms"][0]["head"], 3);
}
