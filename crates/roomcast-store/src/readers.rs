//! The threads that read.

use crate::{
    READER_QUEUE,
    queue::{Load, Queue},
};
use std::{io, sync::Arc, thread};

/// Threads that take questions from one queue. They end when this does.
pub(super) struct Readers<Q> {
    pub(super) questions: Arc<Queue<Q>>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl<Q: Send + 'static> Readers<Q> {
    pub(super) fn new() -> Self {
        let questions = Arc::new(Queue::new(Load { units: READER_QUEUE, bytes: 0 }));
        Self { questions, threads: Vec::new() }
    }

    /// Starts one more, which works until there are no more questions.
    pub(super) fn start(&mut self, work: impl FnOnce(&Queue<Q>) + Send + 'static) -> io::Result<()> {
        let questions = Arc::clone(&self.questions);
        let thread = thread::Builder::new().name(format!("store-reader-{}", self.threads.len()));
        self.threads.push(thread.spawn(move || work(&questions))?);
        Ok(())
    }
}

impl<Q> Readers<Q> {
    /// Answers what was asked, then ends the threads.
    pub(super) fn end(&mut self) {
        self.questions.close();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread that reads from the store panicked");
            }
        }
    }
}

impl<Q> Drop for Readers<Q> {
    fn drop(&mut self) {
        self.end();
    }
}
