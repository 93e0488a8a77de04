//! How much one request may bring, how much one answer holds, and how many ask the admin listener at once.

use crate::client::{Socket, ask, connect, exchange, get, post};
use crate::support::{Place, Running};
use serde_json::json;
use std::{
    io::Write,
    net::TcpStream,
    time::{Duration, Instant},
};

const RED: &str = "/api/v1/rooms/red/messages";

fn server(place: &Place) -> Running {
    place.serve_with(&["--store", "memory"], |command| {
        command.env("ROOMCAST_LIMITS__PER_IP", "1000").env("ROOMCAST_LIMITS__MESSAGES", "10000/1s");
    })
}

#[test]
fn a_body_may_have_64_kib_and_not_a_byte_more() {
    let place = Place::new();
    let server = server(&place);
    let sent = |length: usize| {
        let said = r#"{"content":"x"}"#;
        let body = format!("{said}{}", " ".repeat(length - said.len()));
        ask(server.chat, "POST", RED, &["Content-Type: application/json"], &body)
    };
    assert_eq!(sent(64 * 1024).status, 201);
    assert_eq!(sent(64 * 1024 + 1).problem(), (413, "too_large".to_owned()));
}

#[test]
fn a_head_may_have_nearly_16_kib() {
    let place = Place::new();
    let server = server(&place);
    let asked = |length: usize| {
        let filler = "y".repeat(length);
        exchange(
            server.chat,
            &format!("GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\nx: {filler}\r\n\r\n"),
        )
    };
    assert_eq!(asked(16 * 1024 - 100).status, 404);
    // It is read in pieces, of which the last may bring a little more.
    assert_eq!(asked(17 * 1024).status, 431);
}

#[test]
fn who_goes_on_sending_after_the_last_answer_is_cut_off() {
    let place = Place::new();
    let server = server(&place);
    let mut stream = connect(server.chat);
    let length = 256 << 20;
    let head = format!(
        "POST {RED} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let chunk = vec![b'x'; 1 << 20];
    let n_taken = (0..length >> 20).take_while(|_| stream.write_all(&chunk).is_ok()).count();
    // A mebibyte, and what the kernel holds on both sides.
    assert!(n_taken < 64, "{n_taken} MiB were taken");
}

#[test]
fn the_admin_listener_takes_64_connections_at_once() {
    let place = Place::new();
    let server = server(&place);
    let held: Vec<TcpStream> = (0..64).map(|_| connect(server.admin)).collect();
    assert_eq!(get(server.admin, "/healthz").status, 503);
    let mut last = held.into_iter().next_back().unwrap();
    last.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    assert_eq!(crate::client::read_answer(&mut last).status, 200, "the 64th has a place");
    let end = Instant::now() + Duration::from_secs(5);
    while get(server.admin, "/healthz").status != 200 {
        assert!(Instant::now() < end, "no place is free again");
    }
}

#[test]
fn an_answer_holds_so_many_messages() {
    let place = Place::new();
    let server = server(&place);
    for n in 0..201 {
        assert_eq!(post(server.chat, RED, &json!({"content": n.to_string()})).status, 201);
    }
    for (query, n) in [("", 50), ("?limit=200", 200), ("?limit=201", 200)] {
        let page = get(server.chat, &format!("{RED}{query}")).json();
        assert_eq!((page["messages"].as_array().unwrap().len(), &page["more"]), (n, &json!(true)), "{query}");
    }
}

#[test]
fn an_answer_holds_so_many_people() {
    let place = Place::new();
    let server = server(&place);
    let mut here = Vec::new();
    let path = "/api/v1/rooms/blue/presence";
    for (n, more) in [(200, false), (201, true)] {
        while here.len() < n {
            let mut socket = Socket::open(server.chat, &format!("/chat/blue?user=u{}", here.len()));
            socket.expect("presence");
            here.push(socket);
        }
        let page = get(server.chat, path).json();
        assert_eq!((page["users"].as_array().unwrap().len(), &page["more"]), (200, &json!(more)), "{n}");
    }
    let all = get(server.chat, &format!("{path}?limit=201")).json();
    assert_eq!((all["users"].as_array().unwrap().len(), &all["more"]), (201, &json!(false)));
}
