//! What a running server answers.

use crate::client::{connect, exchange, get};
use crate::support::Place;
use std::io::{ErrorKind, Read, Write};

#[test]
fn both_listeners_answer_with_problems_and_headers() {
    let place = Place::new();
    let server = place.serve(&["--store", "memory"]);
    for address in [server.chat, server.admin] {
        let answer = get(address, "/nowhere");
        assert_eq!(answer.status, 404);
        assert!(answer.head.contains("content-type: application/problem+json"), "{answer:?}");
        assert!(answer.head.contains("content-security-policy: default-src 'none';"));
        assert!(answer.body.contains("\"code\":\"not_found\""));
    }
    assert_eq!(get(server.admin, "/healthz").status, 200);
    assert_eq!(get(server.chat, "/healthz").status, 404, "S45: not on the public listener");
    assert_eq!(get(server.chat, "/metrics").status, 404, "S45: not on the public listener");
    let metrics = get(server.admin, "/metrics");
    assert!(metrics.body.contains("roomcast_connections_accepted_total"), "{metrics:?}");
}

#[test]
fn readiness_tells_what_an_acknowledgement_means() {
    for (args, durability) in [(&["--store", "memory"][..], "memory"), (&[], "full")] {
        let place = Place::new();
        let server = place.serve(args);
        let ready = get(server.admin, "/readyz");
        assert_eq!(ready.json(), serde_json::json!({ "status": "ready", "durability": durability }));
    }
}

#[test]
fn s27_paths_do_not_lead_out_over_the_wire() {
    let place = Place::new();
    let server = place.serve(&["--store", "memory"]);
    for path in [
        "/assets/../../Cargo.toml",
        "/assets/..%2f..%2fCargo.toml",
        "/assets/..%5cCargo.toml",
        "/assets/a%00b",
        "/assets//etc/passwd",
    ] {
        assert_eq!(get(server.chat, path).status, 404, "{path}");
    }
}

#[test]
fn s6_heads_are_limited() {
    let place = Place::new();
    let server = place.serve(&["--store", "memory"]);
    let request =
        |headers: &str| format!("GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n");
    let n = |n: usize| (0..n).map(|i| format!("x-{i}: y\r\n")).collect::<String>();
    assert_eq!(exchange(server.chat, &request(&n(90))).status, 404);
    assert_eq!(exchange(server.chat, &request(&n(101))).status, 431);
    assert_eq!(exchange(server.chat, &request(&n(2000))).status, 431);
    assert_eq!(exchange(server.chat, &request(&format!("x: {}\r\n", "y".repeat(20_000)))).status, 431);
    assert_eq!(exchange(server.chat, "nonsense\r\n\r\n").status, 400);
    assert_eq!(get(server.chat, "/nowhere").status, 404, "the server lives");
}

#[test]
fn s37_http_2_is_not_spoken() {
    let place = Place::new();
    let server = place.serve(&["--store", "memory"]);
    for address in [server.chat, server.admin] {
        let mut stream = connect(address);
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").unwrap();
        let mut answer = Vec::new();
        let end = stream.read_to_end(&mut answer).map_err(|error| error.kind());
        assert!(matches!(end, Ok(0) | Err(ErrorKind::ConnectionReset)), "{end:?} {answer:?}");
    }
    let asked = "GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: \r\n\r\n";
    assert_eq!(exchange(server.chat, asked).status, 404, "an upgrade to it is not taken");
}
