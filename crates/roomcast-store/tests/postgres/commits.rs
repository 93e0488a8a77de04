//! An acknowledgement means that the commit has happened, and a commit whose answer is lost is found by its nonce (P10).

use super::{
    cluster::Cluster,
    hall, open,
    proxy::{Cut, Proxy},
};
use crate::told::{Told, with_nonce};
use roomcast::{
    store::{AppendError, Store},
    testing::store::append,
};

/// PostgreSQL sends a statement's rows before it commits: what fails at the commit must not have been acknowledged.
#[tokio::test]
async fn a_commit_that_fails_is_not_acknowledged() {
    let cluster = Cluster::start();
    let address = cluster.database();
    let store = open(&address);
    append(&store, vec![with_nonce("hall", "first")]).await[0].unwrap();
    cluster.at_commit(&address, "RAISE EXCEPTION 'on purpose'");
    assert_eq!(append(&store, vec![with_nonce("hall", "second")]).await, [Err(AppendError::Unavailable)]);
    assert_eq!(store.head(hall()).await.unwrap().seq, 1);
    cluster.sql(&address, "DROP TRIGGER at_commit ON roomcast.messages");
    let again = append(&store, vec![with_nonce("hall", "second")]).await[0].unwrap();
    assert_eq!((again.seq, again.repeated), (2, false), "nothing was left of it");
}

/// Whatever has become of the commit: one message, one number, and the sender is told it when it asks again.
#[tokio::test]
async fn a_commit_of_unknown_outcome_is_found_by_its_nonce() {
    let cluster = Cluster::start();
    let database = cluster.database();
    let proxy = Proxy::to(cluster.port());
    let store = open(&proxy.address(&database));
    let mut told = Told::default();
    for (n, cut) in [Cut::BeforeCall, Cut::AfterCall, Cut::Answer].repeat(3).into_iter().enumerate() {
        let (before, doubtful) = (format!("before-{n}"), format!("doubtful-{n}"));
        // The connection is there, and rooms and users are known: what is cut is the call that commits.
        told.note("hall", &before, append(&store, vec![with_nonce("hall", &before)]).await[0].unwrap().seq);
        proxy.cut(cut);
        let message = vec![with_nonce("hall", &doubtful)];
        assert_eq!(append(&store, message.clone()).await, [Err(AppendError::Unavailable)], "{cut:?}");
        assert!(proxy.has_cut());
        let there = format!("SELECT count(*) FROM roomcast.messages WHERE nonce = '{doubtful}'");
        match cut {
            Cut::BeforeCall => assert_eq!(cluster.sql(&database, &there), "0"),
            Cut::AfterCall => {}
            Cut::Answer => assert_eq!(cluster.sql(&database, &there), "1", "it was committed"),
        }
        let again = append(&store, message).await[0].unwrap();
        assert!(!again.repeated, "{cut:?}: nobody has heard of it, so that it is news");
        told.note("hall", &doubtful, again.seq);
    }
    assert_eq!(told.is_kept_by(&store).await, told.len());
    told.is_found_by_nonce(&store).await;
}
