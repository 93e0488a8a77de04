//! What every store must do, as a suite: `conforms(async || open a new, empty store).await` panics with the name of
//! what does not hold. The tests beside it prove that each check can fail.
//!
//! Random parts print their seed; `ROOMCAST_SEED=<number>` repeats a run.

mod closing;
mod dice;
mod lists;
mod nonces;
mod numbers;
mod pages;
mod records;
mod retention;
#[cfg(test)]
mod sabotage;

pub use dice::Dice;

use crate::store::{Append, AppendError, Appended, Page, Range, Record, Store};
use roomcast_protocol::{RoomName, UserName};
use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::oneshot;

/// One result per message of a batch.
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
    lists::heads_in_the_order_asked,
    lists::rooms_by_name,
    retention::keeps_so_many,
    retention::forgets_nonces_with_their_messages,
    retention::keeps_what_is_young,
    retention::leaves_the_newest,
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
    static CLOCK: AtomicU64 = AtomicU64::new(1_700_000_000_000);
    Append {
        room: room_name(room),
        user: Arc::new(UserName::from_parts(user.to_lowercase(), user)),
        at_ms: CLOCK.fetch_add(1, Ordering::Relaxed),
        content: content.into(),
        nonce: None,
        reply_to: None,
    }
}

fn room_name(name: &str) -> RoomName {
    RoomName::parse(name).expect("a room's name")
}

fn with_nonce(nonce: &str, message: Append) -> Append {
    Append { nonce: Some(nonce.into()), ..message }
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
    store.head(room_name(room)).await.expect("a head").seq
}

/// Every message of a room to which nobody writes, read page by page, the numbers checked: 1, 2, 3, … up to the head.
///
/// # Panics
/// Where there is a hole, where the store does not answer, and where the room's name is not one.
pub async fn whole_room(store: &dyn Store, room: &str) -> Vec<Record> {
    let mut records = Vec::new();
    loop {
        let read = page(store, room, Range::After(records.len() as u64), 300).await;
        records.extend(read.messages);
        if !read.more {
            break;
        }
    }
    assert!(records.iter().map(|r| r.seq).eq(1..=records.len() as u64), "the numbers of {room} have holes");
    assert_eq!(head(store, room).await, records.len() as u64, "the head of {room} is its newest number");
    records
}
