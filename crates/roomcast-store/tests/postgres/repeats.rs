//! Repetitions in any mixture, inside a batch, across batches and across servers, leave no hole (P4).

use super::{cluster::Cluster, open};
use crate::told::content;
use proptest::{
    collection::vec,
    option,
    prelude::*,
    test_runner::{Config, TestRunner},
};
use roomcast::{
    store::{Append, AppendError, Appended, Position},
    testing::store::{Results, append, message, whole_room, with_nonce},
};
use roomcast_store::Postgres;
use std::{
    cell::Cell,
    collections::{HashMap, hash_map::Entry},
};

/// A message by the numbers of its user, its nonce, if any, and its content. There are so few of each that most repeat
/// or contradict one before.
type Draft = (u8, Option<u8>, u8);

fn drafts() -> impl Strategy<Value = Vec<Vec<Draft>>> {
    vec(vec((0..2_u8, option::of(0..4_u8), 0..2_u8), 1..12), 1..5)
}

fn written(room: &str, (user, nonce, content): Draft) -> Append {
    let message = message(room, ["ann", "bob"][usize::from(user)], &content.to_string());
    match nonce {
        Some(n) => with_nonce(&format!("nonce-{n}"), message),
        None => message,
    }
}

/// What the contract says, in the plainest way.
#[derive(Default)]
struct Model {
    head: u64,
    /// By user and nonce.
    named: HashMap<(String, String), (Appended, String)>,
}

impl Model {
    fn append(&mut self, message: &Append) -> Result<Appended, AppendError> {
        let at = |seq| Position { seq, change: 0 };
        let seq = self.head + 1;
        let fresh = Appended { seq, at: at(seq), at_ms: message.at_ms, repeated: false };
        let Some(nonce) = message.what.nonce() else {
            self.head += 1;
            return Ok(fresh);
        };
        match self.named.entry((message.user.identity().to_owned(), nonce.to_string())) {
            Entry::Vacant(entry) => {
                entry.insert((fresh, content(message).to_owned()));
                self.head += 1;
                Ok(fresh)
            }
            Entry::Occupied(entry) => {
                let (first, said) = entry.get();
                let again = Appended { at: at(self.head), repeated: true, ..*first };
                if said == content(message) { Ok(again) } else { Err(AppendError::NonceConflict) }
            }
        }
    }
}

/// Sends each batch to the next server and compares every answer, then the log.
async fn agree(servers: &[Postgres; 2], room: &str, drafts: Vec<Vec<Draft>>) {
    let mut model = Model::default();
    for (drafts, server) in drafts.into_iter().zip(servers.iter().cycle()) {
        let batch: Vec<Append> = drafts.into_iter().map(|draft| written(room, draft)).collect();
        let expected: Results = batch.iter().map(|message| model.append(message)).collect();
        assert_eq!(append(server, batch).await, expected);
    }
    assert_eq!(whole_room(&servers[0], room).await.len() as u64, model.head);
}

#[test]
fn repetitions_leave_no_hole() {
    let cluster = Cluster::start();
    let address = cluster.database();
    let servers = [open(&address), open(&address)];
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let n_rooms = Cell::new(0);
    let config = Config { cases: 100, failure_persistence: None, ..Config::default() };
    let checked = TestRunner::new(config).run(&drafts(), |drafts| {
        n_rooms.set(n_rooms.get() + 1);
        runtime.block_on(agree(&servers, &format!("room-{}", n_rooms.get()), drafts));
        Ok(())
    });
    checked.unwrap_or_else(|failed| panic!("{failed}"));
}
