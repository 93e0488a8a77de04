//! I1, I2 and I3 while the database crashes under load (F1, F4).

use super::{cluster::Cluster, open};
use crate::told::{Told, content, with_nonce};
use roomcast::{
    store::Append,
    testing::store::{Dice, append},
};
use roomcast_store::Postgres;
use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, task::JoinSet};

const ROUNDS: u64 = 4;
const ROOMS: u64 = 6;
/// Clients that wait for their answer and repeat what was not acknowledged.
const CLIENTS: u64 = 24;

/// Sends messages, each until it is acknowledged, until told to stop.
async fn client(store: Arc<Postgres>, name: String, stop: watch::Receiver<bool>) -> Told {
    let (mut told, mut dice) = (Told::default(), Dice::from_environment());
    for n in 0.. {
        if *stop.borrow() {
            break;
        }
        let room = format!("room-{}", dice.below(ROOMS));
        let batch: Vec<Append> = (0..3).map(|i| with_nonce(&room, &format!("{name}.{n}.{i}"))).collect();
        until_acknowledged(&store, &batch, &mut told).await;
    }
    told
}

/// Repeats until everything is acknowledged.
async fn until_acknowledged(store: &Postgres, batch: &[Append], told: &mut Told) {
    loop {
        let results = append(store, batch.to_vec()).await;
        for (message, result) in batch.iter().zip(&results) {
            if let Ok(appended) = result {
                told.note(message.room.as_str(), content(message), appended.seq);
            }
        }
        if results.iter().all(Result::is_ok) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_and_nothing_is_there_twice() {
    let mut cluster = Cluster::start();
    let store = Arc::new(open(&cluster.database()));
    let mut dice = Dice::from_environment();
    let mut told = Told::default();
    for round in 0..ROUNDS {
        let (stop_tx, stop) = watch::channel(false);
        let mut clients = JoinSet::new();
        for n in 0..CLIENTS {
            clients.spawn(client(Arc::clone(&store), format!("{round}.{n}"), stop.clone()));
        }
        tokio::time::sleep(Duration::from_millis(200 + dice.below(600))).await;
        let crash = [Cluster::kill, Cluster::stop_immediately][round as usize % 2];
        crash(&mut cluster);
        tokio::time::sleep(Duration::from_millis(dice.below(500))).await;
        cluster.start_again();
        tokio::time::sleep(Duration::from_millis(300)).await;
        stop_tx.send(true).unwrap();
        clients.join_all().await.into_iter().for_each(|client| told.merge(client));
        eprintln!("round {round}: {} acknowledged so far", told.len());
        assert_eq!(told.is_kept_by(&*store).await, told.len(), "all that is there was acknowledged");
        told.is_found_by_nonce(&*store).await;
    }
    assert!(told.len() > 500, "the clients did something");
}
