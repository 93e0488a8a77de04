//! The threads that read, each with a connection.

use super::{OpenError, connection};
use crate::{queue::Queue, readers::Readers};
use roomcast_protocol::UserName;
use rusqlite::Connection;
use std::{collections::HashMap, path::Path, sync::Arc};

/// A question to whichever reader is free.
pub(super) type Question = Box<dyn FnOnce(&mut Reader) + Send>;

/// Threads that read.
pub(super) const N_READERS: usize = 2;
/// Users that each remembers. Past this its memory starts anew.
pub(super) const MAX_REMEMBERED: usize = 65_536;

/// A connection that reads, and the users it has seen: their rows never change.
pub(super) struct Reader {
    pub(super) connection: Connection,
    pub(super) users: HashMap<i64, Arc<UserName>>,
}

impl Reader {
    fn work(mut self, questions: &Queue<Question>) {
        while let Some(question) = questions.next() {
            question(&mut self);
            if self.users.len() > MAX_REMEMBERED {
                self.users = HashMap::new();
            }
        }
    }
}

/// Starts the threads.
pub(super) fn start(path: &Path) -> Result<Readers<Question>, OpenError> {
    let mut readers = Readers::new();
    for _ in 0..N_READERS {
        let connection = connection::reader(path).map_err(|error| OpenError::sqlite(path, error))?;
        let reader = Reader { connection, users: HashMap::new() };
        readers.start(|questions| reader.work(questions)).map_err(|error| OpenError::io(path, error))?;
    }
    Ok(readers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::Load;
    use std::sync::mpsc;

    #[test]
    fn so_many_users_are_remembered_and_with_one_more_the_memory_starts_anew() {
        let questions = Queue::<Question>::new(Load { units: 9, bytes: 0 });
        let (seen_tx, seen_rx) = mpsc::channel();
        let ann = Arc::new(UserName::parse("ann").unwrap());
        for upto in [MAX_REMEMBERED as i64, MAX_REMEMBERED as i64 + 1, 0] {
            let (seen_tx, ann) = (seen_tx.clone(), ann.clone());
            let question: Question = Box::new(move |reader| {
                seen_tx.send(reader.users.len()).unwrap();
                reader.users.extend((0..upto).map(|id| (id, ann.clone())));
            });
            assert!(questions.push(question, Load { units: 1, bytes: 0 }).is_ok());
        }
        questions.close();
        let connection = Connection::open_in_memory().unwrap();
        Reader { connection, users: HashMap::new() }.work(&questions);
        drop(seen_tx);
        assert_eq!(seen_rx.iter().collect::<Vec<_>>(), [0, MAX_REMEMBERED, 0]);
    }
}
