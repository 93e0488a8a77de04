//! F16: everybody is cut off at once and comes back at once; and those who missed much.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use e2e::fault::{self, dice::Dice};
use e2e::stream::Stream;
use e2e::{Client, Raw, Server, http, limits, wire};
use serde_json::json;
use tokio::net::TcpSocket;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::NO_LIMIT;

const PER_ROOM: usize = 100;
/// What is said in each room before the cut, and again while they come back.
const SAID: u64 = 5;
const ALL_BACK_WITHIN: Duration = Duration::from_secs(60);
const SETTINGS: &[(&str, &str)] =
    &[NO_LIMIT, ("ROOMCAST_LIMITS__PER_IP", "100000"), ("ROOMCAST_LIMITS__CONNECTIONS", "12000")];

/// Somebody's place, over both connections.
struct Place {
    number: usize,
    stream: Stream,
    epoch: String,
    handshake: Duration,
}

impl Place {
    fn room(&self) -> usize {
        self.number / PER_ROOM
    }
}

#[tokio::test]
async fn f16_a_herd_that_is_cut_off_at_once_is_back_with_everything() {
    limits::raise_open_files();
    let size = fault::size(2_000, 10_000);
    let dice = Dice::throw("f16");
    let mut server = Server::start_with(SETTINGS).await;
    say_in_each_room(&server, size / PER_ROOM).await;
    let mut here = JoinSet::new();
    for number in 0..size {
        here.spawn(first_visit(server.address(), number));
    }
    let here = timeout(ALL_BACK_WITHIN * 2, here.join_all()).await.expect("everybody is here");
    server.kill();
    let places: Vec<_> = here
        .into_iter()
        .map(|(place, raw)| {
            drop(raw);
            place
        })
        .collect();
    server.restart().await;
    let cut = Instant::now();
    let mut back = JoinSet::new();
    for place in places {
        back.spawn(come_back(server.address(), place, dice.clone()));
    }
    say_in_each_room(&server, size / PER_ROOM).await;
    let back = timeout(ALL_BACK_WITHIN * 2, back.join_all()).await.expect("everybody is back");
    let took = cut.elapsed();
    assert!(!fault::is_full() || took < ALL_BACK_WITHIN, "{took:?}");
    report(&server, &back, took);
}

fn report(server: &Server, back: &[(Place, Raw)], took: Duration) {
    let mut handshakes: Vec<_> = back.iter().map(|(place, _)| place.handshake).collect();
    handshakes.sort();
    let (n, p99) = (back.len(), handshakes[handshakes.len() * 99 / 100]);
    let memory = server.peak_memory() >> 20;
    assert!(memory < 48 + n / 100, "{memory} MiB for {n} people");
    fault::measured(
        "F16",
        &format!("{n} back in {took:?}, p99 of handshakes {p99:?}, 0 lost, {memory} MiB at most"),
    );
}

async fn say_in_each_room(server: &Server, rooms: usize) {
    for room in 0..rooms {
        for _ in 0..SAID {
            let path = format!("/api/v1/rooms/room{room}/messages");
            let answer =
                http::post(server.address(), &path, &json!({"user": "herald", "content": "hear"})).await;
            assert_eq!(answer.status, 201, "{}", answer.text());
        }
    }
}

async fn first_visit(server: SocketAddr, number: usize) -> (Place, Raw) {
    let mut place =
        Place { number, stream: Stream::default(), epoch: String::new(), handshake: Duration::ZERO };
    let room = place.room();
    let mut raw = until_taken(server, &mut place, &format!("/chat/room{room}?user=user{number}")).await;
    let joined = raw.expect("joined").await;
    place.stream = Stream::after(joined["head"].as_u64().expect("a number"));
    place.epoch = joined["epoch"].as_str().expect("a string").to_owned();
    assert_eq!(place.stream.last, SAID);
    (place, raw)
}

/// Resumes, and reads until everything that is said is there. The connection stays open until all are back.
async fn come_back(server: SocketAddr, mut place: Place, mut dice: Dice) -> (Place, Raw) {
    // Clients come back after a random while (`docs/protocol.md` §6: back off).
    sleep(Duration::from_millis(dice.below(1_000) * place.number as u64 % 1_000)).await;
    let (room, number, last, epoch) = (place.room(), place.number, place.stream.last, place.epoch.clone());
    let path = format!("/chat/room{room}?user=user{number}&since={last}&epoch={epoch}");
    let mut raw = until_taken(server, &mut place, &path).await;
    assert_eq!(raw.expect_late("joined", ALL_BACK_WITHIN).await["recovered"], true);
    while place.stream.last < 2 * SAID {
        next_message(&mut raw, &mut place.stream).await;
    }
    (place, raw)
}

/// Takes one frame; a message must be the next one.
async fn next_message(raw: &mut Raw, stream: &mut Stream) {
    let frame = raw.frame().await.expect("the connection lives").expect("the connection is open");
    assert!(frame.first != wire::CLOSE, "closed with {:?} after {}", frame.close_code(), stream.last);
    if frame.first == wire::PING {
        raw.send(&wire::masked(wire::PONG, &frame.payload)).await;
    } else if let Some(seq) = wire::message_seq(&frame.payload) {
        stream.take(seq);
    }
}

/// Tries again after a while where there is no room, as clients do.
async fn until_taken(server: SocketAddr, place: &mut Place, path: &str) -> Raw {
    for attempt in 1..60 {
        let start = Instant::now();
        if let Ok(raw) = connect(server, place.number, path).await {
            place.handshake = start.elapsed();
            return raw;
        }
        sleep(Duration::from_millis(100 * attempt)).await;
    }
    panic!("user {} is not taken", place.number)
}

/// From an address that is shared by a hundred, as behind the routers of this world.
pub(super) async fn connect(server: SocketAddr, number: usize, path: &str) -> io::Result<Raw> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((Ipv4Addr::new(127, 0, 1, 1 + (number / 100) as u8), 0).into())?;
    let stream = timeout(Duration::from_secs(30), socket.connect(server)).await??;
    timeout(Duration::from_secs(30), Raw::try_upgrade(stream, path)).await?
}

/// What a connection may hold of the server's memory: its outbox, and some for itself.
const MOST_EACH: usize = (1 << 20) + (64 << 10);
/// What else may grow.
const SLACK: usize = 8 << 20;
const MISSED_BY: usize = 5;

/// Far behind is no matter of memory: pages are read as fast as they are taken, however many are missed.
#[tokio::test]
async fn f16_a_hundred_thousand_missed_messages_come_exactly_in_bounded_memory() {
    let missed = fault::size(20_000, 100_000);
    let server = Server::start_with(SETTINGS).await;
    let epoch = write(&server, missed).await;
    // The caches are full when one has read it all; what grows afterwards is for the others.
    come_from_the_beginning(&server, &epoch, missed, Duration::ZERO).await;
    let (before, start, mut reading) = (server.memory(), Instant::now(), JoinSet::new());
    for _ in 0..MISSED_BY {
        // The server could send all of it meanwhile.
        reading.spawn(come_from_the_beginning(&server, &epoch, missed, Duration::from_secs(3)));
    }
    let mut most = 0;
    while !reading.is_empty() {
        if let Ok(read) = timeout(Duration::from_millis(20), reading.join_next()).await {
            read.expect("somebody reads").expect("a reader is satisfied");
        }
        most = most.max(server.memory().saturating_sub(before));
        assert!(start.elapsed() < Duration::from_secs(300), "still not everything");
    }
    assert!(most < MISSED_BY * MOST_EACH + SLACK, "{} MiB", most >> 20);
    let each = (most / MISSED_BY) >> 10;
    fault::measured(
        "F16 missed",
        &format!("{MISSED_BY} who missed {missed} in {:?}, {each} KiB each", start.elapsed()),
    );
}

/// Resumes from 0, and reads everything after a while.
fn come_from_the_beginning(
    server: &Server,
    epoch: &str,
    missed: u64,
    pause: Duration,
) -> impl Future<Output = ()> + use<> {
    let (address, path) = (server.address(), format!("/chat/general?user=late&since=0&epoch={epoch}"));
    async move {
        let mut raw = Raw::open_with_a_small_window(address, &path).await;
        assert_eq!(raw.expect("joined").await["recovered"], true);
        sleep(pause).await;
        let mut stream = Stream::default();
        while stream.last < missed {
            next_message(&mut raw, &mut stream).await;
        }
    }
}

/// Says so much, five hundred ahead; the epoch.
async fn write(server: &Server, messages: u64) -> String {
    let mut guest = Client::ws(server, "guest").await;
    let epoch = guest.join("general").await["epoch"].as_str().expect("a string").to_owned();
    guest.close().await;
    let mut writer = Raw::open(server.address(), "/chat/general?user=writer").await;
    let content = "what was missed ".repeat(50);
    let frame =
        wire::masked(wire::TEXT, json!({"type": "message", "content": content}).to_string().as_bytes());
    let mut stream = Stream::default();
    while stream.last < messages {
        let ahead = (messages - stream.last).min(500);
        writer.send(&frame.repeat(ahead as usize)).await;
        let goal = stream.last + ahead;
        while stream.last < goal {
            next_message(&mut writer, &mut stream).await;
        }
    }
    epoch
}
