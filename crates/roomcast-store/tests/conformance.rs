//! The suite that every store passes.

use roomcast::{
    store::{Durability, Store},
    testing::store::{conforms, outlives},
};
use roomcast_store::{Options, Sqlite};
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

async fn conforms_in(durability: Durability) {
    let dir = tempfile::tempdir().unwrap();
    let n = AtomicUsize::new(0);
    conforms(async || {
        let own: PathBuf = dir.path().join(n.fetch_add(1, Ordering::Relaxed).to_string());
        Arc::new(Sqlite::open(&own, Options { durability }).unwrap()) as Arc<dyn Store>
    })
    .await;
}

#[tokio::test]
async fn full() {
    conforms_in(Durability::Full).await;
}

#[tokio::test]
async fn relaxed() {
    conforms_in(Durability::Relaxed).await;
}

#[tokio::test]
async fn what_was_said_and_changed_outlives_the_process_that_wrote_it() {
    let dir = tempfile::tempdir().unwrap();
    outlives(async || Arc::new(Sqlite::open(dir.path(), Options::default()).unwrap()) as Arc<dyn Store>)
        .await;
}
