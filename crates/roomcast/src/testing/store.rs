//! What every store must do, as a suite: `conforms(async || open a new, empty store).await` panics with the name of
//! what does not hold. The tests beside it prove that each check can fail.
//!
//! Random parts print their seed; `ROOMCAST_SEED=<number>` repeats a run.

mod changes;
mod closing;
mod dice;
mod lists;
mod model;
mod nonces;
mod restarts;
mod numbers;
mod pages;
mod records;
mod retention;
#[cfg(test)]
mod sabotage;

pub use dice::Dice;
pub use restarts::outlives;

use crate::store::{Append, AppendError, Appended, Change, Head, Page, Position, Range, Record, Store, What};
use roomcast_protocol::{RoomName, UserName};
use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::oneshot;

/// One result per item of a batch.
pub type Results = Vec<Result<Appended, AppendError>>;

/// The checks by name, so that a failure tells which one it was and a test can run one alone.
macro_rules! checks {
    ($($file:ident::$check:ident,)*) => {
        const CHECKS: &[&str] = &[$(concat!(stringify!($file), "::", stringify!($check)),)*];

        async fn run(check: &str, store: Arc<dyn Store>) {
            match check {
                $(concat!(stringify!($file), "::", stringify!($check)) => Box::pin($file::$check(store)).await,)*
                unknown => unreachable!("no check is called {unknown}"),
            }
        }
    };
}

checks! {
    numbers::are_dense,
    numbers::are_dense_for_concurrent_appenders,
    numbers::of_many_rooms_in_one_batch,
    numbers::of_a_batch_longer_than_a_commit,
    nonces::name_one_message,
    nonces::belong_to_one_user_and_room,
    nonces::conflict_without_taking_a_number,
    nonces::race,
    pages::in_all_directions,
    pages::of_a_random_room,
    pages::hold_what_was_answered,
    records::come_back_as_written,
    records::show_the_name_of_their_time,
    changes::show_in_the_message,
    changes::stand_behind_the_newest_message,
    changes::are_refused_without_taking_a_number,
    changes::that_change_nothing_are_repetitions,
    changes::leave_a_nonce_to_its_first_content,
    changes::erase_what_was_said,
    changes::come_in_pages,
    changes::of_random_batches,
    lists::heads_in_the_order_asked,
    lists::rooms_by_name,
    retention::keeps_so_many,
    retention::forgets_nonces_with_their_messages,
    retention::keeps_what_is_young,
    retention::leaves_the_newest,
    retention::forgets_changes_that_nobody_lacks,
    closing::refuses_what_comes_later,
    closing::answers_what_came_before,
    closing::a_full_queue_is_said,
}

/// Runs every check, each against a store of its own that `open` makes, new and empty. Some checks block the thread
/// until the store has answered: a store that works on the runtime's own threads needs several of them.
///
/// # Panics
/// Where the store breaks the contract.
pub async fn conforms(open: impl AsyncFn() -> Arc<dyn Store>) {
    for check in CHECKS {
        eprintln!("{check}");
        run(check, open().await).await;
    }
}

/// Appends and waits for the results.
pub async fn append(store: &dyn Store, batch: Vec<Append>) -> Results {
    send(store, batch).await
}

/// Appends at once; the future is the results.
pub fn send(store: &dyn Store, batch: Vec<Append>) -> impl Future<Output = Results> + use<> {
    let (results_tx, results_rx) = oneshot::channel();
    // Whoever does not wait for the results does not want them.
    store.append(batch, Box::new(move |results| drop(results_tx.send(results))));
    async { results_rx.await.expect("done is called exactly once") }
}

/// A message without a nonce, at a time that no other message of this process has.
///
/// # Panics
/// Where the room's name is not one.
#[must_use]
pub fn message(room: &str, user: &str, content: &str) -> Append {
    item(room, user, What::Message { content: content.into(), nonce: None, reply_to: None })
}

/// A message under a nonce.
#[must_use]
pub fn with_nonce(nonce: &str, mut message: Append) -> Append {
    if let What::Message { nonce: old, .. } = &mut message.what {
        *old = Some(nonce.into());
    }
    message
}

/// An edit, at a time that nothing else of this process has.
///
/// # Panics
/// Where the room's name is not one.
#[must_use]
pub fn edit(room: &str, user: &str, seq: u64, content: &str) -> Append {
    item(room, user, What::Edit { seq, content: content.into() })
}

/// A deletion, at a time that nothing else of this process has.
///
/// # Panics
/// Where the room's name is not one.
#[must_use]
pub fn delete(room: &str, user: &str, seq: u64) -> Append {
    item(room, user, What::Delete { seq })
}

fn item(room: &str, user: &str, what: What) -> Append {
    static CLOCK: AtomicU64 = AtomicU64::new(1_700_000_000_000);
    let user = Arc::new(UserName::from_parts(user.to_lowercase(), user));
    Append { room: room_name(room), user, at_ms: CLOCK.fetch_add(1, Ordering::Relaxed), what }
}

/// What a message says.
#[expect(clippy::panic, reason = "a suite for tests")]
fn content(message: &Append) -> &Arc<str> {
    let What::Message { content, .. } = &message.what else { panic!("not a message: {message:?}") };
    content
}

fn room_name(name: &str) -> RoomName {
    RoomName::parse(name).expect("a room's name")
}

/// The number of a message that was appended, and not a repetition.
fn fresh(result: Result<Appended, AppendError>) -> u64 {
    let appended = result.expect("appended");
    assert!(!appended.repeated, "a new message was called a repetition: {appended:?}");
    appended.seq
}

async fn page(store: &dyn Store, room: &str, range: Range, limit: usize) -> Page {
    store.page(room_name(room), range, limit).await.expect("a page")
}

async fn head(store: &dyn Store, room: &str) -> u64 {
    position(store, room).await.seq
}

async fn position(store: &dyn Store, room: &str) -> Position {
    store.head(room_name(room)).await.expect("a head").position()
}

/// Every message of a room to which nobody writes, read page by page, the numbers checked: from the floor to the head
/// without a hole.
///
/// # Panics
/// Where there is a hole, where the store does not answer, and where the room's name is not one.
pub async fn whole_room(store: &dyn Store, room: &str) -> Vec<Record> {
    let Head { seq: head, floor, .. } = store.head(room_name(room)).await.expect("a head");
    let mut records = Vec::new();
    loop {
        let read = page(store, room, Range::After(floor + records.len() as u64), 300).await;
        records.extend(read.messages);
        if !read.more {
            break;
        }
    }
    assert!(records.iter().map(|r| r.seq).eq(floor + 1..=head), "{room} has every number from floor to head");
    records
}

/// Every change of a room, read page by page, the numbers checked: 1, 2, 3, … up to the newest.
async fn all_changes(store: &dyn Store, room: &str) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    loop {
        let read = store.changes(room_name(room), changes.len() as u64, 30).await.expect("changes");
        changes.extend(read.changes);
        assert!(
            changes.iter().map(|c| c.number).eq(1..=changes.len() as u64),
            "changes of {room} have holes"
        );
        if changes.len() as u64 >= read.newest {
            break;
        }
    }
    assert_eq!(
        position(store, room).await.change,
        changes.len() as u64,
        "the head of {room} tells its newest change"
    );
    changes
}
