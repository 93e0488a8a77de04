//! I1, I2 and I3 over `kill -9` at random moments (F1).

use crate::{
    child,
    told::{Told, with_nonce},
};
use roomcast::{
    store::{Append, Store},
    testing::store::Dice,
};
use std::{
    collections::HashSet,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, SystemTime},
};

const ROUNDS: u64 = 8;
const ROOMS: u64 = 5;
/// Batches in flight in the child.
const IN_FLIGHT: usize = 64;

fn numbered(room: u64, nonce: &str) -> Append {
    with_nonce(&format!("room-{room}"), nonce)
}

/// The process that is killed: appends without end, each message twice, and prints what is acknowledged.
#[test]
fn appends_until_killed() {
    static N_IN_FLIGHT: AtomicUsize = AtomicUsize::new(0);
    let Some(dir) = child::dir() else { return };
    let store = child::open(&dir);
    let started = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos();
    let mut dice = Dice::from_environment();
    for n in 0_u64.. {
        while N_IN_FLIGHT.load(Ordering::Acquire) >= IN_FLIGHT {
            thread::yield_now();
        }
        let batch: Vec<Append> = (0..=dice.below(6))
            .flat_map(|i| {
                [
                    numbered(dice.below(ROOMS), &format!("{started}.{n}.{i}")),
                    numbered(n % ROOMS, &format!("{started}.again")),
                ]
            })
            .collect();
        let names: Vec<String> = batch.iter().map(|m| format!("{} {}", m.room, m.content)).collect();
        N_IN_FLIGHT.fetch_add(1, Ordering::AcqRel);
        store.append(
            batch,
            Box::new(move |results| {
                let mut out = std::io::stdout().lock();
                for (name, result) in names.iter().zip(results) {
                    writeln!(out, "ack {name} {}", result.unwrap().seq).unwrap();
                }
                out.flush().unwrap();
                N_IN_FLIGHT.fetch_sub(1, Ordering::AcqRel);
            }),
        );
    }
}

fn run_and_kill(dir: &Path, after: Duration, told: &mut Told) {
    let mut child = child::command("crash::appends_until_killed", dir).spawn().unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let reading = thread::spawn(move || out.split(b'\n').map_while(Result::ok).collect::<Vec<_>>());
    thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
    for line in reading.join().unwrap() {
        let line = String::from_utf8(line).unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        // The last line may have been cut by the kill.
        if let &["ack", room, nonce, seq] = words.as_slice()
            && let Ok(seq) = seq.parse()
        {
            told.note(room, nonce, seq);
        }
    }
}

#[tokio::test]
async fn nothing_acknowledged_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let mut dice = Dice::from_environment();
    let (mut told, mut epochs) = (Told::default(), HashSet::new());
    for round in 0..ROUNDS {
        run_and_kill(dir.path(), Duration::from_millis(50 + dice.below(700)), &mut told);
        let store = child::open(dir.path());
        epochs.insert(store.epoch());
        told.is_kept_by(&store).await;
        told.is_found_by_nonce(&store).await;
        store.close().await.unwrap();
        eprintln!("round {round}: {} acknowledged so far", told.len());
    }
    assert!(told.len() > 100, "the children did something");
    assert_eq!(epochs.len(), 1, "a crash of the process keeps the epoch");
}
