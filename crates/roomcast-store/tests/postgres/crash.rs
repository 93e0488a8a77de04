//! I1, I2 and I3 over kill -9 of the database under load (F1, F4).

use super::{cluster::Cluster, open, whole_room, with_nonce};
use roomcast::{
    store::Append,
    testing::store::{Dice, append, send},
};
use roomcast_store::Postgres;
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::Duration,
};
use tokio::task::JoinSet;

const ROUNDS: u64 = 4;
const ROOMS: u64 = 6;
/// Clients that wait for their answer and repeat what was not acknowledged.
const CLIENTS: u64 = 24;

type Acknowledged = BTreeMap<(String, String), u64>;

/// Sends messages, each until it is acknowledged, until told to stop.
async fn client(
    store: Arc<Postgres>,
    name: String,
    stop: tokio::sync::watch::Receiver<bool>,
) -> Acknowledged {
    let (mut acknowledged, mut dice) = (Acknowledged::new(), Dice::from_environment());
    for n in 0.. {
        if *stop.borrow() {
            break;
        }
        let room = format!("room-{}", dice.below(ROOMS));
        let batch: Vec<Append> = (0..3).map(|i| with_nonce(&room, &format!("{name}.{n}.{i}"))).collect();
        let results = until_acknowledged(&store, batch.clone()).await;
        for (message, seq) in batch.iter().zip(results) {
            acknowledged.insert((room.clone(), message.content.to_string()), seq);
        }
    }
    acknowledged
}

/// Repeats until everything is acknowledged. A number that was told once stays.
async fn until_acknowledged(store: &Postgres, batch: Vec<Append>) -> Vec<u64> {
    let mut told: Vec<Option<u64>> = vec![None; batch.len()];
    while told.contains(&None) {
        for (told, result) in told.iter_mut().zip(send(store, batch.clone()).await) {
            let seq = result.ok().map(|appended| appended.seq);
            assert!(told.is_none() || seq.is_none() || *told == seq, "two numbers: {told:?} {seq:?}");
            *told = told.or(seq);
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    told.into_iter().flatten().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_and_nothing_is_there_twice() {
    let mut cluster = Cluster::start();
    let store = Arc::new(open(&cluster.database()));
    let mut dice = Dice::from_environment();
    let mut acknowledged = Acknowledged::new();
    for round in 0..ROUNDS {
        let (stop_tx, stop) = tokio::sync::watch::channel(false);
        let mut clients = JoinSet::new();
        for n in 0..CLIENTS {
            clients.spawn(client(Arc::clone(&store), format!("{round}.{n}"), stop.clone()));
        }
        tokio::time::sleep(Duration::from_millis(200 + dice.below(600))).await;
        cluster.kill();
        tokio::time::sleep(Duration::from_millis(dice.below(500))).await;
        cluster.start_again();
        tokio::time::sleep(Duration::from_millis(300)).await;
        stop_tx.send(true).unwrap();
        acknowledged.extend(clients.join_all().await.into_iter().flatten());
        eprintln!("round {round}: {} acknowledged so far", acknowledged.len());
        check(&store, &acknowledged).await;
    }
    assert!(acknowledged.len() > 500, "the clients did something");
}

async fn check(store: &Postgres, acknowledged: &Acknowledged) {
    let mut n_there = 0;
    for room in (0..ROOMS).map(|n| format!("room-{n}")) {
        let records = whole_room(store, &room).await;
        let nonces: HashSet<_> = records.iter().map(|record| record.nonce.clone().unwrap()).collect();
        assert_eq!(nonces.len(), records.len(), "each nonce is there once");
        for record in &records {
            let key = (room.clone(), record.content.to_string());
            assert_eq!(acknowledged.get(&key), Some(&record.seq), "{key:?} was acknowledged as it is there");
        }
        n_there += records.len();
    }
    assert_eq!(n_there, acknowledged.len(), "all that was acknowledged is there");
    for ((room, nonce), seq) in acknowledged.iter().take(10) {
        let again = append(store, vec![with_nonce(room, nonce)]).await[0].unwrap();
        assert_eq!((again.seq, again.repeated), (*seq, true), "a repeat finds the first message");
    }
}
