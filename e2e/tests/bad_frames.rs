//! Bytes that break the WebSocket protocol (RFC 6455 §5, §7): the named close code to the one who sent them, the
//! end of that connection, and nothing else.

use std::time::Duration;

use e2e::{Client, Raw, Server, wire};
use serde_json::json;

const SOON: Duration = Duration::from_secs(8);

/// Sends the bytes on a connection of their own and returns the code it is closed with.
async fn closed_with(server: &Server, bytes: &[u8]) -> Option<u16> {
    let mut raw = Raw::open(server.address(), "/chat/general?user=eve").await;
    raw.expect("presence").await;
    // The server may close before it has taken everything.
    drop(raw.try_send(bytes).await);
    raw.close_code(SOON).await
}

#[tokio::test]
async fn each_violation_has_its_close_code_and_the_others_notice_nothing() {
    let server = Server::start().await;
    let mut bob = Client::chat(&server, "general", "bob").await;
    let binary = vec![("binary", wire::masked(wire::BINARY, b"\x00\x01\x02"))];
    for (code, violations) in [
        (1002, broken_frames()),
        (1002, broken_lengths_and_closes()),
        (1003, binary),
        (1007, broken_texts()),
        (1009, too_large()),
    ] {
        for (name, bytes) in violations {
            assert_eq!(closed_with(&server, &bytes).await, Some(code), "{name}");
            bob.send(json!({"type": "ping", "id": name})).await;
            bob.expect_where(name, |frame| frame["id"] == name).await;
        }
    }
    let mut ann = Client::chat(&server, "general", "ann").await;
    ann.say("nobody else disturbed").await;
    assert_eq!(bob.hear("nobody else disturbed").await["seq"], 1);
}

type Violation = (&'static str, Vec<u8>);

/// Frames that RFC 6455 §5 forbids: 1002.
fn broken_frames() -> Vec<Violation> {
    let hi = br#"{"type":"message","content":"hi"}"#;
    let long_ping = [b'p'; 126];
    let text_in_text = [wire::masked(0x01, hi), wire::masked(wire::TEXT, hi)];
    vec![
        ("unmasked text", wire::unmasked(wire::TEXT, hi)),
        ("first reserved bit", wire::masked(wire::TEXT | 0x40, hi)),
        ("second reserved bit", wire::masked(wire::TEXT | 0x20, hi)),
        ("third reserved bit", wire::masked(wire::TEXT | 0x10, hi)),
        ("reserved data opcode", wire::masked(0x83, hi)),
        ("reserved control opcode", wire::masked(0x8b, b"")),
        ("continuation of nothing", wire::masked(0x80, hi)),
        ("text inside a text", text_in_text.concat()),
        ("fragmented ping", wire::masked(0x09, b"p")),
        ("ping of 126 bytes", wire::masked(wire::PING, &long_ping)),
    ]
}

/// Lengths and close frames that the RFC forbids: 1002 as well.
fn broken_lengths_and_closes() -> Vec<Violation> {
    let no_code = 1005_u16.to_be_bytes();
    let not_shortest = [&[wire::TEXT, 0xfe, 0, 5][..], &[0; 4], b"hello"].concat();
    let beyond = [&[wire::TEXT, 0xff][..], &u64::MAX.to_be_bytes(), &[0; 4]].concat();
    vec![
        ("length not in its shortest form", not_shortest),
        ("length above 2^63", beyond),
        ("unmasked close", wire::unmasked(wire::CLOSE, b"\x03\xe8")),
        ("close of one byte", wire::masked(wire::CLOSE, b"\x03")),
        ("close code nobody may send", wire::masked(wire::CLOSE, &no_code)),
    ]
}

/// Text that is no UTF-8: 1007.
fn broken_texts() -> Vec<Violation> {
    let reason = wire::masked(wire::CLOSE, b"\x03\xe8\xff\xff");
    vec![
        ("invalid UTF-8", wire::masked(wire::TEXT, b"\"\xff\xfe\"")),
        ("surrogate", wire::masked(wire::TEXT, b"\"\xed\xa0\x80\"")),
        ("UTF-8 cut short", wire::masked(wire::TEXT, b"\"\xf0\x9f\xa6")),
        ("reason that is not UTF-8", reason),
    ]
}

/// More than 64 KiB, whole, claimed or in pieces: 1009.
fn too_large() -> Vec<Violation> {
    let one_byte_more = wire::masked(wire::TEXT, &[b' '; 65_537]);
    vec![
        ("64 KiB and one byte", one_byte_more),
        ("claim of a gigabyte", wire::header(wire::TEXT, 1 << 30, 0x80)),
        ("fragments of 70 kB", fragments(&[b' '; 70_000], 1_000)),
    ]
}

/// A text cut into pieces.
fn fragments(text: &[u8], size: usize) -> Vec<u8> {
    let pieces: Vec<_> = text.chunks(size).collect();
    let last = pieces.len() - 1;
    let first_byte = |at| u8::from(at == 0) | if at == last { 0x80 } else { 0 };
    pieces.iter().enumerate().flat_map(|(at, piece)| wire::masked(first_byte(at), piece)).collect()
}

#[tokio::test]
async fn a_text_in_fragments_is_one_message_whatever_lies_between() {
    let server = Server::start().await;
    let mut raw = Raw::open(server.address(), "/chat/general?user=ann").await;
    let text = json!({"type": "message", "content": "cut \u{1f980} inside a crab"}).to_string();
    raw.send(&fragments(text.as_bytes(), 1)).await;
    assert_eq!(raw.expect("message").await["content"], "cut \u{1f980} inside a crab");
    let halves = text.as_bytes().split_at(20);
    raw.send(&wire::masked(0x01, halves.0)).await;
    raw.send(&wire::masked(wire::PING, b"between")).await;
    assert_eq!(raw.expect_raw(wire::PONG).await.payload, b"between");
    raw.send(&wire::masked(0x80, halves.1)).await;
    assert_eq!(raw.expect("message").await["seq"], 2);
}

#[tokio::test]
async fn bytes_may_arrive_one_by_one() {
    let server = Server::start().await;
    let mut raw = Raw::open(server.address(), "/chat/general?user=ann").await;
    for byte in wire::masked(wire::TEXT, br#"{"type":"message","content":"slowly"}"#) {
        raw.send(&[byte]).await;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(raw.expect("message").await["content"], "slowly");
}

#[tokio::test]
async fn a_frame_of_exactly_64_kib_is_taken() {
    let server = Server::start().await;
    let mut raw = Raw::open(server.address(), "/chat/general?user=ann").await;
    let mut text = br#"{"type":"message","content":"padded"}"#.to_vec();
    text.resize(65_536, b' ');
    raw.send(&wire::masked(wire::TEXT, &text)).await;
    assert_eq!(raw.expect("message").await["content"], "padded");
}

#[tokio::test]
async fn a_ping_comes_back_with_its_payload() {
    let server = Server::start().await;
    let mut raw = Raw::open(server.address(), "/ws?user=ann").await;
    for payload in [&b""[..], b"hello", &[0xff; 125]] {
        raw.send(&wire::masked(wire::PING, payload)).await;
        assert_eq!(raw.expect_raw(wire::PONG).await.payload, payload);
    }
}

#[tokio::test]
async fn a_flood_of_pings_is_answered_or_cut_off_and_disturbs_nobody() {
    let server = Server::start_with(&[("ROOMCAST_LIMITS__COMMANDS", "1000/1s")]).await;
    let mut bob = Client::chat(&server, "general", "bob").await;
    let mut raw = Raw::open(server.address(), "/chat/general?user=eve").await;
    let flood = wire::masked(wire::PING, &[b'p'; 125]).repeat(1_000);
    let before = server.memory();
    for _ in 0..300 {
        // Nobody reads the pongs: the server must bound what it owes.
        if raw.try_send(&flood).await.is_err() {
            break;
        }
        bob.send(json!({"type": "ping", "id": 1})).await;
        bob.expect("pong").await;
    }
    assert!(server.memory() < before + (16 << 20), "{} MiB more", (server.memory() - before) >> 20);
    bob.say("and I am fine").await;
}

#[tokio::test]
async fn a_close_is_answered_with_its_own_code() {
    let server = Server::start().await;
    for code in [1000_u16, 1001, 3000, 4999] {
        let mut raw = Raw::open(server.address(), "/ws?user=ann").await;
        raw.send(&wire::masked(wire::CLOSE, &code.to_be_bytes())).await;
        assert_eq!(raw.close_code(SOON).await, Some(code));
    }
}

#[tokio::test]
async fn nothing_after_a_close_frame_counts() {
    let server = Server::start().await;
    let mut bob = Client::chat(&server, "general", "bob").await;
    let mut raw = Raw::open(server.address(), "/chat/general?user=ann").await;
    let late = wire::masked(wire::TEXT, br#"{"type":"message","content":"too late"}"#);
    raw.send(&[wire::masked(wire::CLOSE, &1000_u16.to_be_bytes()), late].concat()).await;
    assert_eq!(raw.close_code(SOON).await, Some(1000));
    bob.expect("leave").await;
    assert_eq!(bob.say("first").await["seq"], 1);
}
