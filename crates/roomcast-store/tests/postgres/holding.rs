//! Who moves messages is alone, and notices where he was not.

use super::{cluster::Cluster, open, until};
use roomcast_store::{
    postgres::{Address, Hold, OpenError, Postgres},
    transfer::TransferError,
};

#[test]
fn servers_stay_out_of_a_database_that_is_held() {
    let cluster = Cluster::start();
    let text = cluster.database();
    let address = Address::parse(&text).unwrap();
    let hold = Hold::take(&address).unwrap();
    let refused = Postgres::open(address.clone()).unwrap_err();
    assert!(matches!(refused, OpenError::Taken { .. }), "{refused:?}");
    hold.release().unwrap();
    let (one, _other) = (open(&text), open(&text));
    assert!(matches!(Hold::take(&address), Err(TransferError::Postgres(OpenError::InUse { .. }))));
    drop(one);
    assert!(matches!(Hold::take(&address), Err(TransferError::Postgres(OpenError::InUse { .. }))));
}

#[test]
fn a_hold_that_was_lost_is_noticed() {
    let cluster = Cluster::start();
    let address = cluster.database();
    let hold = Hold::take(&Address::parse(&address).unwrap()).unwrap();
    let others = "FROM pg_stat_activity WHERE application_name = 'roomcast'";
    cluster.sql(&address, &format!("SELECT pg_terminate_backend(pid) {others}"));
    until(|| cluster.sql(&address, &format!("SELECT count(*) {others}")) == "0");
    let error = hold.release().unwrap_err();
    assert!(matches!(error, TransferError::Unheld { .. }), "{error:?}");
}
