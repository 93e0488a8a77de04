//! The threads that read.

use super::{
    OpenError, READER_QUEUE, connection,
    queue::{Load, Queue},
};
use roomcast_protocol::UserName;
use rusqlite::Connection;
use std::{collections::HashMap, io, path::Path, sync::Arc, thread};

/// A question to whichever reader is free.
pub(super) type Question = Box<dyn FnOnce(&mut Reader) + Send>;

/// Threads that read.
const N_READERS: usize = 2;
/// Users that each remembers. Past this its memory starts anew.
pub(super) const MAX_REMEMBERED: usize = 65_536;

/// A connection that reads, and the users it has seen: their rows never change.
pub(super) struct Reader {
    pub(super) connection: Connection,
    pub(super) users: HashMap<i64, Arc<UserName>>,
}

impl Reader {
    fn work(mut self, questions: &Queue<Question>) {
        let mut taken = Vec::new();
        loop {
            questions.take(1, &mut taken);
            let Some(question) = taken.pop() else { return };
            question(&mut self);
            if self.users.len() > MAX_REMEMBERED {
                self.users = HashMap::new();
            }
        }
    }
}

/// The reading threads. They end when this does.
pub(super) struct Readers {
    pub(super) questions: Arc<Queue<Question>>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Readers {
    pub(super) fn start(path: &Path) -> Result<Self, OpenError> {
        let questions = Arc::new(Queue::new(Load { units: READER_QUEUE, bytes: 0 }));
        let mut readers = Self { questions, threads: Vec::new() };
        for n in 0..N_READERS {
            let connection = connection::reader(path).map_err(|error| OpenError::sqlite(path, error))?;
            readers.add(n, connection).map_err(|error| OpenError::io(path, error))?;
        }
        Ok(readers)
    }

    fn add(&mut self, n: usize, connection: Connection) -> io::Result<()> {
        let questions = Arc::clone(&self.questions);
        let reader = Reader { connection, users: HashMap::new() };
        let thread = thread::Builder::new().name(format!("store-reader-{n}"));
        self.threads.push(thread.spawn(move || reader.work(&questions))?);
        Ok(())
    }

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

impl Drop for Readers {
    fn drop(&mut self) {
        self.end();
    }
}
