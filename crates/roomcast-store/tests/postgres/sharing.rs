//! Several servers on one database: I2 and I3 without a word between them (F19).

use super::{cluster::Cluster, open, whole_room, with_nonce};
use roomcast::{
    store::{Append, AppendError, Store},
    testing::store::{Dice, append, message},
};
use roomcast_store::Postgres;
use std::collections::HashMap;

const ROOMS: u64 = 12;
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

type Numbers = HashMap<(String, String), u64>;

/// Sends batch after batch, so that there are many small commits, and gives each nonce's number.
async fn write(store: &Postgres, server: usize) -> Numbers {
    let mut dice = Dice::from_environment();
    let mut numbers = Numbers::new();
    for round in 0..ROUNDS {
        let batch = batch(&mut dice, server, round);
        for (message, result) in batch.iter().zip(append(store, batch.clone()).await) {
            let key = (message.room.to_string(), message.content.to_string());
            let seq = result.unwrap().seq;
            assert_eq!(*numbers.entry(key).or_insert(seq), seq, "a nonce has one number");
        }
    }
    numbers
}

#[tokio::test]
async fn several_servers_give_one_order_to_each_room() {
    let cluster = Cluster::start();
    let address = cluster.database();
    // Whatever the database has as its default, a batch must see what was committed while it waited.
    let name = address.rsplit('/').next().unwrap();
    let default = format!("ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'");
    cluster.sql(&address, &default);
    let servers = [(); 4].map(|()| open(&address));
    let [a, b, c, d] = &servers;
    let told = tokio::join!(write(a, 1), write(b, 2), write(c, 3), write(d, 4));
    let numbers = in_agreement([told.0, told.1, told.2, told.3]);
    check(&servers, &numbers).await;
    for server in &servers {
        server.close().await.unwrap();
    }
    // A connection tells its counts when it has ended.
    let connected = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'roomcast'";
    while cluster.sql(&address, connected) != "0" {}
    let undone = "SELECT deadlocks, xact_rollback FROM pg_stat_database WHERE datname = current_database()";
    assert_eq!(cluster.sql(&address, undone), "0|0", "each waits for the other, in one order of rooms");
}

/// What all servers together were told.
fn in_agreement(told: [Numbers; 4]) -> Numbers {
    let mut numbers = Numbers::new();
    for (key, seq) in told.into_iter().flatten() {
        let first = *numbers.entry(key).or_insert(seq);
        assert_eq!(first, seq, "all servers were told the same number");
    }
    numbers
}

async fn check(servers: &[Postgres; 4], numbers: &Numbers) {
    let mut n_read = 0;
    for room in (0..ROOMS).map(|n| format!("room-{n}")) {
        let records = whole_room(&servers[0], &room).await;
        assert_eq!(records, whole_room(&servers[3], &room).await, "all servers read the same");
        n_read += records.len();
        for record in records {
            assert_eq!(numbers[&(room.clone(), record.content.to_string())], record.seq);
        }
    }
    assert_eq!(n_read, numbers.len(), "each nonce is there once");
}

#[tokio::test]
async fn a_nonce_that_another_server_used_conflicts_here() {
    let cluster = Cluster::start();
    let address = cluster.database();
    let (one, other) = (open(&address), open(&address));
    append(&one, vec![with_nonce("hall", "n")]).await[0].unwrap();
    let same = append(&other, vec![with_nonce("hall", "n")]).await[0].unwrap();
    assert_eq!((same.seq, same.repeated), (1, true));
    let conflict = Append { nonce: Some("n".into()), ..message("hall", "ann", "something else") };
    assert_eq!(append(&other, vec![conflict]).await, [Err(AppendError::NonceConflict)]);
    assert_eq!(append(&other, vec![message("hall", "ann", "next")]).await[0].unwrap().seq, 2);
}

/// A batch is not lost because another transaction was in its way.
#[tokio::test]
async fn a_transaction_that_lost_is_tried_again() {
    let cluster = Cluster::start();
    let address = cluster.database();
    let store = open(&address);
    cluster.sql(
        &address,
        "CREATE SEQUENCE roomcast.tries; GRANT ALL ON roomcast.tries TO roomcast;
         CREATE FUNCTION roomcast.lose() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN
             IF nextval('roomcast.tries') % 3 <> 0 THEN RAISE SQLSTATE '40001'; END IF;
             RETURN NULL;
         END $$;
         CREATE TRIGGER lose AFTER INSERT ON roomcast.messages EXECUTE FUNCTION roomcast.lose()",
    );
    for n in 1..=3 {
        assert_eq!(append(&store, vec![message("hall", "ann", "hello")]).await[0].unwrap().seq, n);
    }
    assert_eq!(whole_room(&store, "hall").await.len(), 3);
}
