//! The threads that read, each with a connection.

use super::{
    Address, Waiting,
    error::{Failure, OpenError},
    origin::Origin,
    question::{self, Question, Reply},
    retention,
    session::{self, Session},
};
use crate::{queue::Queue, readers::Readers};
use sqlx::PgConnection;
use std::{sync::Arc, time::Instant};
use tokio::{runtime::Runtime, time::timeout_at};

/// Threads that read.
const N_READERS: usize = 3;

/// A thread's connection.
struct Reader {
    runtime: Runtime,
    session: Session,
    questions: Arc<Queue<Waiting<Question>>>,
}

impl Reader {
    fn work(mut self) {
        while let Some(Waiting { item, deadline }) = self.questions.next() {
            self.answer(item, deadline);
        }
        self.runtime.block_on(self.session.close());
    }

    fn answer(&mut self, question: Question, deadline: Instant) {
        match question {
            Question::Bounds(room, reply) => {
                self.put(deadline, reply, async |connection| question::bounds(connection, &room).await);
            }
            Question::Heads(rooms, reply) => {
                self.put(deadline, reply, async |connection| question::heads(connection, &rooms).await);
            }
            Question::Changes(room, after, limit, reply) => self.put(deadline, reply, async |connection| {
                question::changes(connection, &room, after, limit).await
            }),
            Question::Page(room, range, limit, reply) => self.put(deadline, reply, async |connection| {
                question::page(connection, &room, range, limit).await
            }),
            Question::Rooms(after, limit, reply) => self.put(deadline, reply, async |connection| {
                question::rooms(connection, after.as_ref(), limit).await
            }),
            Question::Retain(retention, now_ms, from, reply) => {
                self.put(deadline, reply, async |connection| {
                    retention::sweep(connection, retention, now_ms, from.as_ref()).await
                });
            }
        }
    }

    /// Puts a question and passes the answer on. One whose asker has gone by then is not put.
    fn put<T>(
        &mut self,
        deadline: Instant,
        reply: Reply<T>,
        question: impl AsyncFn(&mut PgConnection) -> Result<T, Failure>,
    ) {
        if reply.is_closed() {
            return;
        }
        let answer = ask(&mut self.session, question);
        let answer = self.runtime.block_on(async { timeout_at(deadline.into(), answer).await });
        let answer = answer.unwrap_or(Err(Failure::TimedOut));
        if let Err(failure) = &answer {
            self.note(failure);
        }
        // Whoever asked may have gone.
        drop(reply.send(answer.map_err(|failure| failure.to_string().into())));
    }

    /// Those who wait behind a question that nobody answers would wait as long again.
    fn note(&mut self, failure: &Failure) {
        tracing::debug!(%failure, "a question to the store was not answered");
        self.session.hang_up();
        if failure.is_gone() {
            self.questions.refuse_waiting();
        }
    }
}

/// Asks, and asks again on a new connection where the old one turns out to be broken: PostgreSQL was restarted.
async fn ask<T>(
    session: &mut Session,
    question: impl AsyncFn(&mut PgConnection) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let is_old = session.is_connected();
    match question(session.ready().await?).await {
        Err(failure) if is_old && failure.is_gone() => {
            session.hang_up();
            question(session.ready().await?).await
        }
        outcome => outcome,
    }
}

/// Starts the threads. They connect when they are asked something.
pub(super) fn start(address: &Address, origin: &Origin) -> Result<Readers<Waiting<Question>>, OpenError> {
    let mut readers = Readers::new();
    for _ in 0..N_READERS {
        let session = Session::new(address.clone(), origin.clone(), None);
        let (runtime, questions) = (session::runtime()?, Arc::clone(&readers.questions));
        let reader = Reader { runtime, session, questions };
        readers.start(|_| reader.work())?;
    }
    Ok(readers)
}
