//! `verify` against the real server, against none, and against one that says nothing.

use crate::{schema, server::Server};
use roomcast_load::{
    history::{self, Check, Tolerance, judge},
    verify::{VerifyError, VerifyPlan, run},
};
use std::{
    io::{BufReader, Write},
    net::TcpListener,
    time::{Duration, Instant},
};

/// Two seconds with a seed of its own.
fn short(against: Vec<String>) -> VerifyPlan {
    let (duration, patience) = (Duration::from_secs(2), Duration::from_secs(20));
    let reconnect_every = Duration::from_millis(500);
    VerifyPlan { against, duration, patience, reconnect_every, rate: 20.0, seed: 7, ..VerifyPlan::default() }
}

#[test]
fn a_good_server_keeps_its_promises_and_the_kept_history_says_so_again() {
    let (server, directory) = (Server::start(), tempfile::tempdir().unwrap());
    let path = directory.path().join("history.jsonl");
    let plan = VerifyPlan { history: Some(path.clone()), ..short(vec![server.url()]) };
    let mut lines = Vec::new();
    let verdict = run(&plan, &mut |line| lines.push(line.to_owned())).unwrap();
    assert!(verdict.kept, "{}", verdict.text());
    schema::assert_conforms(history::SCHEMA, &verdict.json());
    let counts = &verdict.counts;
    assert!(counts.acknowledged > 50 && counts.connections > 32, "{}", verdict.text());
    assert_eq!((counts.rooms, counts.unknown), (4, 0), "{}", verdict.text());
    assert!(lines.iter().any(|line| line.contains("messages acknowledged")), "{lines:?}");

    let kept = || BufReader::new(std::fs::File::open(&path).unwrap());
    assert_eq!(judge(&mut kept(), Tolerance::Nothing).unwrap(), verdict);
    assert_a_spoiled_one_is_red(&std::fs::read_to_string(&path).unwrap());
}

/// The last message that was acknowledged is taken out of the final history.
#[track_caller]
fn assert_a_spoiled_one_is_red(history: &str) {
    let event = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap();
    let acked = history.lines().map(event).rfind(|event| event["type"] == "ok").unwrap();
    let invoked = |it: &serde_json::Value| it["type"] == "invoke" && it["nonce"] == acked["nonce"];
    let hash = history.lines().map(event).find(invoked).unwrap()["hash"].clone();
    let is_it = |event: &serde_json::Value| event["type"] == "stored" && event["hash"] == hash;
    let spoiled: Vec<_> = history.lines().filter(|line| !is_it(&event(line))).collect();
    let verdict = judge(&mut spoiled.join("\n").as_bytes(), Tolerance::Nothing).unwrap();
    assert!(verdict.broken().any(|check| check == Check::C1), "{}", verdict.text());
    schema::assert_conforms(history::SCHEMA, &verdict.json());
}

#[test]
fn two_names_are_two_nodes() {
    let server = Server::start();
    let port = server.url().rsplit_once(':').unwrap().1.to_owned();
    let nodes = vec![server.url(), format!("ws://localhost:{port}"), server.url()];
    let verdict = run(&short(nodes), &mut |_| {}).unwrap();
    assert!(verdict.kept, "{}", verdict.text());
    // Each of two nodes is read in two ways, and every message is said in one room.
    assert_eq!(verdict.counts.stored, 4 * verdict.counts.acknowledged, "{}", verdict.text());
}

#[test]
fn a_server_that_limits_its_users_is_respected() {
    let server = Server::start_with(&[("ROOMCAST_LIMITS__MESSAGES", "5/1s")]);
    let verdict = run(&short(vec![server.url()]), &mut |_| {}).unwrap();
    assert!(verdict.kept, "{}", verdict.text());
    // Each of eight publishers has five at once and five a second.
    assert!(verdict.counts.acknowledged < 8 * 30, "{}", verdict.text());
    assert_eq!((verdict.counts.refused, verdict.counts.unknown), (0, 0), "{}", verdict.text());
}

#[test]
fn without_a_server_there_is_no_verdict_and_it_ends() {
    let begun = Instant::now();
    let nobody = VerifyPlan { patience: Duration::from_secs(1), ..short(vec!["ws://127.0.0.1:1".into()]) };
    let error = run(&nobody, &mut |_| {}).unwrap_err();
    assert!(matches!(&error, VerifyError::Last { server, .. } if server == "127.0.0.1:1"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_server_that_says_nothing_does_not_keep_it_for_ever() {
    let begun = Instant::now();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}", silent.local_addr().unwrap());
    let plan = VerifyPlan { publishers: 1, readers: 1, patience: Duration::from_secs(1), ..short(vec![url]) };
    assert!(matches!(run(&plan, &mut |_| {}), Err(VerifyError::Last { .. })));
    assert!(begun.elapsed() < Duration::from_secs(60));
}

/// Answers the handshake and then sends pongs, so that there is always something to read and never anything to hear.
#[test]
fn a_server_that_never_comes_to_an_end_does_not_either() {
    let begun = Instant::now();
    let endless = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}", endless.local_addr().unwrap());
    std::thread::spawn(move || {
        endless.incoming().flatten().for_each(|stream| drop(std::thread::spawn(|| babble(stream))));
    });
    let plan = VerifyPlan { publishers: 1, readers: 0, patience: Duration::from_secs(1), ..short(vec![url]) };
    assert!(matches!(run(&plan, &mut |_| {}), Err(VerifyError::Last { .. })));
    assert!(begun.elapsed() < Duration::from_secs(60));
}

fn babble(mut stream: std::net::TcpStream) {
    const ACCEPT: &str =
        "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    let pongs = [0x8A, 0].repeat(1024);
    let mut sent = stream.write_all(ACCEPT.as_bytes());
    while sent.is_ok() {
        sent = stream.write_all(&pongs);
    }
}

#[test]
fn a_plan_beyond_its_bounds_is_refused() {
    let plan = VerifyPlan { rooms: 0, ..short(vec!["ws://127.0.0.1:1".into()]) };
    let told = run(&plan, &mut |_| {}).unwrap_err().to_string();
    assert_eq!(told, "rooms is 0, must be 1 to 400");
}

#[test]
fn a_history_that_cannot_be_written_is_told_at_once() {
    let plan = VerifyPlan {
        history: Some("/nowhere/history.jsonl".into()),
        ..short(vec!["ws://127.0.0.1:1".into()])
    };
    assert!(matches!(run(&plan, &mut |_| {}), Err(VerifyError::Write(_))));
    let full = VerifyPlan { history: Some("/dev/full".into()), ..plan };
    let server = Server::start();
    let error = run(&VerifyPlan { against: vec![server.url()], ..full }, &mut |_| {}).unwrap_err();
    assert!(matches!(error, VerifyError::Write(_)), "{error}");
}

#[test]
fn what_is_no_history_is_refused_with_the_line() {
    let told = |text: &str| judge(&mut text.as_bytes(), Tolerance::Nothing).unwrap_err().to_string();
    assert_eq!(told(""), "nothing was acknowledged, so that there is nothing to judge");
    let opened = r#"{"type":"opened","at":1,"process":0,"connection":0,"server":"s"}"#;
    assert!(told(&format!("{opened}\nnonsense")).starts_with("line 2 of the history: expected ident"));
    assert_eq!(told(&format!("{opened}\n{opened}")), "line 2 of the history: connection 0 was opened before");
    for (spaces, end) in [(65_535 - opened.len(), "nothing was"), (65_536 - opened.len(), "line 1 of")] {
        assert!(told(&format!("{opened}{}\n", " ".repeat(spaces))).starts_with(end));
    }
}
