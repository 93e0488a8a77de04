//! What can be in the way of opening a store, and that no message tells a password.

use super::{
    cluster::{Cluster, GUARDED, PASSWORD},
    hall, name, open,
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

#[test]
fn a_schema_from_the_future_is_refused_and_left_alone() {
    let cluster = Cluster::start();
    let address = cluster.database();
    drop(open(&address));
    cluster.sql(&address, "INSERT INTO roomcast.schema_version VALUES (99)");
    let error = open_error(&address);
    assert!(matches!(error, OpenError::Newer { found: 99, known: 2, .. }), "{error:?}");
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
    let name = name(&database);
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
