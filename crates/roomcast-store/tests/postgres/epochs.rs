//! The epoch is the log's: whoever finds another log there gives it another one, or stays away from it (I12, F21, F22).

use super::{cluster::Cluster, hall, name, open, proxy::Proxy};
use roomcast::{
    store::{AppendError, Store},
    testing::store::{append, message},
};
use roomcast_store::postgres::{Address, OpenError, Postgres};
use std::time::Duration;

async fn say(store: &Postgres, content: &str) -> u64 {
    append(store, vec![message("hall", "ann", content)]).await[0].unwrap().seq
}

/// Whoever was there before does not number under the old name, however often it tries.
async fn stays_away(store: &Postgres) {
    for _ in 0..3 {
        let refused = append(store, vec![message("hall", "ann", "under the old name")]).await;
        assert_eq!(refused, [Err(AppendError::Unavailable)]);
        store.head(hall()).await.unwrap_err();
        // Longer than it waits before it connects again.
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    let error = store.head(hall()).await.unwrap_err();
    assert!(error.to_string().contains("restart the server"), "{error}");
}

#[tokio::test]
async fn the_same_log_keeps_it() {
    let mut cluster = Cluster::start();
    let address = cluster.database();
    let first = open(&address);
    assert!(first.is_new() && say(&first, "one").await == 1);
    first.close().await.unwrap();
    cluster.kill();
    cluster.start_again();
    let second = open(&address);
    assert!(!second.is_new() && say(&second, "two").await == 2);
    assert_eq!(second.head(hall()).await.unwrap().epoch, first.epoch());
}

#[tokio::test]
async fn a_restored_dump_is_another_log() {
    let cluster = Cluster::start();
    let address = cluster.database();
    let first = open(&address);
    say(&first, "one").await;
    cluster.tool("pg_dump", &["-Fc", "-f", "dump", name(&address)]);
    say(&first, "two, which the dump does not have").await;
    cluster.sql("postgres", &format!("DROP DATABASE {} WITH (FORCE)", name(&address)));
    cluster.sql("postgres", &format!("CREATE DATABASE {} OWNER roomcast", name(&address)));
    cluster.tool("pg_restore", &["-d", name(&address), "dump"]);
    stays_away(&first).await;
    let second = open(&address);
    assert_ne!(second.epoch(), first.epoch());
    assert_eq!(say(&second, "another two").await, 2);
    stays_away(&first).await;
}

/// The tables of such a copy have the numbers of the first ones.
#[tokio::test]
async fn a_copied_database_is_another_log() {
    let cluster = Cluster::start();
    let address = cluster.database();
    let first = open(&address);
    say(&first, "one").await;
    first.close().await.unwrap();
    cluster.sql("postgres", &format!("CREATE DATABASE kept TEMPLATE {} OWNER roomcast", name(&address)));
    let second = open(&cluster.address("roomcast", "kept"));
    assert_ne!(second.epoch(), first.epoch());
    assert_eq!(say(&second, "two").await, 2);
}

/// The standby was behind: what is acknowledged and not there is lost, and its number is taken by another message.
#[tokio::test]
async fn a_promoted_standby_is_another_log() {
    let mut primary = Cluster::start();
    let direct = primary.database();
    let proxy = Proxy::to(primary.port());
    let address = proxy.address(&direct);
    let first = open(&address);
    assert_eq!(say(&first, "one").await, 1);
    let mut standby = primary.standby();
    assert_eq!(say(&first, "two, which the standby does not have").await, 2);
    primary.kill();
    standby.start_again();
    proxy.lead_to(standby.port());
    let refused = Postgres::open(Address::parse(&address).unwrap()).unwrap_err();
    assert!(matches!(refused, OpenError::Standby { .. }), "{refused:?}");
    first.head(hall()).await.unwrap_err();
    standby.sql("postgres", "SELECT pg_promote()");
    stays_away(&first).await;
    let second = open(&address);
    assert_ne!(second.epoch(), first.epoch());
    assert_eq!(say(&second, "another two").await, 2);
}
