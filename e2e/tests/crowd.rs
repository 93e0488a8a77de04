//! A thousand people in one room, fifty messages a second: each message once and in order at everyone.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use e2e::stream::Stream;
use e2e::{Raw, Server, limits, wire};
use serde_json::json;
use tokio::net::TcpSocket;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

const PEOPLE: usize = 1_000;
const WRITERS: usize = 25;
const PER_SECOND: usize = 50;
const SECONDS: usize = 10;
const TOTAL: u64 = (PER_SECOND * SECONDS) as u64;

#[tokio::test]
async fn a_thousand_people_get_every_message_once_and_in_order() {
    limits::raise_open_files();
    // Writing is on a schedule; on a busy machine a late writer catches up faster than people may write.
    let server = Server::start_with(&[("ROOMCAST_LIMITS__MESSAGES", "1000/1s")]).await;
    let mut readers = JoinSet::new();
    for number in 0..PEOPLE {
        let reader = enter(server.address(), number).await;
        readers.spawn(read_all(reader));
    }
    let writers = write_all(server.address());
    let finish = async {
        // A writer that leaves with its echoes unread resets its connection, and the kernel drops what the server had
        // yet to read of it: they stay until everyone has heard the last word.
        let _writers = writers.await;
        while let Some(heard) = readers.join_next().await {
            assert_eq!(heard.expect("a reader was satisfied"), TOTAL);
        }
    };
    // Ten seconds of writing; the rest is for a machine that is busy with other things.
    timeout(Duration::from_secs(90), finish).await.expect("everyone has everything in time");
}

/// One more person, from an address shared by forty, as behind the routers of this world.
async fn enter(server: SocketAddr, number: usize) -> Raw {
    let socket = TcpSocket::new_v4().expect("a socket");
    let shared = Ipv4Addr::new(127, 0, 1, 1 + (number / 40) as u8);
    socket.bind((shared, 0).into()).expect("loopback has many addresses");
    let stream = socket.connect(server).await.expect("the server listens");
    let mut raw = Raw::upgrade(stream, &format!("/chat/crowd?user=reader{number}")).await;
    raw.expect("joined").await;
    raw
}

/// Reads until the last message and checks each number on the way.
async fn read_all(mut reader: Raw) -> u64 {
    let mut stream = Stream::default();
    while stream.last < TOTAL {
        let frame = reader.frame().await.expect("the connection lives");
        let frame = frame.unwrap_or_else(|| panic!("closed without a word after {}", stream.last));
        match frame.first {
            wire::PING => reader.send(&wire::masked(wire::PONG, &frame.payload)).await,
            wire::CLOSE => panic!("closed with {:?} after {}", frame.close_code(), stream.last),
            _ => {
                if let Some(seq) = wire::message_seq(&frame.payload) {
                    stream.take(seq);
                }
            }
        }
    }
    stream.count
}

/// Fifty messages a second, at the times they are due, by people who each keep to their limit.
async fn write_all(server: SocketAddr) -> Vec<Raw> {
    let mut writers = Vec::new();
    for number in 0..WRITERS {
        writers.push(enter(server, PEOPLE + number).await);
    }
    let start = Instant::now();
    for number in 0..TOTAL as usize {
        sleep_until(start + Duration::from_millis((number * 1_000 / PER_SECOND) as u64)).await;
        let writer = &mut writers[number % WRITERS];
        writer.json(&json!({"type": "message", "content": format!("message {number}")})).await;
    }
    writers
}
