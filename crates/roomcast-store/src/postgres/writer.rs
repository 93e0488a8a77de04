//! The thread that writes.

use super::{
    Closed, Waiting,
    append::{append, integer},
    cache::Cache,
    error::Failure,
    question::Question,
    session::Session,
    unsettled::Unsettled,
};
use crate::{
    batch::{self, Batch, Verdict},
    queue::{Abandon, Queue},
    readers::Readers,
};
use roomcast::store::{Append, AppendError, MAX_BATCH, Position};
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
    readers: Readers<Waiting<Question>>,
    failing: bool,
}

impl Writer {
    pub(super) fn new(
        runtime: Runtime,
        session: Session,
        batches: Arc<Queue<Waiting<Batch>>>,
        readers: Readers<Waiting<Question>>,
    ) -> Self {
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

    /// Commits what was taken and answers it. The oldest one's time is everybody's.
    fn write(&mut self, taken: &mut Vec<Waiting<Batch>>) {
        let deadline = taken.iter().map(|waiting| waiting.deadline).min().unwrap_or_else(Instant::now);
        let mut batches = taken.drain(..).map(|waiting| waiting.item).collect();
        batch::commit(&mut batches, |messages| self.commit(messages, deadline));
    }

    fn commit(&mut self, messages: &[&Append], deadline: Instant) -> Vec<Verdict> {
        let (session, cache) = (&mut self.session, &mut self.cache);
        let attempt = async { timeout_at(deadline.into(), attempts(session, cache, messages)).await };
        match self.runtime.block_on(attempt).unwrap_or(Err(Failure::TimedOut)) {
            Ok(mut verdicts) => {
                self.note_success();
                self.bring_news(messages, &mut verdicts, deadline);
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

    /// Of messages that were in doubt and are there, nobody has heard. Their places in the log are looked up for those who
    /// are to be told; where that fails, readers hear of them with the next thing that happens in the room.
    fn bring_news(&mut self, messages: &[&Append], verdicts: &mut [Verdict], deadline: Instant) {
        for index in self.unsettled.settle(messages, verdicts) {
            let Ok(appended) = &mut verdicts[index] else { continue };
            let look = place(&mut self.session, self.cache.room(messages[index]), appended.seq);
            let found = self.runtime.block_on(async { timeout_at(deadline.into(), look).await });
            match found.unwrap_or(Err(Failure::TimedOut)) {
                Ok(at) => (appended.at, appended.repeated) = (at, false),
                Err(failure) => self.note_failure(&failure),
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

/// The place right behind a message.
async fn place(session: &mut Session, room_id: i64, seq: u64) -> Result<Position, Failure> {
    let sql = "SELECT coalesce(max(change), 0) FROM changes WHERE room_id = $1 AND after < $2";
    let find = sqlx::query_scalar(sql).bind(room_id).bind(integer(seq));
    let change: i64 = find.fetch_one(session.ready().await?).await?;
    Ok(Position { seq, change: change.cast_unsigned() })
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
