//! REST, an endpoint at a time.

use crate::client::{Answer, Socket, ask, exchange, get, post};
use crate::support::{Place, Running};
use serde_json::{Value, json};

const RED: &str = "/api/v1/rooms/red/messages";

fn server(place: &Place) -> Running {
    place.serve(&["--store", "memory"])
}

fn seqs(page: &Value) -> Vec<u64> {
    page["messages"].as_array().unwrap().iter().map(|message| message["seq"].as_u64().unwrap()).collect()
}

#[test]
fn what_is_posted_is_kept_heard_and_found() {
    let place = Place::new();
    let server = server(&place);
    let mut bob = Socket::open(server.chat, "/chat/red?user=bob");
    bob.expect("join");
    let body = json!({"user": "Ann", "content": "hello", "nonce": "n1"});
    let first = post(server.chat, RED, &body);
    assert_eq!(first.status, 201, "{first:?}");
    assert_eq!(
        (&first.json()["seq"], &first.json()["room"], &first.json()["nonce"]),
        (&json!(1), &json!("red"), &json!("n1"))
    );
    assert_eq!(bob.expect("message")["user"], "Ann");
    let again = post(server.chat, RED, &body);
    assert_eq!((again.status, again.json()), (201, first.json()), "the same nonce, the same answer");
    let conflict = post(server.chat, RED, &json!({"user": "Ann", "content": "bye", "nonce": "n1"}));
    assert_eq!(conflict.problem(), (409, "nonce_conflict".to_owned()));
    let location = first.head.lines().find_map(|line| line.strip_prefix("location: ")).unwrap().to_owned();
    post(server.chat, RED, &json!({"content": "more", "reply_to": 1}));
    let found = get(server.chat, &location).json();
    assert_eq!((seqs(&found), &found["room"]), (vec![1], &json!("red")));
    assert_eq!(found["messages"][0].get("nonce"), None, "nobody's own here");
    let newest = get(server.chat, &format!("{RED}?limit=1")).json();
    assert_eq!(newest["messages"][0]["reply_to"], 1);
    assert_eq!(newest["messages"][0]["user"], "anonymous");
    assert_eq!(newest["more"], true);
}

#[test]
fn a_location_leads_to_a_room_of_any_name() {
    let place = Place::new();
    let server = server(&place);
    let sent = post(server.chat, "/api/v1/rooms/%C3%9Cbung/messages", &json!({"content": "hallo"}));
    assert_eq!(sent.json()["room"], "übung");
    let location = sent.head.lines().find_map(|line| line.strip_prefix("location: ")).unwrap();
    assert_eq!(seqs(&get(server.chat, location).json()), [1]);
}

#[test]
fn pages_of_messages_rooms_and_people() {
    let place = Place::new();
    let server = server(&place);
    for n in 1..=5 {
        assert_eq!(post(server.chat, RED, &json!({"content": n.to_string()})).status, 201);
    }
    let page = |query: &str| seqs(&get(server.chat, &format!("{RED}?{query}")).json());
    assert_eq!(page(""), [1, 2, 3, 4, 5]);
    assert_eq!(page("limit=2&before=4"), [2, 3]);
    assert_eq!(page("limit=2&after=4"), [5]);
    assert_eq!(page("limit=3&around=3"), [2, 3, 4]);
    let _here: Vec<Socket> = ["zoe", "ann", "Bob"]
        .map(|user| {
            let mut socket = Socket::open(server.chat, &format!("/chat/blue?user={user}"));
            socket.expect("join");
            socket
        })
        .into();
    assert_eq!(get(server.chat, "/rooms").json(), json!({"rooms": ["blue", "red"]}));
    let rooms = get(server.chat, "/api/v1/rooms").json();
    assert_eq!(rooms["rooms"][0], json!({"name": "blue", "head": 0, "people": 3}));
    assert_eq!((&rooms["rooms"][1]["head"], &rooms["more"]), (&json!(5), &json!(false)));
    assert!(rooms["rooms"][1]["last_activity"].as_u64().unwrap() > 1_700_000_000);
    let first = get(server.chat, "/api/v1/rooms?limit=1").json();
    assert_eq!((first["rooms"].as_array().unwrap().len(), &first["more"]), (1, &json!(true)));
    assert_eq!(get(server.chat, "/api/v1/rooms?after=Blue").json()["rooms"][0]["name"], "red");
    let people = get(server.chat, "/api/v1/rooms/blue/presence?limit=2").json();
    assert_eq!(people, json!({"room": "blue", "users": ["Bob", "ann"], "count": 3, "more": true}));
    let rest = get(server.chat, "/api/v1/rooms/blue/presence?after=ann").json();
    assert_eq!((&rest["users"], &rest["more"]), (&json!(["zoe"]), &json!(false)));
    assert_eq!(get(server.chat, "/api/v1/rooms/empty/presence").json()["count"], 0);
}

#[test]
fn what_cannot_be_asked_is_a_problem() {
    let place = Place::new();
    let server = server(&place);
    for (path, code) in [
        ("/api/v1/rooms/a%20b/messages", "bad_name"),
        ("/api/v1/rooms/%ff/presence", "bad_name"),
        ("/api/v1/rooms?after=a%20b", "bad_name"),
        ("/api/v1/rooms?limit=0", "bad_frame"),
        ("/api/v1/rooms?limit=1&limit=2", "bad_frame"),
        ("/api/v1/rooms/red/messages?limit=x", "bad_frame"),
        ("/api/v1/rooms/red/messages?limit=0", "bad_frame"),
        ("/api/v1/rooms/red/messages?before=-1", "bad_frame"),
        ("/api/v1/rooms/red/messages?before=1&around=1", "bad_frame"),
        ("/api/v1/rooms/red/presence?limit=", "bad_frame"),
    ] {
        assert_eq!(get(server.chat, path).problem(), (400, code.to_owned()), "{path}");
    }
    assert_eq!(get(server.chat, "/api/v1/rooms?limit=9007199254740991").status, 200, "lowered");
    for path in ["/rooms", "/api/v1/rooms", "/api/v1/rooms/red/presence", "/api/v1/openapi.json"] {
        assert_eq!(post(server.chat, path, &json!({})).problem(), (405, "method_not_allowed".to_owned()));
        let head = ask(server.chat, "HEAD", path, &[], "");
        assert_eq!((head.status, head.body.as_str()), (200, ""), "{path}");
    }
    for path in ["/api/v1", "/api/v1/", "/api/v1/nowhere", "/api/v1/rooms/red"] {
        assert_eq!(get(server.chat, path).problem(), (404, "not_found".to_owned()), "{path}");
    }
}

#[test]
fn s17_a_body_is_read_strictly_and_names_its_sender_in_one_way() {
    let place = Place::new();
    let server = server(&place);
    let detail = |answer: &Answer| answer.json()["detail"].as_str().unwrap().to_owned();
    for (body, word) in [
        (json!({}), "content"),
        (json!({"content": 7}), "string"),
        (json!({"content": "x", "sender": "root"}), "sender"),
        (json!({"content": "x", "from": "root"}), "from"),
        (json!({"content": "x", "seq": 9}), "seq"),
        (json!({"content": "x", "reply_to": 9_007_199_254_740_992_u64}), "reply_to"),
        (json!({"content": "x", "reply_to": -1}), "-1"),
        (json!([]), ""),
    ] {
        let answer = post(server.chat, RED, &body);
        assert_eq!(answer.problem(), (400, "bad_frame".to_owned()), "{body}");
        assert!(detail(&answer).contains(word), "{body} {answer:?}");
    }
    for (body, status, code) in [
        (json!({"content": " "}), 400, "empty"),
        (json!({"content": "x".repeat(4001)}), 413, "too_large"),
        (json!({"content": "a\u{0}b"}), 400, "bad_frame"),
        (json!({"content": "x", "nonce": ""}), 400, "bad_frame"),
        (json!({"content": "x", "user": "a b"}), 400, "bad_name"),
    ] {
        assert_eq!(post(server.chat, RED, &body).problem(), (status, code.to_owned()), "{body}");
    }
    let json = "Content-Type: application/json";
    let deep = "[".repeat(10_000);
    for (headers, body, status) in [
        (&[][..], r#"{"content":"x"}"#, 415),
        (&["Content-Type: text/plain"], r#"{"content":"x"}"#, 415),
        (&["Content-Type: application/jsonx"], r#"{"content":"x"}"#, 415),
        (&[json], "{", 400),
        (&[json], r#"{"content":"x","content":"y"}"#, 400),
        (&[json], r#"{"content":"\ud800"}"#, 400),
        (&[json], &deep, 400),
        (&[json], &"x".repeat(65 * 1024), 413),
        (&[json], &"x".repeat(1 << 20), 413),
        (&[json, "Origin: https://evil.example"], r#"{"content":"x"}"#, 403),
    ] {
        assert_eq!(
            ask(server.chat, "POST", RED, headers, body).problem().0,
            status,
            "{headers:?} {:.20}",
            body
        );
    }
    assert_eq!(get(server.chat, RED).json()["messages"], json!([]), "nothing of it was kept");
    let headers =
        ["Content-Type: application/json; charset=utf-8", "X-User: root", "Authorization: Bearer root"];
    let sent = ask(
        server.chat,
        "POST",
        &format!("{RED}?user=root"),
        &headers,
        r#"{"content":"x","user":"ann","nonce":null}"#,
    );
    assert_eq!(sent.status, 201, "{sent:?}");
    assert_eq!(get(server.chat, RED).json()["messages"][0]["user"], "ann");
}

#[test]
fn a_budget_is_one_by_either_door() {
    let place = Place::new();
    let rate = |command: &mut std::process::Command| {
        command.env("ROOMCAST_LIMITS__MESSAGES", "2/1h");
    };
    let server = place.serve_with(&["--store", "memory"], rate);
    let mut ann = Socket::open(server.chat, "/chat/red?user=ann");
    ann.send(&json!({"type": "message", "content": "one", "id": 1}));
    assert_eq!(ann.expect("ack")["budget"]["remaining"], 1);
    assert_eq!(post(server.chat, RED, &json!({"user": "Ann", "content": "two"})).status, 201);
    let refused = post(server.chat, RED, &json!({"user": "ann", "content": "three"}));
    assert_eq!(refused.problem(), (429, "rate_limited".to_owned()));
    assert!(refused.head.contains("retry-after: 1800"), "{refused:?}");
    assert!(refused.json()["retry_after_ms"].as_u64().unwrap() > 1_700_000);
    assert_eq!(post(server.chat, RED, &json!({"user": "bob", "content": "mine"})).status, 201);
}

#[test]
fn s17_changes_are_read_strictly_and_come_from_no_other_page() {
    let place = Place::new();
    let server = server(&place);
    post(server.chat, RED, &json!({"user": "ann", "content": "one"}));
    let first = format!("{RED}/1");
    let json = "Content-Type: application/json";
    let evil = "Origin: https://evil.example";
    for (method, path, headers, body, status) in [
        ("PATCH", first.as_str(), &[][..], r#"{"user":"ann","content":"x"}"#, 415),
        ("PATCH", &first, &[json, evil], r#"{"user":"ann","content":"x"}"#, 403),
        ("PATCH", &first, &[json], r#"{"user":"ann","content":"x","nonce":"n"}"#, 400),
        ("PATCH", &first, &[json], r#"{"user":"ann"}"#, 400),
        ("PATCH", &format!("{RED}/9007199254740992"), &[json], r#"{"user":"ann","content":"x"}"#, 400),
        ("PATCH", &format!("{RED}/+1"), &[json], r#"{"user":"ann","content":"x"}"#, 400),
        ("PATCH", &format!("{RED}/%ff"), &[json], r#"{"user":"ann","content":"x"}"#, 400),
        ("DELETE", &format!("{first}?user=ann"), &[evil], "", 403),
        ("DELETE", &format!("{first}?user=ann&user=bob"), &[], "", 400),
        ("PUT", &first, &[json], "{}", 405),
        ("GET", &first, &[], "", 405),
    ] {
        assert_eq!(
            ask(server.chat, method, path, headers, body).problem().0,
            status,
            "{method} {path} {headers:?} {body}"
        );
    }
    assert_eq!(get(server.chat, RED).json()["messages"][0]["content"], "one", "nothing of it was done");
    let text = get(server.admin, "/metrics").body;
    assert!(text.lines().any(|line| line == "roomcast_changes_total 0"), "{text}");
    let edited = ask(server.chat, "PATCH", &first, &[json], r#"{"user":"ann","content":"uno"}"#);
    assert_eq!((edited.status, &edited.json()["change"]), (200, &json!(1)));
    let text = get(server.admin, "/metrics").body;
    assert!(text.lines().any(|line| line == "roomcast_changes_total 1"), "{text}");
}

#[test]
fn the_contract_is_served_and_known_again() {
    let place = Place::new();
    let server = server(&place);
    for (path, kind) in [
        ("/api/v1/openapi.json", "application/json"),
        ("/api/v1/asyncapi.json", "application/json"),
        ("/api/v1/protocol.d.ts", "text/plain; charset=utf-8"),
    ] {
        let answer = get(server.chat, path);
        assert_eq!(answer.status, 200);
        assert!(answer.head.contains(&format!("content-type: {kind}")), "{}", answer.head);
        assert!(!answer.head.contains("access-control-"), "no CORS: {}", answer.head);
        let tag = answer.head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap();
        let again = ask(server.chat, "GET", path, &[&format!("If-None-Match: {tag}")], "");
        assert_eq!((again.status, again.body.as_str()), (304, ""));
    }
}

#[test]
fn metrics_move() {
    let place = Place::new();
    let server = server(&place);
    let mut ann = Socket::open(server.chat, "/chat/red?user=ann");
    ann.send(&json!({"type": "message", "content": "one", "id": 1}));
    ann.expect("ack");
    let text = get(server.admin, "/metrics").body;
    for line in [
        "roomcast_sockets 1",
        "roomcast_rooms 1",
        "roomcast_messages_total 1",
        "roomcast_frames_received_total 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in {text}");
    }
}

#[test]
fn s7_a_body_that_never_ends_is_answered() {
    let place = Place::new();
    let server = server(&place);
    let head = "Host: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n";
    let slow = exchange(server.chat, &format!("POST {RED} HTTP/1.1\r\n{head}\r\n{{"));
    assert_eq!(slow.problem().0, 408);
}
