//! Frames that are well-formed WebSocket and bad protocol (`docs/protocol.md` §6, §9): the named error to the
//! one who sent it, and nothing else happens to anybody.

use e2e::stream::{messages, of_type};
use e2e::{Client, Server, raw::Raw, wire};
use serde_json::{Value, json};

/// Each text with the code it earns.
fn bad_texts() -> Vec<(String, &'static str)> {
    let deep =
        format!("{{\"type\":\"message\",\"content\":\"x\",\"y\":{}{}}}", "[".repeat(40), "]".repeat(40));
    let texts: &[(&str, &str)] = &[
        ("", "bad_frame"),
        ("{", "bad_frame"),
        ("{\"type\":\"message\",\"content\":\"x\"", "bad_frame"),
        ("{\"type\":\"message\",\"content\":\"x\"} trailing", "bad_frame"),
        ("{'type':'message'}", "bad_frame"),
        ("null", "bad_frame"),
        ("42", "bad_frame"),
        ("[]", "bad_frame"),
        ("\"message\"", "bad_frame"),
        ("{}", "bad_frame"),
        ("{\"type\":7}", "bad_frame"),
        ("{\"type\":null}", "bad_frame"),
        ("{\"type\":\"message\",\"content\":1e999}", "bad_frame"),
        ("{\"type\":\"message\",\"content\":\"\\ud800\"}", "bad_frame"),
        (&deep, "bad_frame"),
    ];
    texts.iter().map(|(text, code)| ((*text).to_owned(), *code)).collect()
}

/// Each frame with the code it earns; an `id` is added, which must come back.
fn bad_frames() -> Vec<(Value, &'static str)> {
    let unknown = ["nonsense", "", "MESSAGE", "ack", "message "];
    let unknown = unknown.map(|kind| (json!({"type": kind, "content": "x"}), "unknown_type"));
    unknown.into_iter().chain(bad_messages()).chain(bad_histories()).collect()
}

fn bad_messages() -> Vec<(Value, &'static str)> {
    let long = ["x".repeat(4_001), format!("x{}x", " ".repeat(4_000)), format!("x{}", " ".repeat(17_000))];
    let contents = [json!(null), json!(7), json!(["x"]), json!({}), json!("a\u{0}b")];
    let contents = contents.into_iter().map(|content| (content, "bad_frame"));
    let contents = contents.chain(["", " \t\r\n\u{a0}\u{3000}"].map(|blank| (json!(blank), "empty")));
    let contents = contents.chain(long.map(|content| (json!(content), "too_large")));
    let nonces = [json!(7), json!(""), json!("a\u{0}"), json!("n".repeat(65))];
    let frames = contents.map(|(content, code)| (json!({"type": "message", "content": content}), code));
    let nonces =
        nonces.map(|nonce| (json!({"type": "message", "content": "x", "nonce": nonce}), "bad_frame"));
    frames.chain(nonces).chain([(json!({"type": "message"}), "bad_frame")]).collect()
}

fn bad_histories() -> Vec<(Value, &'static str)> {
    let limits = [json!(-1), json!(0), json!(1.5), json!("ten"), json!(1e300)];
    let limits = limits.map(|limit| json!({"type": "history", "limit": limit}));
    let positions = [
        json!({"type": "history", "before": -1}),
        json!({"type": "history", "after": "x"}),
        json!({"type": "history", "around": 1.5}),
        json!({"type": "history", "before": 9, "after": 1}),
    ];
    limits.into_iter().chain(positions).map(|frame| (frame, "bad_frame")).collect()
}

#[tokio::test]
async fn text_that_is_no_frame_is_bad_frame() {
    let (server, mut bob) = bystander().await;
    let mut raw = Raw::open(server.address(), "/chat/general?user=ann").await;
    raw.expect("join").await;
    for (text, code) in bad_texts() {
        raw.send(&wire::masked(wire::TEXT, text.as_bytes())).await;
        let error = raw.expect("error").await;
        assert_eq!(error["code"], code, "{text}: {error}");
        assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{error}");
    }
    undisturbed(&server, &mut bob).await;
}

#[tokio::test]
async fn a_bad_frame_gets_its_code_and_its_id_back() {
    let (server, mut bob) = bystander().await;
    let mut ann = Client::chat(&server, "general", "ann").await;
    bob.expect("join").await;
    for (frame, code) in bad_frames() {
        let error = ann.ask(frame.clone()).await;
        assert_eq!((&error["type"], &error["code"]), (&json!("error"), &json!(code)), "{frame}: {error}");
    }
    undisturbed(&server, &mut bob).await;
}

#[tokio::test]
async fn an_id_that_is_none_is_bad_frame() {
    let server = Server::start().await;
    let mut ann = Client::chat(&server, "general", "ann").await;
    for id in [json!("i".repeat(65)), json!(1.5), json!(true), json!([1]), json!({"a": 1})] {
        ann.send(json!({"type": "ping", "id": id})).await;
        assert_eq!(ann.expect("error").await["code"], "bad_frame", "{id}");
    }
}

#[tokio::test]
async fn null_in_an_optional_field_is_as_good_as_leaving_it_out() {
    let server = Server::start().await;
    let mut ann = Client::chat(&server, "general", "ann").await;
    let frame = json!({"type": "message", "content": "hi", "nonce": null, "reply_to": null, "id": null});
    ann.send(frame).await;
    ann.hear("hi").await;
    let asked = json!({"type": "history", "limit": null, "before": null, "after": null});
    assert_eq!(messages(&ann.ask(asked).await).len(), 1);
}

#[tokio::test]
async fn a_doubled_key_is_bad_frame() {
    let (server, mut bob) = bystander().await;
    let mut raw = Raw::open(server.address(), "/chat/general?user=ann").await;
    let twice = br#"{"type":"message","content":"first","content":"second"}"#;
    raw.send(&wire::masked(wire::TEXT, twice)).await;
    assert_eq!(raw.expect("error").await["code"], "bad_frame");
    undisturbed(&server, &mut bob).await;
}

#[tokio::test]
async fn between_errors_everything_good_goes_through_once_and_in_order() {
    let server = Server::start_with(&[("ROOMCAST_LIMITS__MESSAGES", "10000/1s")]).await;
    let mut bob = Client::chat(&server, "general", "bob").await;
    let mut ann = Client::chat(&server, "general", "ann").await;
    let bad = bad_frames();
    for number in 0..100 {
        ann.send(bad[number % bad.len()].0.clone()).await;
        ann.send(json!({"type": "message", "content": format!("good {number}")})).await;
    }
    for number in 0..100 {
        assert_eq!(bob.expect("message").await["content"], format!("good {number}"));
    }
}

/// A server and somebody who only listens.
async fn bystander() -> (Server, Client) {
    let server = Server::start().await;
    let mut bob = Client::chat(&server, "general", "bob").await;
    bob.say("before").await;
    (server, bob)
}

/// The listener has heard no error and no message, hears the next one, and history holds what was really said.
async fn undisturbed(server: &Server, bob: &mut Client) {
    let heard = bob.drain().await;
    assert!(of_type(&heard, "error").is_empty() && of_type(&heard, "message").is_empty(), "{heard:?}");
    let mut eve = Client::chat(server, "general", "eve").await;
    eve.say("after").await;
    assert_eq!(bob.hear("after").await["seq"], 2, "nothing bad took a number");
    let history = bob.ask(json!({"type": "history", "limit": 9})).await;
    assert_eq!(messages(&history).len(), 2);
}
