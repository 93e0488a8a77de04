//! Messages and changes on their way to the writer, with the one who waits for the answer.

use crate::queue::{Load, Refused};
use roomcast::store::{Append, AppendError, Appended, Done, MAX_BATCH};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What becomes of one of them.
pub(super) type Verdict = Result<Appended, AppendError>;

/// A batch that is answered exactly once, whatever happens to it: dropped unanswered, it is `Unavailable`.
pub(super) struct Batch {
    items: Vec<Append>,
    done: Option<Done>,
}

impl Batch {
    pub(super) fn new(items: Vec<Append>, done: Done) -> Self {
        Self { items, done: Some(done) }
    }

    /// What it weighs in the writer's queue.
    pub(super) fn load(&self) -> Load {
        let bytes = self.items.iter().map(|item| item.what.content_bytes()).sum();
        Load { units: self.items.len(), bytes }
    }

    /// Gives each its verdict, in order. A `done` that panics harms only itself.
    fn answer(mut self, verdicts: Vec<Verdict>) {
        self.call(verdicts);
    }

    /// Answers a batch that found no place in the queue.
    pub(super) fn refuse(refused: Refused<Self>) {
        let (mut batch, error) = match refused {
            Refused::Full(batch) => (batch, AppendError::Overloaded),
            Refused::Closed(batch) => (batch, AppendError::Unavailable),
        };
        batch.call(vec![Err(error); batch.items.len()]);
    }

    fn call(&mut self, verdicts: Vec<Verdict>) {
        let Some(done) = self.done.take() else { return };
        if catch_unwind(AssertUnwindSafe(|| done(verdicts))).is_err() {
            tracing::error!("whoever appended something panicked when it was told of it");
        }
    }
}

/// Commits batches, at most [`MAX_BATCH`] items at a time, and answers each, in order.
pub(super) fn commit(batches: &mut Vec<Batch>, commit: impl FnMut(&[&Append]) -> Vec<Verdict>) {
    let items: Vec<&Append> = batches.iter().flat_map(|batch| &batch.items).collect();
    // One chunk, except where a single batch is longer than a commit may be.
    let verdicts: Vec<Verdict> = items.chunks(MAX_BATCH).flat_map(commit).collect();
    let mut verdicts = verdicts.into_iter();
    for batch in batches.drain(..) {
        let own = verdicts.by_ref().take(batch.items.len()).collect();
        batch.answer(own);
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.call(vec![Err(AppendError::Unavailable); self.items.len()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use roomcast::testing::store::message;
    use std::sync::mpsc;

    #[test]
    fn a_batch_that_is_dropped_is_answered() {
        let (verdicts_tx, verdicts_rx) = mpsc::channel();
        let done = Box::new(move |verdicts| verdicts_tx.send(verdicts).unwrap());
        drop(Batch::new(vec![message("hall", "ann", "hello"); 2], done));
        assert_eq!(verdicts_rx.iter().collect::<Vec<_>>(), [vec![Err(AppendError::Unavailable); 2]]);
    }

    #[test]
    fn a_panic_of_the_one_who_waits_stays_there() {
        Batch::new(Vec::new(), Box::new(|_| panic!("on purpose"))).answer(Vec::new());
    }
}
