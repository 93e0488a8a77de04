//! F1, at chosen points: the server is killed as it enters a system call, the only places where its death makes a
//! difference to anybody.
//!
//! | point | system call |
//! |---|---|
//! | before the commit | `pwrite64`: some of the commit's pages are in the log, or all but the last |
//! | in the commit | `fsync`: all pages are written, nothing is synced |
//! | after the commit, before the ack; after one ack, before the next; before and after the others hear of it | `sendto`, `writev` |
//! | in a migration | every `pwrite64` and `fsync` of the first start, in turn |
//! | in the drain | the sends of the goodbyes, the system calls of the store's closing |

use std::time::Duration;

use e2e::fault::{
    self,
    dice::Dice,
    strace::{self, Strace},
};
use e2e::{Client, Server};
use tokio::time::sleep;

use super::{NO_LIMIT, assert_works, can_trace, people, serve_again};

/// Where, and up to which call from the moment of the attachment on (each thread counts for itself).
const POINTS: &[(&str, u64)] = &[("pwrite64", 60), ("fsync,fdatasync", 20), ("sendto,writev", 200)];

#[tokio::test]
async fn f1_what_was_acked_survives_a_crash_at_each_point_of_a_messages_way() {
    if !can_trace("F1 crash points") {
        return;
    }
    let mut dice = Dice::throw("f1 crash points");
    let mut server = Server::start_with(&[NO_LIMIT]).await;
    let mut people = people();
    for round in 0..fault::size(2, 20) {
        for (calls, most) in POINTS {
            let when = if round == 0 { 1 } else { dice.between(1, *most) };
            let visit = people.enter(&server).await;
            let strace = Strace::attach(&server, &[&format!("{calls}:signal=KILL:when={when}")]).await;
            people = visit.gone().await;
            drop(strace);
            server.ended().await;
            serve_again(&mut server).await;
            people = people.settle(&server).await;
        }
    }
    people.check(&server).await;
    fault::measured("F1 crash points", &format!("{} acknowledged, 0 lost", people.n_acked()));
}

/// Every place where the first start, which makes the schema, can be cut off.
#[tokio::test]
async fn f1_a_start_that_is_cut_off_in_its_migration_is_made_up_for_by_the_next() {
    if !can_trace("F1 migration") {
        return;
    }
    let step = fault::size(4, 1);
    for call in ["pwrite64", "fsync,fdatasync"] {
        let mut cut_off = 0;
        for when in (1..).step_by(step) {
            let mut server = Server::stopped(&[]);
            server.under(strace::prefix(&[&format!("{call}:signal=KILL:when={when}")]));
            server.spawn();
            if server.is_up_or_gone().await {
                break;
            }
            cut_off += 1;
            server.under::<String>([]);
            server.restart().await;
            assert_works(&server).await;
        }
        assert!(cut_off > 0, "no start was cut off at {call}: the test tested nothing");
        fault::measured(
            "F1 migration",
            &format!("cut off at {cut_off} calls of {call}, each start after it works"),
        );
    }
}

/// Where the end is cut off: in the goodbyes, and while the store is closed, which moves its log into the database,
/// marks the run as clean and takes the log away.
const ENDS: &[&str] = &[
    "sendto,writev:signal=KILL:when=5",
    "pwrite64:signal=KILL:when=1",
    "pwrite64:signal=KILL:when=3",
    "fsync,fdatasync:signal=KILL:when=1",
    "fsync,fdatasync:signal=KILL:when=2",
    "unlink:signal=KILL",
];

#[tokio::test]
async fn f1_an_end_that_is_cut_off_loses_nothing() {
    if !can_trace("F1 drain") {
        return;
    }
    let mut server = Server::start_with(&[NO_LIMIT]).await;
    let mut people = people();
    for end in ENDS {
        let visit = people.enter(&server).await;
        sleep(Duration::from_millis(100)).await;
        people = visit.finish().await;
        let mut idle = Vec::new();
        for number in 0..20 {
            idle.push(Client::chat(&server, "idle", &format!("idle{number}")).await);
        }
        let strace = Strace::attach(&server, &[end]).await;
        server.terminate();
        let (status, _) = server.ended().await;
        drop(strace);
        assert_eq!(status.code(), None, "killed at {end}, and not ended by itself");
        serve_again(&mut server).await;
        people = people.settle(&server).await;
    }
    people.check(&server).await;
    fault::measured(
        "F1 drain",
        &format!("{} ends cut off, {} acknowledged, 0 lost", ENDS.len(), people.n_acked()),
    );
}
