//! Messages and changes on their way to the writer, with the one who waits for the answer.

use roomcast::store::{Append, AppendError, Appended, Done};
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

    pub(super) fn items(&self) -> &[Append] {
        &self.items
    }

    /// Gives each its verdict, in order. A `done` that panics harms only itself.
    pub(super) fn answer(mut self, verdicts: Vec<Verdict>) {
        self.call(verdicts);
    }

    /// Gives all the same answer.
    pub(super) fn refuse(mut self, error: AppendError) {
        self.call(vec![Err(error); self.items.len()]);
    }

    fn call(&mut self, verdicts: Vec<Verdict>) {
        let Some(done) = self.done.take() else { return };
        if catch_unwind(AssertUnwindSafe(|| done(verdicts))).is_err() {
            tracing::error!("whoever appended something panicked when it was told of it");
        }
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
