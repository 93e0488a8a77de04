//! F14 and F15: out of files, and hardly any memory.

use std::time::Duration;

use e2e::fault::{self, memory::MemoryCap};
use e2e::{Client, Raw, Server, limits, wire};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::json;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Error;

use super::NO_LIMIT;
use super::herd::connect;

const FROM_ONE_ADDRESS: (&str, &str) = ("ROOMCAST_LIMITS__PER_IP", "100000");
const OPEN_FILES: usize = 256;
/// What a server of one shard keeps for itself: `docs/operations.md`.
const RESERVE: usize = 128;

#[tokio::test]
async fn f14_with_few_files_it_refuses_with_a_word_and_keeps_some_for_itself() {
    let mut server = Server::stopped(&[NO_LIMIT, FROM_ONE_ADDRESS, ("ROOMCAST_SERVER__SHARDS", "1")]);
    server.under(["prlimit".to_owned(), format!("--nofile={OPEN_FILES}:{OPEN_FILES}")]);
    server.restart().await;
    assert!(server.log().contains("raise `ulimit -n`"), "{}", server.log());
    let (mut here, mut refused) = (Vec::new(), 0);
    for number in 0..OPEN_FILES {
        match Client::try_open(server.address(), &format!("/chat/general?user=user{number}")).await {
            Ok(client) => here.push(client),
            Err(Error::Http(answer)) if answer.status() == 503 => refused += 1,
            Err(other) => panic!("neither taken nor refused with 503: {other}"),
        }
    }
    assert_eq!((here.len(), refused), (OPEN_FILES - RESERVE, RESERVE));
    assert!(server.open_files() < OPEN_FILES, "{} files are open", server.open_files());
    assert!(server.is_ready().await, "whoever asks for its health is answered");
    here[0].say("served").await;
    here.pop().expect("many are here").close().await;
    Client::chat(&server, "other", "late").await.say("there is room again").await;
}

/// The system takes files away that were promised: `accept` fails.
#[tokio::test]
async fn f14_out_of_files_it_waits_serves_those_who_are_here_and_recovers() {
    let server = Server::start_with(&[NO_LIMIT]).await;
    let mut ann = Client::chat(&server, "general", "ann").await;
    // Refusals and questions for its health take files for a moment: none is left for those either.
    limit_files(&server, server.open_files() as u64);
    let mut waiting = Vec::new();
    for _ in 0..20 {
        waiting.push(TcpStream::connect(server.address()).await.expect("the kernel takes it"));
    }
    let before = server.processor_time();
    sleep(Duration::from_secs(2)).await;
    let used = server.processor_time() - before;
    assert!(used < Duration::from_millis(500), "in 2 s of waiting it used {used:?} of the processor");
    ann.say("those who are here are served").await;
    assert!(server.log().contains("no connections can be accepted"), "{}", server.log());
    limit_files(&server, 4_096);
    for (number, stream) in waiting.into_iter().enumerate() {
        let path = format!("/chat/general?user=late{number}");
        timeout(Duration::from_secs(20), Raw::upgrade(stream, &path))
            .await
            .expect("it recovers")
            .expect("join")
            .await;
    }
    fault::measured("F14", &format!("{used:?} of the processor in 2 s without files"));
}

fn limit_files(server: &Server, most: u64) {
    let pid = Pid::from_raw(server.pid().cast_signed());
    let limit = Rlimit { current: Some(most), maximum: Some(4_096) };
    prlimit(pid, Resource::Nofile, limit).expect("a limit of a child of ours");
}

const MEMORY: usize = 256;

/// Many people, each of whom asks for 800 kB; some take none of it. More is owed to them than there is memory.
#[tokio::test]
async fn f15_with_little_memory_many_who_ask_for_much_are_answered_or_refused() {
    limits::raise_open_files();
    let (deaf, listening) = fault::size((300, 100), (4_000, 1_000));
    let cap = MemoryCap::of(MEMORY);
    let mut server = Server::stopped(&[NO_LIMIT, FROM_ONE_ADDRESS]);
    match &cap {
        Some(cap) => server.under(cap.prefix()),
        None => fault::skipped("F15, the cap", "no control groups here: resident memory is watched instead"),
    }
    server.restart().await;
    fill(&server).await;
    let mut stuck = Vec::new();
    for number in 0..deaf {
        let path = format!("/chat/big?user=stuck{number}");
        let mut raw = Raw::open_with_a_small_window(server.address(), &path).await;
        ask(&mut raw).await;
        stuck.push(raw);
    }
    let mut asking = JoinSet::new();
    for number in 0..listening {
        let mut raw =
            connect(server.address(), number, "/chat/big?user=reader").await.expect("there is room");
        asking.spawn(async move {
            ask(&mut raw).await;
            is_answered(&mut raw).await
        });
    }
    let outcomes =
        timeout(Duration::from_secs(300), asking.join_all()).await.expect("everybody has an outcome");
    let answered = outcomes.iter().filter(|answered| **answered).count();
    Client::chat(&server, "general", "ann").await.say("alive").await;
    // The stuck ones are given up, and what they held is there for others.
    drop(stuck);
    let late = connect(server.address(), 0, "/chat/big?user=late").await.expect("there is room");
    until_answered(late).await;
    let resident = server.peak_memory() >> 20;
    assert!(resident < MEMORY, "{resident} MiB");
    let refused = listening - answered;
    fault::measured(
        "F15",
        &format!(
            "{deaf} who take nothing; of {listening} who do, {answered} answered, {refused} refused; {resident} MiB"
        ),
    );
}

/// Two hundred messages of 4 kB.
async fn fill(server: &Server) {
    let mut writer = Client::chat(server, "big", "writer").await;
    for number in 0..200 {
        writer.say(&format!("{number} {}", "x".repeat(3_900))).await;
    }
}

async fn ask(raw: &mut Raw) {
    raw.json(&json!({"type": "history", "limit": 200})).await;
}

/// Whether it was answered. Else it was refused, and the connection lives.
async fn is_answered(raw: &mut Raw) -> bool {
    loop {
        let frame = raw.frame().await.expect("the connection lives").expect("the connection is open");
        assert!(frame.first != wire::CLOSE, "closed with {:?}", frame.close_code());
        if frame.first == wire::PING {
            raw.send(&wire::masked(wire::PONG, &frame.payload)).await;
        }
        if frame.payload.starts_with(br#"{"type":"history""#) {
            return true;
        }
        if frame.payload.starts_with(br#"{"type":"error""#) {
            let error = String::from_utf8_lossy(&frame.payload);
            assert!(error.contains(r#""code":"unavailable""#) && error.contains("retry_after_ms"), "{error}");
            return false;
        }
    }
}

/// Asks again where it is refused, as clients do.
async fn until_answered(mut raw: Raw) {
    let answered = async {
        ask(&mut raw).await;
        while !is_answered(&mut raw).await {
            sleep(Duration::from_millis(200)).await;
            ask(&mut raw).await;
        }
    };
    timeout(Duration::from_secs(20), answered).await.expect("memory is given back");
}
