//! How many may come.

use crate::client::{connect, get, read_answer};
use crate::support::{Place, Running};
use std::{
    io::{Read, Write},
    net::TcpStream,
    process::Command,
    time::{Duration, Instant},
};

/// Connections that the server has counted: it does so a moment after the client has them.
fn hold(server: &Running, n: usize) -> Vec<TcpStream> {
    let held = (0..n).map(|_| connect(server.chat)).collect();
    let expected = format!("roomcast_connections {n}\n");
    let end = Instant::now() + Duration::from_secs(5);
    while !get(server.admin, "/metrics").body.contains(&expected) {
        assert!(Instant::now() < end, "never {expected}");
    }
    held
}

/// Asks until the answer is the expected one: a place is free a moment after its connection was closed.
fn becomes(server: std::net::SocketAddr, status: u16) {
    let end = Instant::now() + Duration::from_secs(5);
    while get(server, "/nowhere").status != status {
        assert!(Instant::now() < end, "never {status}");
    }
}

fn with(name: &'static str, value: &'static str) -> impl FnOnce(&mut Command) {
    move |command| {
        command.env(name, value);
    }
}

#[test]
fn s31_one_too_many_in_all_is_503_and_a_place_is_free_again_later() {
    let place = Place::new();
    let server = place.serve_with(&["--store", "memory"], with("ROOMCAST_LIMITS__CONNECTIONS", "3"));
    let held = hold(&server, 3);
    assert_eq!(get(server.chat, "/nowhere").status, 503);
    drop(held);
    becomes(server.chat, 404);
}

#[test]
fn s31_one_too_many_from_an_address_is_429_with_a_reason() {
    let place = Place::new();
    let server = place.serve_with(&["--store", "memory"], with("ROOMCAST_LIMITS__PER_IP", "2"));
    let held = hold(&server, 2);
    let answer = get(server.chat, "/nowhere");
    assert_eq!(answer.status, 429);
    assert!(
        answer.head.contains("retry-after: 5") && answer.body.contains("\"code\":\"limit\""),
        "{answer:?}"
    );
    drop(held);
    becomes(server.chat, 404);
}

#[test]
fn s31_behind_a_trusted_proxy_the_clients_are_counted() {
    let place = Place::new();
    let args = ["--store", "memory", "--trusted-proxy", "127.0.0.1"];
    let server = place.serve_with(&args, with("ROOMCAST_LIMITS__PER_IP", "1"));
    let _held = hold(&server, 3);
    becomes(server.chat, 404);
    let place = Place::new();
    let server = place.serve_with(&["--store", "memory"], with("ROOMCAST_LIMITS__PER_IP", "1"));
    let mut first = connect(server.chat);
    write!(first, "GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.7\r\n\r\n").unwrap();
    let mut byte = [0];
    first.read_exact(&mut byte).unwrap();
    let mut second = connect(server.chat);
    write!(second, "GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.8\r\nConnection: close\r\n\r\n")
        .unwrap();
    assert_eq!(read_answer(&mut second).status, 429, "without trust the header means nothing");
}

#[test]
fn without_file_descriptors_it_waits_without_burning_and_recovers() {
    let place = Place::new();
    let mut server = place.serve_with_files(40);
    assert!(server.log_until_ready().contains("too few files may be open"));
    let held: Vec<TcpStream> = (0..60).map(|_| connect(server.chat)).collect();
    server.logged("no connections can be accepted");
    let before = server.cpu();
    std::thread::sleep(Duration::from_millis(1500));
    let used = server.cpu() - before;
    assert!(used < Duration::from_millis(150), "{used:?}");
    drop(held);
    becomes(server.chat, 404);
    server.signal(rustix::process::Signal::TERM);
    assert_eq!(server.wait(Duration::from_secs(5)), Some(0));
    let told = server.rest_of_log().matches("no connections can be accepted").count();
    // each shard tells it once in a while
    assert!(told <= std::thread::available_parallelism().unwrap().get(), "{told}");
}
