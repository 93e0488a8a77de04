//! What a store holds outlives it.

use super::{
    Dice, append,
    model::{Model, random_batch},
};
use crate::store::Store;
use std::sync::Arc;

/// Runs random batches of messages and changes against a store that is closed and opened again: `open` opens the same one
/// each time, which is empty at first.
///
/// # Panics
/// Where the store forgets something, or goes on with other numbers.
pub async fn outlives(open: impl AsyncFn() -> Arc<dyn Store>) {
    let (mut dice, mut model) = (Dice::from_environment(), Model::default());
    for _ in 0..5 {
        let store = open().await;
        model.check(&*store).await;
        for _ in 0..12 {
            let batch = random_batch(&mut dice);
            let expected: Vec<_> = batch.iter().map(|item| model.append(item)).collect();
            assert_eq!(append(&*store, batch).await, expected, "a store goes on where it was");
        }
        store.close().await.expect("closed");
    }
    model.check(&*open().await).await;
}
