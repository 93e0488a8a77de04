//! Whoever gives up waiting, and whatever time has run out: no transaction stays open, and no session is left (P15, P16).

use super::{cluster::Cluster, hall, open, until};
use crate::told::with_nonce;
use roomcast::{
    store::{Range, Store},
    testing::store::{append, send},
};
use roomcast_store::Postgres;
use rustix::process::Signal;
use std::{
    pin::pin,
    task::{Context, Waker},
};

/// The connections of one store.
const N_SESSIONS: usize = 4;

/// Asks, polls so often, and gives up.
fn give_up(answer: impl Future, n_polls: usize) {
    let mut answer = pin!(answer);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..n_polls {
        if answer.as_mut().poll(&mut context).is_ready() {
            return;
        }
        std::thread::yield_now();
    }
}

/// Waits until what the store has asked is done. Its sessions are never seen waiting in a transaction, and no more are
/// left than it has.
fn is_at_rest(cluster: &Cluster) {
    let sql = "SELECT state FROM pg_stat_activity WHERE application_name = 'roomcast'";
    until(|| {
        let states = cluster.sql("postgres", sql);
        assert!(!states.contains("in transaction"), "{states}");
        let n_busy = states.lines().filter(|state| *state != "idle").count();
        n_busy == 0 && states.lines().count() <= N_SESSIONS
    });
}

async fn works(store: &Postgres, nonce: &str) {
    while append(store, vec![with_nonce("hall", nonce)]).await[0].is_err()
        || store.head(hall()).await.is_err()
    {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn answers_that_nobody_waits_for_leave_no_transaction() {
    let cluster = Cluster::start();
    let store = open(&cluster.database());
    for n in 0..50 {
        give_up(send(&store, vec![with_nonce("hall", &n.to_string())]), n);
        give_up(store.head(hall()), n);
        give_up(store.page(hall(), Range::Newest, 50), n);
        give_up(store.rooms(None, 10), n);
    }
    works(&store, "last").await;
    is_at_rest(&cluster);
    assert_eq!(store.head(hall()).await.unwrap().seq, 51, "what was sent was written all the same");
}

/// Time runs out in the midst of commits and questions, at a hundred places.
#[tokio::test]
async fn time_that_runs_out_leaves_no_transaction() {
    let cluster = Cluster::start();
    let store = open(&cluster.database());
    for round in 0..2 {
        let sent: Vec<_> = (0..50)
            .map(|n| (send(&store, vec![with_nonce("hall", &format!("{round}-{n}"))]), store.head(hall())))
            .collect();
        cluster.signal(Signal::STOP);
        for (message, question) in sent {
            // Answered before it stood still, or refused when the time was up.
            let _ = (message.await, question.await);
        }
        cluster.signal(Signal::CONT);
        works(&store, &format!("last-{round}")).await;
        is_at_rest(&cluster);
    }
}
