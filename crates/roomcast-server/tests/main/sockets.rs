//! WebSockets: what is refused before the upgrade, and that the chat is behind it.

use crate::client::{Socket, ask, get};
use crate::support::{Place, Running};
use serde_json::json;
use std::process::Command;

fn server(place: &Place) -> Running {
    place.serve(&["--store", "memory"])
}

const HANDSHAKE: [&str; 4] = [
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];

/// A handshake with some lines replaced, that is refused.
fn refused(server: &Running, path: &str, changes: &[&str]) -> (u16, String) {
    let name = |line: &str| line.split(':').next().unwrap().to_owned();
    let kept = HANDSHAKE.iter().filter(|line| !changes.iter().any(|change| name(change) == name(line)));
    let lines: Vec<&str> = kept.chain(changes).copied().filter(|line| !line.ends_with(": ")).collect();
    ask(server.chat, "GET", path, &lines, "").problem()
}

#[test]
fn two_people_talk_in_one_room_by_either_endpoint() {
    let place = Place::new();
    let server = server(&place);
    let mut ann = Socket::open(server.chat, "/chat/Tea%2DRoom?user=Ann");
    assert_eq!(ann.expect("hello")["user"], "Ann");
    assert_eq!(ann.expect("joined")["room"], "tea-room");
    let mut bob = Socket::open(server.chat, "/ws?user=bob");
    bob.send(&json!({"type": "join", "room": "tea-room"}));
    assert_eq!(bob.expect("presence")["users"], json!(["Ann", "bob"]));
    ann.send(&json!({"type": "message", "content": "milk?", "id": 1}));
    assert_eq!(bob.expect("message")["content"], "milk?");
    assert_eq!(ann.expect("ack")["seq"], 1);
    let mut nobody = Socket::open(server.chat, "/ws");
    assert_eq!(nobody.expect("hello")["user"], "anonymous");
}

#[test]
fn a_position_in_the_query_resumes() {
    let place = Place::new();
    let server = server(&place);
    let mut ann = Socket::open(server.chat, "/chat/red?user=ann");
    let epoch = ann.expect("joined")["epoch"].as_str().unwrap().to_owned();
    for content in ["one", "two", "three"] {
        ann.send(&json!({"type": "message", "content": content, "id": content}));
        ann.expect("ack");
    }
    let mut back = Socket::open(server.chat, &format!("/chat/red?user=bob&since=1&epoch={epoch}"));
    assert_eq!(back.expect("joined")["recovered"], true);
    assert_eq!(back.expect("message")["content"], "two");
    assert_eq!(back.expect("caught_up")["seq"], 3);
    let mut lost = Socket::open(server.chat, "/chat/red?user=cat&since=1&epoch=other");
    assert_eq!(lost.expect("reset")["reason"], "epoch");
}

#[test]
fn what_is_no_name_or_no_position_is_refused_before_the_upgrade() {
    let place = Place::new();
    let server = server(&place);
    for (path, code) in [
        ("/chat/a%20b", "bad_name"),
        ("/chat/a%2Fb", "bad_name"),
        ("/chat/..", "bad_name"),
        ("/chat/%ff", "bad_name"),
        ("/chat/red?user=", "bad_name"),
        ("/chat/red?user=a+b", "bad_name"),
        ("/ws?user=a%00b", "bad_name"),
        ("/ws?user=%ff", "bad_frame"),
        ("/ws?user=%4", "bad_frame"),
        ("/ws?user=ann&user=bob", "bad_frame"),
        ("/ws?user=ann&us%65r=bob", "bad_frame"),
        ("/chat/red?since=1", "bad_frame"),
        ("/chat/red?epoch=x", "bad_frame"),
        ("/chat/red?since=1&epoch=", "bad_frame"),
        ("/chat/red?since=-1&epoch=x", "bad_frame"),
        ("/chat/red?since=1.0&epoch=x", "bad_frame"),
        ("/chat/red?change=1", "bad_frame"),
        ("/chat/red?since=1&change=1", "bad_frame"),
        ("/chat/red?since=1&epoch=x&change=-1", "bad_frame"),
    ] {
        assert_eq!(refused(&server, path, &[]), (400, code.to_owned()), "{path}");
    }
}

#[test]
fn what_is_no_handshake_is_refused() {
    let place = Place::new();
    let server = server(&place);
    for path in ["/ws", "/chat/red"] {
        for (change, status) in [
            ("Upgrade: ", 400),
            ("Connection: keep-alive", 400),
            ("Sec-WebSocket-Key: short", 400),
            ("Sec-WebSocket-Version: 8", 426),
        ] {
            assert_eq!(refused(&server, path, &[change]).0, status, "{path} {change}");
        }
        let plain = get(server.chat, path);
        assert_eq!(plain.problem(), (426, "upgrade_required".to_owned()));
        assert!(
            plain.head.contains("sec-websocket-version: 13") && plain.head.contains("upgrade: websocket")
        );
        let posted = ask(server.chat, "POST", path, &[], "");
        assert_eq!(posted.problem(), (405, "method_not_allowed".to_owned()));
        assert!(posted.head.contains("allow: get"), "{posted:?}");
        let head = ask(server.chat, "HEAD", path, &[], "");
        assert_eq!((head.status, head.body.as_str()), (405, ""));
        assert!(head.head.contains("allow: get"), "{head:?}");
    }
    for path in ["/chat", "/chat/", "/chat/a/b", "/ws/"] {
        assert_eq!(refused(&server, path, &[]), (404, "not_found".to_owned()), "{path}");
    }
}

#[test]
fn s1_a_page_from_elsewhere_opens_no_socket() {
    let place = Place::new();
    let allow = |command: &mut Command| {
        command.env("ROOMCAST_SERVER__ALLOWED_ORIGINS", "same-origin,https://good.example");
    };
    let server = place.serve_with(&["--store", "memory"], allow);
    let forbidden = (403, "forbidden".to_owned());
    for path in ["/ws", "/chat/red"] {
        for origin in ["https://evil.example", "null", "https://good.example.evil", "http://good.example"] {
            assert_eq!(refused(&server, path, &[&format!("Origin: {origin}")]), forbidden, "{origin}");
        }
        assert_eq!(refused(&server, path, &["Origin: https://good.example", "Upgrade: "]).0, 400);
        assert_eq!(refused(&server, path, &[&format!("Origin: http://{}", server.chat), "Upgrade: "]).0, 400);
    }
}

#[test]
fn s31_a_socket_keeps_its_place_until_it_is_closed() {
    let place = Place::new();
    let one = |command: &mut Command| {
        command.env("ROOMCAST_LIMITS__PER_IP", "1");
    };
    let server = place.serve_with(&["--store", "memory"], one);
    let mut ann = Socket::open(server.chat, "/ws?user=ann");
    ann.expect("hello");
    std::thread::sleep(std::time::Duration::from_millis(100));
    assert_eq!(get(server.chat, "/rooms").problem(), (429, "limit".to_owned()));
    drop(ann);
    let end = std::time::Instant::now() + std::time::Duration::from_secs(5);
    while get(server.chat, "/rooms").status != 200 {
        assert!(std::time::Instant::now() < end, "the place is not free again");
    }
}

#[test]
fn everyone_is_told_when_the_server_stops() {
    let place = Place::new();
    let mut server = server(&place);
    let mut ann = Socket::open(server.chat, "/chat/red?user=ann");
    ann.expect("join");
    server.signal(rustix::process::Signal::TERM);
    let away = ann.expect("going_away");
    assert_eq!((&away["code"], &away["reconnect"]), (&json!(1001), &json!(true)));
    assert_eq!(ann.close_code(), 1001);
    assert_eq!(server.wait(std::time::Duration::from_secs(5)), Some(0));
}
