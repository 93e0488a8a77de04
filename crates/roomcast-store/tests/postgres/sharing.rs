//! Several servers on one database: I2 and I3 without a word between them (F19).

use super::{cluster::Cluster, hall, name, open, until};
use crate::told::{Told, content, with_nonce};
use roomcast::{
    store::{Append, AppendError, Appended, Range, Store},
    testing::store::{self, Dice, append, message, whole_room},
};
use roomcast_store::Postgres;
use std::collections::HashMap;
use tokio::task::JoinSet;

const ROOMS: u64 = 20;
const ROUNDS: usize = 100;

/// Batches over the same rooms in other orders, with messages that the other servers send, too.
fn batch(dice: &mut Dice, server: usize, round: usize) -> Vec<Append> {
    (0..=dice.below(40))
        .map(|n| {
            let room = format!("room-{}", dice.below(ROOMS));
            match dice.below(3) {
                0 => with_nonce(&room, &format!("shared-{round}-{}", dice.below(8))),
                _ => with_nonce(&room, &format!("{server}-{round}-{n}")),
            }
        })
        .collect()
}

/// Sends batch after batch, so that there are many small commits.
async fn write(store: &Postgres, server: usize) -> Told {
    let (mut dice, mut told) = (Dice::from_environment(), Told::default());
    for round in 0..ROUNDS {
        let batch = batch(&mut dice, server, round);
        for (message, result) in batch.iter().zip(append(store, batch.clone()).await) {
            told.note(message.room.as_str(), content(message), result.unwrap().seq);
        }
    }
    told
}

#[tokio::test]
async fn several_servers_give_one_order_to_each_room() {
    let cluster = Cluster::start();
    let address = cluster.database();
    // Whatever the database has as its default, a batch must see what was committed while it waited.
    let default =
        format!("ALTER DATABASE {} SET default_transaction_isolation = 'serializable'", name(&address));
    cluster.sql(&address, &default);
    let servers = [(); 4].map(|()| open(&address));
    let [a, b, c, d] = &servers;
    let all = tokio::join!(write(a, 1), write(b, 2), write(c, 3), write(d, 4));
    let mut told = all.0;
    [all.1, all.2, all.3].into_iter().for_each(|other| told.merge(other));
    for server in &servers {
        assert_eq!(told.is_kept_by(server).await, told.len(), "all servers read what all servers were told");
        server.close().await.unwrap();
    }
    // A connection tells its counts when it has ended.
    let connected = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'roomcast'";
    until(|| cluster.sql(&address, connected) == "0");
    let undone = "SELECT deadlocks, xact_rollback FROM pg_stat_database WHERE datname = current_database()";
    assert_eq!(cluster.sql(&address, undone), "0|0", "each waits for the other, in one order of rooms (P5)");
}

/// Commits take their time, each another: whoever comes later waits for whoever came before, so that no reader sees a
/// number before the one that precedes it (P1).
#[tokio::test]
async fn numbers_become_visible_in_their_order() {
    const EACH: u64 = 20;
    let cluster = Cluster::start();
    let address = cluster.database();
    let (one, other) = (open(&address), open(&address));
    append(&one, vec![message("hall", "ann", "first")]).await[0].unwrap();
    cluster.at_commit(&address, "PERFORM pg_sleep(random() * 0.05); RETURN NULL");
    let reading = sees_every_number(&other, 1 + 2 * EACH);
    let (own, others, ()) = tokio::join!(say(&one, EACH), say(&other, EACH), reading);
    let mut seqs = [own, others].concat();
    seqs.sort_unstable();
    assert!(seqs.into_iter().eq(2..=1 + 2 * EACH), "two writers, one row of numbers");
    let sequence = "SELECT pg_get_serial_sequence('roomcast.messages', 'seq') IS NULL";
    assert_eq!(cluster.sql(&address, sequence), "t", "a sequence would burn numbers");
}

/// One commit after another.
async fn say(store: &Postgres, n: u64) -> Vec<u64> {
    let mut seqs = Vec::new();
    for _ in 0..n {
        seqs.push(append(store, vec![message("hall", "ann", "hello")]).await[0].unwrap().seq);
    }
    seqs
}

/// Reads what is new, again and again, as a server does that shows it.
async fn sees_every_number(store: &Postgres, last: u64) {
    let mut cursor = 0;
    while cursor < last {
        for record in store.page(hall(), Range::After(cursor), 100).await.unwrap().messages {
            assert_eq!(record.seq, cursor + 1, "a number was not there when a later one was");
            cursor = record.seq;
        }
    }
}

const SERVERS: usize = 16;
const NONCES: usize = 50;

/// What one of many is told who all send the same, each nonce by itself, also into rooms that are not there yet.
async fn send_all(store: Postgres) -> Vec<Appended> {
    let mut told = Vec::new();
    for n in 0..NONCES {
        told.push(append(&store, vec![with_nonce(&room(n), &n.to_string())]).await[0].unwrap());
    }
    told
}

fn room(nonce: usize) -> String {
    format!("room-{}", nonce / 10)
}

/// P2 and P3.
#[tokio::test(flavor = "multi_thread")]
async fn sixteen_servers_race_for_rooms_and_nonces() {
    let cluster = Cluster::start();
    let address = cluster.database();
    let servers: Vec<Postgres> = (0..SERVERS).map(|_| open(&address)).collect();
    let racing: JoinSet<_> = servers.into_iter().map(send_all).collect();
    let told = racing.join_all().await;
    let mut heads: HashMap<String, u64> = HashMap::new();
    for n in 0..NONCES {
        let answers: Vec<Appended> = told.iter().map(|told| told[n]).collect();
        assert_eq!(answers.iter().filter(|answer| !answer.repeated).count(), 1, "nonce {n} has one first");
        let same = |answer: &Appended| (answer.seq, answer.at_ms) == (answers[0].seq, answers[0].at_ms);
        assert!(answers.iter().all(same), "nonce {n} has one number and time: {answers:?}");
        *heads.entry(room(n)).or_default() += 1;
    }
    let store = open(&address);
    for (room, head) in heads {
        assert_eq!(whole_room(&store, &room).await.len() as u64, head);
    }
}

#[tokio::test]
async fn a_nonce_that_another_server_used_conflicts_here() {
    let cluster = Cluster::start();
    let address = cluster.database();
    let (one, other) = (open(&address), open(&address));
    append(&one, vec![with_nonce("hall", "n")]).await[0].unwrap();
    let same = append(&other, vec![with_nonce("hall", "n")]).await[0].unwrap();
    assert_eq!((same.seq, same.repeated), (1, true));
    let conflict = store::with_nonce("n", message("hall", "ann", "something else"));
    assert_eq!(append(&other, vec![conflict]).await, [Err(AppendError::NonceConflict)]);
    assert_eq!(append(&other, vec![message("hall", "ann", "next")]).await[0].unwrap().seq, 2);
}

/// A batch is not lost because another transaction was in its way.
#[tokio::test]
async fn a_transaction_that_lost_is_tried_again() {
    let cluster = Cluster::start();
    let address = cluster.database();
    let store = open(&address);
    cluster.sql(&address, "CREATE SEQUENCE roomcast.tries; GRANT ALL ON roomcast.tries TO roomcast");
    cluster.at_commit(
        &address,
        "IF nextval('roomcast.tries') % 3 <> 0 THEN RAISE SQLSTATE '40001'; END IF; RETURN NULL",
    );
    for n in 1..=3 {
        assert_eq!(append(&store, vec![message("hall", "ann", "hello")]).await[0].unwrap().seq, n);
    }
    assert_eq!(whole_room(&store, "hall").await.len(), 3);
}
