//! From a file into a database and back: the same messages and changes, and repetitions are known.

use super::{cluster::Cluster, open};
use crate::{
    child,
    transfer::{fill_changed, goes_on_changed, lines_from},
};
use roomcast::store::Store as _;
use roomcast_store::{
    postgres::{self, Address},
    sqlite,
    transfer::{ImportOptions, copy},
};

/// Moving blocks the thread, which must not be in a runtime.
#[test]
fn there_and_back_messages_and_changes_are_the_same() {
    let (cluster, dirs) = (Cluster::start(), [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()]);
    let (database, runtime) = (cluster.database(), tokio::runtime::Runtime::new().unwrap());
    let address = Address::parse(&database).unwrap();
    runtime.block_on(async {
        let store = child::open(dirs[0].path());
        fill_changed(&store).await;
        store.close().await.unwrap();
    });
    let sqlite = |n: usize| sqlite::Snapshot::open(dirs[n].path(), None).unwrap();
    let postgres = || postgres::Snapshot::open(&address, None).unwrap();
    let text = lines_from(&mut sqlite(0));
    let mut import = postgres::Import::open(&address, ImportOptions::default()).unwrap();
    copy(&mut sqlite(0), &mut import).unwrap();
    drop(import);
    assert!(lines_from(&mut postgres()) == text);
    let mut import = sqlite::Import::open(dirs[1].path(), ImportOptions::default()).unwrap();
    copy(&mut postgres(), &mut import).unwrap();
    drop(import);
    assert!(lines_from(&mut sqlite(1)) == text);
    runtime.block_on(async {
        let store = open(&database);
        goes_on_changed(&store).await;
        store.close().await.unwrap();
    });
}

/// A database that others write to changes as they do: what was done there is moved, too.
#[test]
fn what_was_changed_in_a_database_is_the_same_in_a_file() {
    let (cluster, dir) = (Cluster::start(), tempfile::tempdir().unwrap());
    let (database, runtime) = (cluster.database(), tokio::runtime::Runtime::new().unwrap());
    let address = Address::parse(&database).unwrap();
    runtime.block_on(async {
        let store = open(&database);
        fill_changed(&store).await;
        store.close().await.unwrap();
    });
    let mut import = sqlite::Import::open(dir.path(), ImportOptions::default()).unwrap();
    copy(&mut postgres::Snapshot::open(&address, None).unwrap(), &mut import).unwrap();
    drop(import);
    runtime.block_on(async {
        let store = child::open(dir.path());
        goes_on_changed(&store).await;
        store.close().await.unwrap();
    });
}
