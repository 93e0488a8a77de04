//! The server is gone, or stands still, for some seconds: everything is answered in time, and the store comes back by
//! itself (F4, F9).

use super::{cluster::Cluster, hall, open, until};
use crate::told::with_nonce;
use roomcast::{
    store::{AppendError, Store, StoreError},
    testing::store::{append, send, whole_room},
};
use roomcast_store::{Postgres, READER_QUEUE};
use rustix::process::Signal;
use std::time::{Duration, Instant};
use tokio::{task::JoinSet, time::timeout};

/// What the contract allows.
const LIMIT: Duration = Duration::from_secs(5);

/// Threads that read.
const N_READERS: usize = 3;
/// Questions at once, so many that every reader has some.
const QUESTIONS: usize = 12;

/// Sends without end, without waiting, for a time, and sees that everything is answered in time and refused.
async fn is_refused_in_time(store: &Postgres, time: Duration) {
    let (start, mut sent) = (Instant::now(), JoinSet::new());
    for n in 0.. {
        if start.elapsed() > time {
            break;
        }
        let batch = vec![with_nonce("hall", &format!("lost-{n}"))];
        sent.spawn(timed(send(store, batch)));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let questions: Vec<_> = (0..QUESTIONS).map(|_| timed(store.head(hall()))).collect();
    for question in questions {
        let (answer, took) = question.await;
        assert!(answer.is_err() && took < LIMIT, "a question was answered after {took:?}");
    }
    for (results, took) in sent.join_all().await {
        assert_eq!(results, [Err(AppendError::Unavailable)]);
        assert!(took < LIMIT, "a message was answered after {took:?}");
    }
}

/// A client that comes late does not wait its own whole time for a server that has not answered others.
async fn those_who_wait_are_refused_with_the_first(store: &Postgres) {
    let first = send(store, vec![with_nonce("hall", "first")]);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (answer, took) = timed(append(store, vec![with_nonce("hall", "second")])).await;
    assert_eq!(
        (first.await, answer),
        (vec![Err(AppendError::Unavailable)], vec![Err(AppendError::Unavailable)])
    );
    assert!(took < Duration::from_secs(3), "refused only after {took:?}");
}

async fn timed<T>(answer: impl Future<Output = T>) -> (T, Duration) {
    let start = Instant::now();
    let answer = timeout(2 * LIMIT, answer).await.expect("no answer at all");
    (answer, start.elapsed())
}

/// Waits until it works again, asking as clients do.
async fn comes_back(store: &Postgres) {
    let start = Instant::now();
    while append(store, vec![with_nonce("hall", "back")]).await[0].is_err()
        || store.head(hall()).await.is_err()
    {
        assert!(start.elapsed() < LIMIT, "the store did not come back by itself");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_gone() {
    let mut cluster = Cluster::start();
    let store = open(&cluster.database());
    append(&store, vec![with_nonce("hall", "before")]).await[0].unwrap();
    cluster.kill();
    is_refused_in_time(&store, Duration::from_secs(3)).await;
    cluster.start_again();
    comes_back(&store).await;
    let contents = whole_room(&store, "hall").await.into_iter().map(|record| record.content.to_string());
    assert!(contents.eq(["before", "back"]), "nothing that was refused is there");
}

/// The worst kind: connections are taken and nothing is answered.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stands_still() {
    let cluster = Cluster::start();
    let address = cluster.database();
    let store = open(&address);
    append(&store, vec![with_nonce("hall", "before")]).await[0].unwrap();
    let questions: Vec<_> = (0..QUESTIONS).map(|_| store.head(hall())).collect();
    for question in questions {
        question.await.unwrap();
    }
    cluster.signal(Signal::STOP);
    those_who_wait_are_refused_with_the_first(&store).await;
    is_refused_in_time(&store, Duration::from_secs(6)).await;
    cluster.signal(Signal::CONT);
    comes_back(&store).await;
    // What stood still may have been committed since; each at most once.
    let records = whole_room(&store, "hall").await;
    let mut contents: Vec<_> = records.iter().map(|record| record.content.clone()).collect();
    contents.sort_unstable();
    contents.dedup();
    assert_eq!(contents.len(), records.len());
}

/// Every reader is at one question and the queue is full: the next is refused at once.
#[tokio::test]
async fn so_many_questions_wait_for_the_readers_and_not_one_more() {
    const BEYOND: usize = 20;
    let cluster = Cluster::start();
    let store = open(&cluster.database());
    cluster.signal(Signal::STOP);
    let questions: Vec<_> = (0..READER_QUEUE + BEYOND).map(|_| store.head(hall())).collect();
    let mut n_refused = 0;
    for question in questions {
        n_refused += usize::from(matches!(question.await.unwrap_err(), StoreError::Overloaded));
    }
    assert!((BEYOND - N_READERS..=BEYOND).contains(&n_refused), "{n_refused} were refused");
    cluster.signal(Signal::CONT);
    comes_back(&store).await;
}

/// In a quiet hour a restart costs nobody a message.
#[tokio::test]
async fn a_restart_that_nobody_noticed() {
    let mut cluster = Cluster::start();
    let store = open(&cluster.database());
    append(&store, vec![with_nonce("hall", "before")]).await[0].unwrap();
    store.head(hall()).await.unwrap();
    cluster.kill();
    cluster.start_again();
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(append(&store, vec![with_nonce("hall", "after")]).await[0].unwrap().seq, 2);
    store.head(hall()).await.unwrap();
    cluster.kill();
    cluster.start_again();
    // At once: a question is put again, which a message must not be.
    store.head(hall()).await.unwrap();
}

/// Somebody else holds the room: the server gives up before we do, and the others are not harmed for longer.
#[tokio::test]
async fn a_room_that_somebody_holds() {
    let cluster = Cluster::start();
    let address = cluster.database();
    let store = open(&address);
    append(&store, vec![with_nonce("hall", "before")]).await[0].unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            cluster.sql(&address, "BEGIN; SELECT FROM roomcast.rooms FOR UPDATE; SELECT pg_sleep(6)")
        });
        until(|| cluster.is_asleep());
        let held = timed(send(&store, vec![with_nonce("hall", "held")]));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let (answer, took) = scope.spawn(move || runtime.block_on(held)).join().unwrap();
        assert_eq!(answer, [Err(AppendError::Unavailable)]);
        assert!(took < LIMIT);
    });
    assert_eq!(append(&store, vec![with_nonce("hall", "held")]).await[0].unwrap().seq, 2);
}
