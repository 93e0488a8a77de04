//! F23: files that are damaged while the server does not run.

use std::fs;
use std::path::{Path, PathBuf};

use e2e::fault::{self, dice::Dice};
use e2e::load::People;
use e2e::stream::{messages, seq};
use e2e::{Server, http};
use serde_json::json;
use std::time::Duration;
use tokio::time::sleep;

use super::{NO_LIMIT, assert_works};

const PAGE: usize = 4096;
const WRITTEN: u64 = 400;

/// What message `seq` of the room says.
fn words(seq: u64) -> String {
    format!("{seq} {}", "words ".repeat(60).trim_end())
}

/// A page of the database that was overwritten is found out when it is needed. Whatever is served is what was written.
#[tokio::test]
async fn f23_a_damaged_page_is_refused_and_never_served() {
    let mut dice = Dice::throw("f23 page");
    let mut server = Server::start_with(&[NO_LIMIT]).await;
    for seq in 1..=WRITTEN {
        let body = json!({"user": "ann", "content": words(seq), "nonce": seq.to_string()});
        http::post(server.address(), "/api/v1/rooms/red/messages", &body).await;
    }
    server.terminate();
    server.ended().await;
    let database = server.data().join("roomcast.db");
    let good = fs::read(&database).expect("a database");
    let (mut refused_start, mut refused_pages, pages) = (0, 0, good.len() / PAGE);
    for page in pages_to_damage(&mut dice, pages) {
        let mut bad = good.clone();
        let garbage = dice.below(2) == 0;
        bad[page * PAGE..][..PAGE].fill_with(|| if garbage { dice.below(256) as u8 } else { 0 });
        restore(&server.data(), &database, &bad);
        server.spawn();
        if server.is_up_or_gone().await {
            refused_pages += assert_serves_no_bad_row(&server).await;
            server.kill();
        } else {
            refused_start += 1;
            assert!(server.log().contains("is damaged or not a database"), "{}", server.log());
        }
    }
    assert!(
        refused_start > 0 && refused_pages > 0,
        "{refused_start} {refused_pages}: the test tested nothing"
    );
    restore(&server.data(), &database, &good);
    server.restart().await;
    assert_eq!(assert_serves_no_bad_row(&server).await, 0);
    fault::measured(
        "F23 page",
        &format!("{refused_start} starts and {refused_pages} answers refused, no bad row"),
    );
}

/// The first page always, then some, or all.
fn pages_to_damage(dice: &mut Dice, pages: usize) -> Vec<usize> {
    let some: Vec<_> = (0..11).map(|_| 1 + dice.below(pages as u64 - 1) as usize).collect();
    [vec![0], fault::size(some, (1..pages).collect())].concat()
}

fn restore(data: &Path, database: &PathBuf, bytes: &[u8]) {
    for rest in ["roomcast.db-wal", "roomcast.db-shm"] {
        // A clean end leaves none, a kill does.
        drop(fs::remove_file(data.join(rest)));
    }
    fs::write(database, bytes).expect("a file can be written");
}

/// Reads everything and says how many questions were refused. A refusal is an error of the server's; an answer is right.
async fn assert_serves_no_bad_row(server: &Server) -> usize {
    let mut refused = 0;
    for first in (0..WRITTEN).step_by(20) {
        let path = format!("/api/v1/rooms/red/messages?limit=20&after={first}");
        let answer = http::get(server.address(), &path).await;
        if answer.status == 200 {
            let page = messages(&answer.json());
            assert_eq!(page.len(), 20, "messages are missing after {first}");
            for (number, message) in (first + 1..).zip(&page) {
                assert_eq!(
                    (seq(message), &message["content"], &message["user"]),
                    (number, &json!(words(number)), &json!("ann"))
                );
            }
        } else {
            assert_eq!(answer.status, 503, "{}", answer.text());
            refused += 1;
        }
    }
    let body = json!({"user": "bob", "content": "a new one"});
    let answer = http::post(server.address(), "/api/v1/rooms/red/messages", &body).await;
    assert!(answer.status == 503 || seq(&answer.json()) == WRITTEN + 1, "{}", answer.text());
    refused
}

/// SQLite cuts its log off at the damage. What is lost is said aloud, and readers are told to load afresh: the numbers
/// will be given again.
#[tokio::test]
async fn f23_a_damaged_log_loses_its_tail_loudly_and_gets_a_new_epoch() {
    let mut dice = Dice::throw("f23 log");
    for _ in 0..fault::size(2, 20) {
        let mut server = Server::start_with(&[NO_LIMIT]).await;
        let visit = People::new(4, 2, 500).enter(&server).await;
        let log = server.data().join("roomcast.db-wal");
        // Long, and not so long yet that it was moved into the database: then nothing would be lost with it.
        while fs::metadata(&log).expect("a log").len() < 4 << 20 {
            sleep(Duration::from_millis(1)).await;
        }
        server.kill();
        let people = visit.gone().await;
        let mut bytes = fs::read(&log).expect("a crash leaves the log");
        // Behind the schema, and before the last commit.
        let at = dice.between(bytes.len() as u64 / 3, bytes.len() as u64 * 2 / 3) as usize;
        bytes[at] ^= 1 << dice.below(8);
        fs::write(&log, bytes).expect("a file can be written");
        server.restart().await;
        let lost = people.n_lost(&server).await;
        assert!(lost > 0, "nothing is lost: the test tested nothing");
        assert!(server.log().contains("the write-ahead log was damaged"), "{}", server.log());
        for reader in &people.readers {
            let (_, joined) = reader.join(&server).await;
            assert_eq!(
                (&joined["recovered"], &joined["reason"]),
                (&json!(false), &json!("epoch")),
                "{joined}"
            );
        }
        assert_works(&server).await;
        assert_one_new_epoch(&mut server).await;
        fault::measured(
            "F23 log",
            &format!("{} acknowledged, {lost} lost, said aloud, a new epoch", people.n_acked()),
        );
    }
}

/// The damage is found once, and not again after the next crash.
async fn assert_one_new_epoch(server: &mut Server) {
    let epoch = epoch(server).await;
    server.kill();
    server.restart().await;
    assert_eq!(self::epoch(server).await, epoch);
}

async fn epoch(server: &Server) -> serde_json::Value {
    e2e::Client::ws(server, "guest").await.join("general").await["epoch"].clone()
}
