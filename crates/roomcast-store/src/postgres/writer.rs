//! The thread that writes.

use super::{
    Address, Closed, Waiting, append::append, cache::Cache, error::Failure, opening::Opened, reader::Readers,
    session::Session, unsettled::Unsettled,
};
use crate::{
    batch::{Batch, Verdict},
    queue::Queue,
};
use roomcast::store::{Append, AppendError, MAX_BATCH};
use std::{sync::Arc, time::Instant};
use tokio::{runtime::Runtime, sync::watch, time::timeout_at};

/// How often a batch is tried that another transaction was in the way of.
const MAX_ATTEMPTS: usize = 5;

/// The only one of this server who writes, and the owner of everything that ends with the store.
pub(super) struct Writer {
    runtime: Runtime,
    session: Session,
    cache: Cache,
    unsettled: Unsettled,
    batches: Arc<Queue<Waiting<Batch>>>,
    readers: Readers,
    failing: bool,
}

impl Writer {
    pub(super) fn new(
        runtime: Runtime,
        address: Address,
        opened: Opened,
        batches: Arc<Queue<Waiting<Batch>>>,
        readers: Readers,
    ) -> Self {
        let session = Session::new(address, opened.origin, Some(opened.connection));
        let (cache, unsettled) = Default::default();
        Self { runtime, session, cache, unsettled, batches, readers, failing: false }
    }

    /// Writes until the queue is closed, and says on `closed` that nothing of the store is left.
    pub(super) fn run(self, closed: &watch::Sender<Closed>) {
        // Should the thread panic, whoever waits is answered, and whoever comes later is refused.
        let _abandon = Abandon(Arc::clone(&self.batches));
        self.work();
        closed.send_replace(Some(()));
    }

    fn work(mut self) {
        let mut taken = Vec::new();
        loop {
            self.batches.take(MAX_BATCH, &mut taken);
            if taken.is_empty() {
                break;
            }
            self.write(&mut taken);
        }
        self.readers.end();
        self.runtime.block_on(self.session.close());
    }

    /// Commits the batches and answers each, in order. The oldest one's time is everybody's.
    fn write(&mut self, taken: &mut Vec<Waiting<Batch>>) {
        let deadline = taken.iter().map(|waiting| waiting.deadline).min().unwrap_or_else(Instant::now);
        let messages: Vec<&Append> = taken.iter().flat_map(|waiting| waiting.item.messages()).collect();
        // One chunk, except where a single batch is longer than a commit may be.
        let verdicts: Vec<Verdict> =
            messages.chunks(MAX_BATCH).flat_map(|chunk| self.commit(chunk, deadline)).collect();
        let mut verdicts = verdicts.into_iter();
        for Waiting { item: batch, .. } in taken.drain(..) {
            let own = verdicts.by_ref().take(batch.messages().len()).collect();
            batch.answer(own);
        }
    }

    fn commit(&mut self, messages: &[&Append], deadline: Instant) -> Vec<Verdict> {
        let (session, cache) = (&mut self.session, &mut self.cache);
        let attempt = async { timeout_at(deadline.into(), attempts(session, cache, messages)).await };
        match self.runtime.block_on(attempt).unwrap_or(Err(Failure::TimedOut)) {
            Ok(mut verdicts) => {
                self.unsettled.settle(messages, &mut verdicts);
                self.note_success();
                verdicts
            }
            Err(failure) => {
                if failure.is_gone() {
                    self.unsettled.note(messages);
                }
                self.note_failure(&failure);
                vec![Err(AppendError::Unavailable); messages.len()]
            }
        }
    }

    fn note_success(&mut self) {
        if self.failing {
            tracing::info!("messages are written again");
            self.failing = false;
        }
    }

    /// Logs once for as long as it lasts. Where nobody answers, those who wait would wait as long again: they are
    /// refused now, and whoever comes next begins with all of its time.
    fn note_failure(&mut self, failure: &Failure) {
        self.session.hang_up();
        self.cache.forget();
        if failure.is_gone() {
            self.batches.refuse_waiting();
        }
        if !self.failing {
            tracing::error!(error = %failure, "messages cannot be written and are refused");
            self.failing = true;
        }
    }
}

/// Tries until it is done, or failed for another reason than somebody else's transaction.
async fn attempts(
    session: &mut Session,
    cache: &mut Cache,
    messages: &[&Append],
) -> Result<Vec<Verdict>, Failure> {
    let mut n_left = MAX_ATTEMPTS;
    loop {
        n_left -= 1;
        match append(session.ready().await?, cache, messages).await {
            Err(failure) if failure.is_conflict() && n_left > 0 => cache.forget(),
            outcome => return outcome,
        }
    }
}

/// Closes the queue and answers what is in it when the writer ends, however it ends.
struct Abandon(Arc<Queue<Waiting<Batch>>>);

impl Drop for Abandon {
    fn drop(&mut self) {
        self.0.abandon();
    }
}
