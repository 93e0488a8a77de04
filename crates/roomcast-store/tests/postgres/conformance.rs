//! The suite that every store passes.

use super::{cluster::Cluster, open};
use roomcast::{store::Store, testing::store::conforms};
use std::sync::Arc;

#[tokio::test]
async fn conforms_to_the_contract() {
    let cluster = Cluster::start();
    conforms(async || Arc::new(open(&cluster.database())) as Arc<dyn Store>).await;
}
