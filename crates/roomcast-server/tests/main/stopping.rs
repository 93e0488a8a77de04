//! How the server ends.

use crate::client::{connect, get, read_answer};
use crate::support::Place;
use rustix::process::Signal;
use std::{
    io::{Read, Write},
    time::Duration,
};

#[test]
fn a_signal_ends_it_at_once_when_nothing_runs() {
    for signal in [Signal::TERM, Signal::INT] {
        let place = Place::new();
        let mut server = place.serve(&["--store", "memory"]);
        assert_eq!(get(server.chat, "/nowhere").status, 404);
        let mut idle = connect(server.chat);
        write!(idle, "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        idle.read_exact(&mut [0]).unwrap();
        server.signal(signal);
        assert_eq!(server.wait(Duration::from_secs(2)), Some(0), "an idle connection holds nothing up");
    }
}

#[test]
fn what_runs_is_finished_while_nothing_new_is_taken() {
    let place = Place::new();
    let mut server = place.serve(&["--store", "memory"]);
    let mut late = connect(server.chat);
    write!(late, "GET /nowhere HTTP/1.1\r\n").unwrap();
    std::thread::sleep(Duration::from_millis(200));
    server.signal(Signal::TERM);
    server.logged("stopping");
    std::thread::sleep(Duration::from_millis(100));
    assert!(std::net::TcpStream::connect(server.chat).is_err(), "nothing new");
    assert_eq!(get(server.admin, "/readyz").status, 503, "and the balancer hears of it");
    assert_eq!(get(server.admin, "/healthz").status, 200);
    write!(late, "Host: x\r\n\r\n").unwrap();
    assert_eq!(read_answer(&mut late).status, 404, "the request that had begun is answered");
    assert_eq!(server.wait(Duration::from_secs(2)), Some(0));
}

#[test]
fn a_second_signal_ends_it_whatever_runs() {
    let place = Place::new();
    let mut server = place.serve(&["--store", "memory"]);
    let mut late = connect(server.chat);
    write!(late, "GET /nowhere HTTP/1.1\r\n").unwrap();
    std::thread::sleep(Duration::from_millis(200));
    server.signal(Signal::TERM);
    server.logged("stopping");
    server.signal(Signal::TERM);
    assert_eq!(server.wait(Duration::from_secs(2)), Some(1));
}

#[test]
fn s7_a_head_that_never_ends_is_closed() {
    let place = Place::new();
    let server = place.serve(&["--store", "memory"]);
    let mut slow = connect(server.chat);
    write!(slow, "GET /nowhere HTTP/1.1\r\n").unwrap();
    let began = std::time::Instant::now();
    let mut rest = Vec::new();
    let _ = slow.read_to_end(&mut rest);
    assert!((9..13).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}
