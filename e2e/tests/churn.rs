//! People come and go in crowds while others stay: who stays gets each message once and in order all the same.

use std::time::Duration;

use e2e::stream::Stream;
use e2e::{Client, Raw, Server, limits, wire};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// The server writes to a crowd in slices, over several turns. With this many stayers, those who come later are a
/// slice of their own; the trouble starts when all of that slice leave before its turn.
const STAYERS: usize = 512;
const CHURNERS: usize = 12;
const ROUNDS: u64 = 60;
const PER_ROUND: u64 = 20;

#[tokio::test]
async fn who_stays_gets_every_message_once_while_others_come_and_go() {
    limits::raise_open_files();
    let settings = [
        ("ROOMCAST_SERVER__SHARDS", "1"),
        ("ROOMCAST_LIMITS__MESSAGES", "100000/1s"),
        ("ROOMCAST_LIMITS__PER_IP", "1000"),
    ];
    let server = Server::start_with(&settings).await;
    let mut readers = JoinSet::new();
    for number in 1..STAYERS {
        let mut reader = Raw::open(server.address(), &format!("/chat/crowd?user=stayer{number}")).await;
        reader.expect("joined").await;
        readers.spawn(read_all(reader));
    }
    // In a crowd joins are merged, so nobody sees a `join` of its own.
    let mut writer = Client::tab(&server, "crowd", "writer").await;
    for round in 0..ROUNDS {
        come_and_go(&server, &mut writer, round).await;
    }
    while let Some(reader) = timeout(Duration::from_secs(30), readers.join_next()).await.expect("in time") {
        assert_eq!(reader.expect("a reader was satisfied"), ROUNDS * PER_ROUND);
    }
}

/// Some come, much is said, and they go all at once in the middle of it.
async fn come_and_go(server: &Server, writer: &mut Client, round: u64) {
    let mut churners = Vec::new();
    for number in 0..CHURNERS {
        churners.push(Client::open(server.address(), &format!("/chat/crowd?user=churner{number}")).await);
    }
    for number in 0..PER_ROUND {
        writer.send(json!({"type": "message", "content": format!("round {round}, message {number}")})).await;
        if number == PER_ROUND / 2 {
            // Each round at another moment of the server's turn.
            sleep(Duration::from_micros(round * 150)).await;
            churners.clear();
        }
    }
    writer.collect(Duration::from_millis(20)).await;
}

/// Reads until the last message and checks each number on the way.
async fn read_all(mut reader: Raw) -> u64 {
    let mut stream = Stream::default();
    while stream.last < ROUNDS * PER_ROUND {
        let frame = reader.frame().await.expect("the connection lives");
        let frame = frame.unwrap_or_else(|| panic!("closed without a word after {}", stream.last));
        if frame.first == wire::PING {
            reader.send(&wire::masked(wire::PONG, &frame.payload)).await;
        } else if let Some(seq) = wire::message_seq(&frame.payload) {
            stream.take(seq);
        }
    }
    stream.count
}
