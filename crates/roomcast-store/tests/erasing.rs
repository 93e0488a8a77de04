//! What was deleted is not in the files any more: decision 11 says how far that goes.

use crate::child;
use roomcast::{
    store::{Append, Store as _},
    testing::store::{append, delete, edit, message, with_nonce},
};
use std::{collections::HashSet, fs, path::Path};

/// Long ones go beyond one page of the database.
const LENGTHS: [usize; 4] = [20, 300, 3_000, 15_000];
const MESSAGES: usize = 120;
/// Copies that splits of pages have left in the unused parts of these.
const FEW: usize = MESSAGES / 10;

fn content(n: usize, what: &str) -> String {
    format!("{what}-{n}-").repeat(1 + LENGTHS[n % LENGTHS.len()] / 16)
}

/// How many of the contents begin in any file of the store. In one pass, since a test build searches slowly.
fn found(dir: &Path, what: &str) -> usize {
    let read = |path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
    let text: String = fs::read_dir(dir).unwrap().map(|file| read(file.unwrap().path())).collect();
    let parts: Vec<&str> = text.split(&format!("{what}-")).collect();
    let number = |part: &str| part.split_once('-').and_then(|(number, _)| number.parse().ok());
    let twice = parts.windows(2).filter_map(|two| number(two[0]).filter(|n| number(two[1]) == Some(*n)));
    twice.collect::<HashSet<usize>>().len()
}

fn each(item: impl Fn(usize) -> Append) -> Vec<Append> {
    (0..MESSAGES).map(item).collect()
}

#[tokio::test]
async fn what_was_deleted_is_overwritten_and_nothing_of_it_is_left_after_a_vacuum() {
    let dir = tempfile::tempdir().unwrap();
    let store = child::open(dir.path());
    let said = each(|n| with_nonce(&n.to_string(), message("hall", "ann", &content(n, "said"))));
    // One by one, so that pages fill and split as they do in life.
    for (n, message) in said.into_iter().enumerate() {
        append(&store, vec![message]).await[0].unwrap();
        append(&store, vec![edit("hall", "ann", n as u64 + 1, &content(n, "edited"))]).await[0].unwrap();
        append(&store, vec![message_that_stays(n)]).await[0].unwrap();
    }
    store.close().await.unwrap();
    assert_eq!(found(dir.path(), "stays"), MESSAGES, "the test finds what is there");
    assert!(found(dir.path(), "said") < FEW, "an edit overwrites what was said before it");

    let store = child::open(dir.path());
    let deletions = each(|n| delete("hall", "ann", n as u64 + 1));
    for result in append(&store, deletions).await {
        result.unwrap();
    }
    store.close().await.unwrap();
    assert!(found(dir.path(), "edited") < FEW, "a deletion overwrites the message and its edits");
    let connection = rusqlite::Connection::open(dir.path().join("roomcast.db")).unwrap();
    connection.execute_batch("VACUUM").unwrap();
    connection.close().unwrap();
    assert_eq!((found(dir.path(), "said"), found(dir.path(), "edited")), (0, 0));
    assert_eq!(found(dir.path(), "stays"), MESSAGES, "what was not deleted is there");
}

/// Between the others, in a room of its own.
fn message_that_stays(n: usize) -> Append {
    message("attic", "bob", &content(n, "stays"))
}
