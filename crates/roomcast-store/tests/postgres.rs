//! PostgreSQL as a whole, from outside. Every test has a server of its own and stops it.

mod cluster;
mod proxy;
mod conformance;
mod opening;
mod epochs;
mod repeats;
mod sharing;
mod outages;
mod crash;
mod commits;
mod sessions;
mod retention;
mod holding;
mod moving;

use roomcast_protocol::RoomName;
use roomcast_store::postgres::{Address, Postgres};
use std::time::{Duration, Instant};

fn open(address: &str) -> Postgres {
    Postgres::open(Address::parse(address).unwrap()).unwrap()
}

fn hall() -> RoomName {
    RoomName::parse("hall").unwrap()
}

/// The name of the database that an address leads to.
fn name(address: &str) -> &str {
    address.rsplit('/').next().unwrap()
}

/// Waits for what is bound to come.
fn until(mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(30), "it never came");
        std::thread::sleep(Duration::from_millis(5));
    }
}
