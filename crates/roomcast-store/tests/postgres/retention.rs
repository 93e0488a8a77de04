//! Retention where several servers share a database: no message is forgotten twice, told twice, or missed by a reader.

use super::{cluster::Cluster, hall, open, until};
use roomcast::{
    store::{Forgotten, Range, Retention, Store},
    testing::store::{append, message, whole_room},
};
use roomcast_store::Postgres;
use std::{collections::HashMap, num::NonZeroU64, thread};

const ROOMS: u64 = 8;
const EACH: u64 = 500;
const KEPT: u64 = 20;

fn keep(messages: u64) -> Retention {
    Retention { max_messages: NonZeroU64::new(messages), ..Retention::default() }
}

async fn fill(store: &Postgres, room: &str, n: u64) {
    append(store, vec![message(room, "ann", "x"); usize::try_from(n).unwrap()]).await;
}

/// Goes through all rooms, from wherever it is.
async fn sweep(store: &Postgres) -> Vec<Forgotten> {
    let (mut from, mut steps) = (None, Vec::new());
    loop {
        let swept = store.retain(keep(KEPT), 0, from).await.unwrap();
        steps.extend(swept.forgotten);
        from = swept.next;
        if from.is_none() {
            return steps;
        }
    }
}

/// Writes on meanwhile, into all rooms.
async fn write(store: &Postgres) {
    for n in 0..40 {
        let batch = (0..ROOMS).map(|room| message(&format!("room-{room}"), "bob", &n.to_string())).collect();
        assert!(append(store, batch).await.iter().all(Result::is_ok));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_sweep_at_once_forget_each_message_once() {
    let cluster = Cluster::start();
    let address = cluster.database();
    let servers = [(); 4].map(|()| open(&address));
    for room in 0..ROOMS {
        fill(&servers[0], &format!("room-{room}"), EACH).await;
    }
    let [a, b, c, d] = &servers;
    let (one, other, third, ()) = tokio::join!(sweep(a), sweep(b), sweep(c), write(d));
    let last = sweep(a).await;
    let mut floors: HashMap<String, (u64, u64)> = HashMap::new();
    for Forgotten { room, floor, messages } in [one, other, third, last].into_iter().flatten() {
        let (highest, total) = floors.entry(room.as_str().to_owned()).or_default();
        *highest = floor.max(*highest);
        *total += messages;
    }
    assert_eq!(floors.len() as u64, ROOMS);
    for (room, (floor, total)) in floors {
        assert_eq!(floor, EACH + 40 - KEPT, "{room} keeps what it should");
        assert_eq!(total, floor, "{room}: what each server says it has forgotten adds up");
        let seqs: Vec<u64> = whole_room(d, &room).await.iter().map(|record| record.seq).collect();
        assert!(seqs.into_iter().eq(floor + 1..=EACH + 40), "{room} has no hole");
    }
    for server in &servers {
        server.close().await.unwrap();
    }
    // A connection tells its counts when it has ended.
    let connected = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'roomcast'";
    until(|| cluster.sql(&address, connected) == "0");
    let undone = "SELECT deadlocks, xact_rollback FROM pg_stat_database WHERE datname = current_database()";
    assert_eq!(cluster.sql(&address, undone), "0|0");
}

/// Holds up whoever reads messages, until somebody does, and then has this done.
const IN_BETWEEN: &str = "BEGIN;
    LOCK TABLE roomcast.messages;
    DO $$ BEGIN
        FOR i IN 1..1000 LOOP
            PERFORM pg_sleep(0.002);
            EXIT WHEN EXISTS (SELECT FROM pg_locks WHERE NOT granted);
        END LOOP;
    END $$;";

/// A reader has seen the floor, and is about to read what lies above it.
async fn page_while(meanwhile: &str) -> Result<Vec<u64>, String> {
    let cluster = Cluster::start();
    let address = cluster.database();
    let store = open(&address);
    fill(&store, "hall", 10).await;
    // The reader has its connection and its plans.
    store.page(hall(), Range::After(0), 5).await.unwrap();
    let sql = format!("{IN_BETWEEN} {meanwhile}; COMMIT");
    let page = thread::scope(|scope| {
        let holding = scope.spawn(|| cluster.sql(&address, &sql));
        let holds = "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted
                     AND relation = 'roomcast.messages'::regclass";
        until(|| cluster.sql(&address, holds) == "1");
        let page = store.page(hall(), Range::After(0), 5);
        holding.join().unwrap();
        page
    });
    let page = page.await.map_err(|error| error.to_string())?;
    Ok(page.messages.iter().map(|record| record.seq).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_retention_overtook_begins_above_the_new_floor() {
    let forget = "UPDATE roomcast.rooms SET floor = 3; DELETE FROM roomcast.messages WHERE seq <= 3";
    assert_eq!(page_while(forget).await, Ok(vec![4, 5, 6, 7, 8]));
}

/// What is missing above the floor is damage, and not the end of the log.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_gone_without_retention_is_damage() {
    let lose = "DELETE FROM roomcast.messages WHERE seq = 3";
    let error = page_while(lose).await.unwrap_err();
    assert!(error.contains("messages of a room are missing"), "{error}");
}

/// It waits for a batch that is being committed, and the batch's numbers go on.
#[tokio::test(flavor = "multi_thread")]
async fn a_step_and_a_batch_take_turns() {
    let cluster = Cluster::start();
    let address = cluster.database();
    let (one, other) = (open(&address), open(&address));
    fill(&one, "hall", 30).await;
    cluster.at_commit(&address, "PERFORM pg_sleep(0.2); RETURN NULL");
    let batch = append(&one, vec![message("hall", "ann", "y")]);
    let step = async {
        until(|| cluster.is_asleep());
        other.retain(keep(KEPT), 0, None).await.unwrap().forgotten
    };
    let (appended, step) = tokio::join!(batch, step);
    assert_eq!(appended[0].unwrap().seq, 31);
    assert_eq!(step.map(|step| step.floor), Some(10), "it looked before the batch was there");
    assert_eq!(other.head(hall()).await.unwrap().floor, 10);
    assert_eq!(sweep(&one).await.len(), 1);
    assert_eq!(whole_room(&one, "hall").await.first().unwrap().seq, 12);
}
