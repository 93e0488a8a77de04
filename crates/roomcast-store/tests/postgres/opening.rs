//! What can be in the way of opening a store, what a second opening finds, and that no message tells a password.

use super::{
    cluster::{Cluster, GUARDED, PASSWORD},
    hall, open,
};
use roomcast::{
    store::Store,
    testing::store::{append, message},
};
use roomcast_store::postgres::{Address, OpenError, Postgres};

fn open_error(address: &str) -> OpenError {
    Postgres::open(Address::parse(address).unwrap()).unwrap_err()
}

/// All that anybody could be shown of an error.
fn texts(error: &OpenError) -> String {
    format!("{error} {error:?} {}", error.help())
}

async fn opened_again(address: &str) -> (Postgres, u64) {
    let store = open(address);
    let seq = append(&store, vec![message("hall", "ann", "hello")]).await[0].unwrap().seq;
    (store, seq)
}

#[tokio::test]
async fn messages_and_epoch_stay() {
    let cluster = Cluster::start();
    let address = cluster.database();
    let (first, seq) = opened_again(&address).await;
    assert!(first.is_new() && seq == 1);
    first.close().await.unwrap();
    let (second, seq) = opened_again(&address).await;
    assert!(!second.is_new() && seq == 2);
    assert_eq!(second.head(hall()).await.unwrap().epoch, first.epoch());
}

#[tokio::test]
async fn another_log_has_another_epoch() {
    let cluster = Cluster::start();
    let address = cluster.database();
    let (first, _) = opened_again(&address).await;
    // As a restored dump leaves it: the same rows in another table.
    cluster.sql(
        &address,
        "ALTER TABLE roomcast.messages RENAME TO old;
        CREATE TABLE roomcast.messages (LIKE roomcast.old INCLUDING ALL);
        ALTER TABLE roomcast.messages OWNER TO roomcast;
        INSERT INTO roomcast.messages SELECT * FROM roomcast.old",
    );
    let (second, seq) = opened_again(&address).await;
    assert_eq!(seq, 2);
    assert_ne!(second.epoch(), first.epoch());
    // Whoever was there before shall not number under the old name: not on a new connection, at least.
    cluster.sql(
        &address,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'roomcast'",
    );
    append(&first, vec![message("hall", "ann", "the connection is gone")]).await[0].unwrap_err();
    append(&first, vec![message("hall", "ann", "and the log is another")]).await[0].unwrap_err();
    first.head(hall()).await.unwrap_err();
}

#[tokio::test]
async fn a_failover_leads_to_another_log() {
    let mut cluster = Cluster::start();
    let address = cluster.database();
    let (first, _) = opened_again(&address).await;
    cluster.fail_over();
    for _ in 0..3 {
        append(&first, vec![message("hall", "ann", "under the old name")]).await[0].unwrap_err();
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    }
    let error = first.head(hall()).await.unwrap_err();
    assert!(error.to_string().contains("restart the server"), "{error}");
    let (second, seq) = opened_again(&address).await;
    assert_eq!(seq, 2, "nothing was written meanwhile");
    assert_ne!(second.epoch(), first.epoch());
}

#[test]
fn a_schema_from_the_future_is_refused_and_left_alone() {
    let cluster = Cluster::start();
    let address = cluster.database();
    drop(open(&address));
    cluster.sql(&address, "INSERT INTO roomcast.schema_version VALUES (99)");
    let error = open_error(&address);
    assert!(matches!(error, OpenError::Newer { found: 99, known: 1, .. }), "{error:?}");
    assert!(texts(&error).contains("run a newer roomcast"));
    assert_eq!(cluster.sql(&address, "SELECT max(version) FROM roomcast.schema_version"), "99");
}

#[test]
fn a_server_that_may_lose_commits_is_refused() {
    let mut cluster = Cluster::start();
    let address = cluster.database();
    cluster.kill();
    cluster.start_with(&["fsync=off"]);
    let error = open_error(&address);
    assert!(matches!(error, OpenError::NotDurable { setting: "fsync=off", .. }), "{error:?}");
    cluster.kill();
    // What the server has as a default is not what our connections have.
    cluster.start_with(&["synchronous_commit=off", "default_transaction_isolation=serializable"]);
    drop(open(&address));
}

#[test]
fn several_that_open_at_once_make_the_tables_once() {
    let cluster = Cluster::start();
    let address = cluster.database();
    let addresses = vec![address; 4].into_iter();
    let threads: Vec<_> = addresses.map(|it| std::thread::spawn(move || open(&it))).collect();
    let stores: Vec<Postgres> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert_eq!(stores.iter().filter(|store| store.is_new()).count(), 1);
    assert!(stores.iter().all(|store| store.epoch() == stores[0].epoch()));
}

#[tokio::test]
async fn no_message_tells_a_password() {
    let cluster = Cluster::start();
    let database = cluster.database();
    let name = database.rsplit('/').next().unwrap();
    let with =
        |password: &str| format!("postgres://{GUARDED}:{password}@127.0.0.1:{}/{name}", cluster.port());
    let error = open_error(&with("wr0ng-horse"));
    assert!(matches!(error, OpenError::Unreachable { .. }), "{error:?}");
    assert!(texts(&error).contains("password authentication failed"), "{error}");
    assert!(!texts(&error).contains("wr0ng"), "{error:?}");

    // It may log in and not make tables.
    let error = open_error(&with(PASSWORD));
    assert!(matches!(error, OpenError::Tables { .. }), "{error:?}");
    assert!(!texts(&error).contains(PASSWORD), "{error:?}");

    cluster.sql(&database, &format!("ALTER DATABASE {name} OWNER TO {GUARDED}"));
    let store = open(&with(PASSWORD));
    append(&store, vec![message("hall", "ann", "hello")]).await[0].unwrap();
    assert!(!format!("{store:?}").contains(PASSWORD));
    drop(cluster);
    let error = store.head(hall()).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains(PASSWORD));
    assert!(!texts(&open_error(&with_port(PASSWORD, 1))).contains(PASSWORD));
}

fn with_port(password: &str, port: u16) -> String {
    format!("postgres://{GUARDED}:{password}@127.0.0.1:{port}/chat")
}
