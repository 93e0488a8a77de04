//! What clients were told, and whether the log still says so (I1, I2, I3).

use roomcast::{
    store::{Append, Store, What},
    testing::store::{self as testing, append, message, whole_room},
};
use std::collections::{BTreeMap, BTreeSet};

/// Repeated acknowledgements that are tried.
const N_REPEATED: usize = 20;

/// A message that says its nonce.
pub(crate) fn with_nonce(room: &str, nonce: &str) -> Append {
    testing::with_nonce(nonce, message(room, "ann", nonce))
}

/// What a message says.
pub(crate) fn content(message: &Append) -> &str {
    match &message.what {
        What::Message { content, .. } => content,
        what => panic!("{what:?} is no message"),
    }
}

/// The numbers of messages made by [`with_nonce`] that were acknowledged, by room and nonce.
#[derive(Debug, Default)]
pub(crate) struct Told(BTreeMap<(String, String), u64>);

impl Told {
    /// One more. A nonce has one number, whoever is told and how often.
    pub(crate) fn note(&mut self, room: &str, nonce: &str, seq: u64) {
        let first = *self.0.entry((room.to_owned(), nonce.to_owned())).or_insert(seq);
        assert_eq!(first, seq, "{nonce} of {room} has two numbers");
    }

    /// What somebody else was told.
    pub(crate) fn merge(&mut self, other: Self) {
        for ((room, nonce), seq) in other.0 {
            self.note(&room, &nonce, seq);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    fn rooms(&self) -> BTreeSet<&String> {
        self.0.keys().map(|(room, _)| room).collect()
    }

    /// Reads the rooms: dense, each nonce once, and all that was told where it was told. Gives how many messages there
    /// are, told or not.
    pub(crate) async fn is_kept_by(&self, store: &dyn Store) -> usize {
        let mut kept = Self::default();
        let mut n_kept = 0;
        for room in self.rooms() {
            for record in whole_room(store, room).await {
                kept.note(room, &record.nonce.unwrap(), record.seq);
                n_kept += 1;
            }
        }
        assert_eq!(kept.len(), n_kept, "each nonce is there once");
        for (key, seq) in &self.0 {
            assert_eq!(kept.0.get(key), Some(seq), "{key:?} was acknowledged");
        }
        n_kept
    }

    /// A repetition finds the first message.
    pub(crate) async fn is_found_by_nonce(&self, store: &dyn Store) {
        for ((room, nonce), seq) in self.0.iter().take(N_REPEATED) {
            let again = append(store, vec![with_nonce(room, nonce)]).await[0].unwrap();
            assert_eq!((again.seq, again.repeated), (*seq, true), "{nonce} of {room}, repeated");
        }
    }
}
