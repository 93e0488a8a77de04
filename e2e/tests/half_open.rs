//! Sockets that are half dead: those who stop reading, and those who are gone without a word
//! (`docs/protocol.md` §5, §7). These tests take a minute, for that is what the protocol grants.

use std::time::{Duration, Instant};

use e2e::stream::{Stream, of_type, seq};
use e2e::{Client, Raw, Server, wire};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Three bytes; four thousand of them are a message that fills the kernel's buffers soon.
const LARGE: &str = "\u{4e00}";

/// Says 24 MB: far more than the server may keep for one reader.
async fn flood(client: &mut Client) {
    let content = LARGE.repeat(4_000);
    for _ in 0..2_000 {
        // Waits for each of its own: were it delayed by a stuck one, this would never end.
        client.say(&content).await;
    }
}

#[tokio::test]
async fn who_stops_reading_is_bounded_and_cut_off_and_delays_nobody() {
    let server = Server::start_with(&[("ROOMCAST_LIMITS__MESSAGES", "10000/1s")]).await;
    let mut bob = Client::chat(&server, "general", "bob").await;
    // The store's cache (64 MiB) fills up before anybody is stuck; what grows afterwards is for the stuck one.
    for _ in 0..3 {
        flood(&mut bob).await;
    }
    let mut stuck = Raw::open_with_a_small_window(server.address(), "/chat/general?user=stuck").await;
    stuck.expect("join").await;
    let before = server.memory();
    flood(&mut bob).await;
    let grown = server.memory().saturating_sub(before);
    assert!(grown < 8 << 20, "24 MB were said; {} MiB grew", grown >> 20);
    talk_until_gone(&mut bob, "stuck").await;
    let code = stuck.close_code(Duration::from_secs(5)).await;
    // The close frame may be stuck behind what was not taken; then the connection simply ends.
    assert!(code.is_none() || code == Some(4008), "{code:?}");
}

/// Talks on, undisturbed, until the other one has left: 30 s of taking nothing, and the grace.
async fn talk_until_gone(client: &mut Client, user: &str) {
    let start = Instant::now();
    loop {
        client.send(json!({"type": "message", "content": "life goes on"})).await;
        let frames = client.collect(Duration::from_secs(1)).await;
        assert_eq!(of_type(&frames, "message").len(), 1, "delayed: {frames:?}");
        if of_type(&frames, "leave").iter().any(|leave| leave["user"] == user) {
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(75), "{user} is still here");
    }
}

#[tokio::test]
async fn who_reads_slowly_catches_up_without_a_hole() {
    let server = Server::start_with(&[("ROOMCAST_LIMITS__MESSAGES", "10000/1s")]).await;
    let mut bob = Client::chat(&server, "general", "bob").await;
    let mut slow = Raw::open_with_a_small_window(server.address(), "/chat/general?user=slow").await;
    slow.expect("join").await;
    let content = LARGE.repeat(4_000);
    for _ in 0..400 {
        bob.say(&content).await;
    }
    let mut stream = Stream::default();
    while stream.last < 400 {
        stream.take(seq(&slow.expect("message").await));
    }
}

#[tokio::test]
async fn who_answers_no_ping_is_closed_with_4009() {
    let server = Server::start().await;
    let mut bob = Client::chat(&server, "general", "bob").await;
    let mut gone = Raw::open(server.address(), "/chat/general?user=gone").await;
    gone.expect("join").await;
    let start = Instant::now();
    let listening = async { bob.expect_late("leave", Duration::from_secs(100)).await };
    let (code, leave) = tokio::join!(gone.close_code(Duration::from_secs(90)), listening);
    assert_eq!((code, &leave["user"]), (Some(4009), &json!("gone")));
    let took = start.elapsed();
    assert!((Duration::from_secs(45)..Duration::from_secs(100)).contains(&took), "{took:?}");
}

#[tokio::test]
async fn who_answers_pings_or_sends_any_frame_lives_on() {
    let server = Server::start().await;
    let mut silent = Client::chat(&server, "general", "silent").await;
    let mut talker = Raw::open(server.address(), "/chat/general?user=talker").await;
    talker.expect("join").await;
    for _ in 0..4 {
        talker.json(&json!({"type": "ping"})).await;
        // The library answers the server's pings while it waits.
        silent.collect(Duration::from_secs(17)).await;
    }
    silent.say("still here").await;
    talker.expect("pong").await;
    talker.send(&wire::masked(wire::PING, b"me too")).await;
    assert_eq!(talker.expect_raw(wire::PONG).await.payload, b"me too");
}

#[tokio::test]
async fn a_request_that_never_ends_is_cut_off_s7() {
    let server = Server::start().await;
    let mut stream = TcpStream::connect(server.address()).await.expect("the server listens");
    stream.write_all(b"GET /ws HTTP/1.1\r\nHost: x\r\n").await.expect("the server takes it");
    let mut rest = Vec::new();
    let ended = timeout(Duration::from_secs(40), stream.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "half a request is still open after 40 s");
}

/// Asks without end for what is large, and reads none of it: the answers owed must have a bound, too.
#[tokio::test]
async fn who_asks_for_much_and_reads_nothing_is_bounded() {
    let server = Server::start_with(&[("ROOMCAST_LIMITS__MESSAGES", "10000/1s")]).await;
    let mut bob = Client::chat(&server, "general", "bob").await;
    for _ in 0..3 {
        flood(&mut bob).await;
    }
    for question in [json!({"type": "history", "limit": 200}), json!({"type": "nonsense"})] {
        let mut greedy = Raw::open_with_a_small_window(server.address(), "/chat/general?user=greedy").await;
        let before = server.memory();
        let questions = wire::masked(wire::TEXT, question.to_string().as_bytes()).repeat(100);
        let asking = async {
            for _ in 0..1_000 {
                // The server may stop listening or hang up; either is fine.
                if greedy.try_send(&questions).await.is_err() {
                    break;
                }
            }
        };
        // Bob talks on meanwhile, and is heard.
        let talking = async {
            for _ in 0..20 {
                bob.say("still served").await;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::join!(asking, talking);
        let grown = server.memory().saturating_sub(before);
        assert!(grown < 32 << 20, "{question}: {} MiB grew", grown >> 20);
    }
}
