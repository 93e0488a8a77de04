//! How many messages a second PostgreSQL keeps, durably, on this machine:
//!
//! ```text
//! cargo run --release -p roomcast-store --example postgres -- [SECONDS]
//! ```
//!
//! A server of its own in a temporary directory, 200 rooms, 50 users, 64 bytes a message, every message with a nonce,
//! 256 in a batch and always a second batch waiting.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a measurement fails by panicking")]

#[path = "../tests/postgres/cluster.rs"]
#[expect(dead_code, reason = "shared with the tests, which use all of it")]
mod cluster;

use cluster::Cluster;
use roomcast::{
    store::{Append, MAX_BATCH, Store},
    testing::store::{Dice, Results, message, with_nonce},
};
use roomcast_store::postgres::{Address, Postgres};
use std::{
    sync::mpsc,
    time::{Duration, Instant},
};

const ROOMS: u64 = 200;
const USERS: u64 = 50;

fn batch(dice: &mut Dice, n_sent: u64) -> Vec<Append> {
    let content = "0123456789abcdef".repeat(4);
    (0..MAX_BATCH as u64)
        .map(|i| {
            let room = format!("room-{}", dice.below(ROOMS));
            // Random, as browsers make them: the index pays for that.
            let nonce = format!("{:011x}{:011x}", dice.below(1 << 44), n_sent + i);
            let user = format!("user{}", dice.below(USERS));
            with_nonce(&nonce, message(&room, &user, &content))
        })
        .collect()
}

fn main() {
    let seconds = std::env::args().nth(1).map_or(10, |text| text.parse().unwrap());
    let cluster = Cluster::start();
    let store = Postgres::open(Address::parse(&cluster.database()).unwrap()).unwrap();
    let (mut dice, (done_tx, done_rx)) = (Dice::from_environment(), mpsc::channel::<Results>());
    let (mut n_sent, mut n_kept) = (0, 0);
    let mut send = || {
        let done_tx = done_tx.clone();
        store.append(batch(&mut dice, n_sent), Box::new(move |results| drop(done_tx.send(results))));
        n_sent += MAX_BATCH as u64;
    };
    send();
    send();
    let (start, mut longest, mut last) = (Instant::now(), Duration::ZERO, Instant::now());
    while start.elapsed() < Duration::from_secs(seconds) {
        n_kept += done_rx.recv().unwrap().iter().filter(|result| result.is_ok()).count();
        longest = longest.max(last.elapsed());
        last = Instant::now();
        send();
    }
    let took = start.elapsed().as_secs_f64();
    println!(
        "{:.0} messages a second over {took:.1} s: {n_kept} kept; longest pause {} ms",
        n_kept as f64 / took,
        longest.as_millis()
    );
}
