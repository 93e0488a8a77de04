//! How many messages a second a store keeps, durably, on this machine, or what a given number of them costs:
//!
//! ```text
//! cargo run --release -p roomcast-store --example durable -- sqlite|postgres SECONDS [A_SECOND]
//! ```
//!
//! In a temporary directory, PostgreSQL with a server of its own: 200 rooms, 50 users, 64 bytes a message, every message with
//! a nonce. Without a number as fast as it goes, 256 in a batch and always a second batch waiting; with one, what is due every
//! five milliseconds. What is printed as cores is this process's time, generator included, without PostgreSQL's.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a measurement fails by panicking")]

#[path = "../tests/postgres/cluster.rs"]
#[expect(dead_code, reason = "shared with the tests, which use all of it")]
mod cluster;

use cluster::Cluster;
use roomcast::{
    store::{Append, MAX_BATCH, Store},
    testing::store::{Dice, Results, message, with_nonce},
};
use roomcast_store::{
    postgres::{Address, Postgres},
    sqlite::{self, Sqlite},
};
use std::{
    fs,
    path::Path,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

const ROOMS: u64 = 200;
const USERS: u64 = 50;
/// Between two batches where a number a second is asked for.
const PACE: Duration = Duration::from_millis(5);
/// Of `/proc/self/stat`: Linux's USER_HZ.
const TICKS_A_SECOND: f64 = 100.0;

struct Load {
    store: Arc<dyn Store>,
    dice: Dice,
    n_sent: u64,
    answers: mpsc::Sender<Answer>,
}

/// How long a batch waited for its commit, and how many of it were kept.
struct Answer {
    waited: Duration,
    n_kept: usize,
}

impl Load {
    fn send(&mut self, n: usize) {
        let batch: Vec<Append> = (0..n).map(|_| self.message()).collect();
        let (sent_at, answers) = (Instant::now(), self.answers.clone());
        let done = move |results: Results| {
            let n_kept = results.iter().filter(|result| result.is_ok()).count();
            drop(answers.send(Answer { waited: sent_at.elapsed(), n_kept }));
        };
        self.store.append(batch, Box::new(done));
    }

    fn message(&mut self) -> Append {
        let room = format!("room-{}", self.dice.below(ROOMS));
        // Random, as browsers make them: the index pays for that.
        let nonce = format!("{:011x}{:011x}", self.dice.below(1 << 44), self.n_sent);
        let user = format!("user{}", self.dice.below(USERS));
        self.n_sent += 1;
        with_nonce(&nonce, message(&room, &user, &"0123456789abcdef".repeat(4)))
    }

    /// As fast as it goes.
    fn saturate(&mut self, until: Instant, answered: &mpsc::Receiver<Answer>) -> Vec<Answer> {
        self.send(MAX_BATCH);
        self.send(MAX_BATCH);
        let mut answers = Vec::new();
        while Instant::now() < until {
            answers.push(answered.recv().unwrap());
            self.send(MAX_BATCH);
        }
        answers
    }

    /// What is due, and not more.
    fn pace(&mut self, start: Instant, until: Instant, a_second: f64) {
        while Instant::now() < until {
            let due = (start.elapsed().as_secs_f64() * a_second) as u64;
            if due > self.n_sent {
                self.send((due - self.n_sent) as usize);
            }
            thread::sleep(PACE);
        }
    }
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let directory = tempfile::tempdir().unwrap();
    let cluster = (args[0] == "postgres").then(Cluster::start);
    let store = open(directory.path(), cluster.as_ref());
    let (tx, answered) = mpsc::channel();
    let mut load = Load { store: store.clone(), dice: Dice::from_environment(), n_sent: 0, answers: tx };
    let (start, cpu) = (Instant::now(), cpu_seconds());
    let until = start + Duration::from_secs(args[1].parse().unwrap());
    let mut answers = Vec::new();
    match args.get(2) {
        Some(a_second) => load.pace(start, until, a_second.parse().unwrap()),
        None => answers = load.saturate(until, &answered),
    }
    drop(load);
    // The rest was on its way.
    answers.extend(answered);
    report(answers, start.elapsed().as_secs_f64(), cpu_seconds() - cpu);
}

fn open(directory: &Path, cluster: Option<&Cluster>) -> Arc<dyn Store> {
    match cluster {
        Some(cluster) => Arc::new(Postgres::open(Address::parse(&cluster.database()).unwrap()).unwrap()),
        None => Arc::new(Sqlite::open(directory, sqlite::Options::default()).unwrap()),
    }
}

fn report(mut answers: Vec<Answer>, seconds: f64, cpu: f64) {
    answers.sort_by_key(|answer| answer.waited);
    let n_kept: usize = answers.iter().map(|answer| answer.n_kept).sum();
    let waited = |part: f64| answers[((answers.len() - 1) as f64 * part) as usize].waited.as_secs_f64() * 1e3;
    println!(
        "{:.0} messages a second over {seconds:.1} s: {n_kept} kept; {:.2} cores; a batch waits {:.1} ms, p99 {:.1} ms, {:.0} ms at most",
        n_kept as f64 / seconds,
        cpu / seconds,
        waited(0.5),
        waited(0.99),
        waited(1.0),
    );
}

/// What this process has used of its cores.
fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    // Behind the name, which may contain anything: utime and stime are the 12th and 13th.
    let fields = stat.rsplit_once(") ").unwrap().1.split(' ');
    let ticks = fields.skip(11).take(2).map(|field| field.parse::<u64>().unwrap()).sum::<u64>();
    ticks as f64 / TICKS_A_SECOND
}
