//! Retention: what is too old or too much goes, in small steps, and nothing else.

use super::{append, edit, fresh, head, message, page, position, room_name, with_nonce};
use crate::store::{Append, Forgotten, MAX_FORGET, Range, Retention, Store};
use std::{num::NonZeroU64, sync::Arc, time::Duration};

const NOW_MS: u64 = 1_000_000_000;

fn keep(messages: u64) -> Retention {
    Retention { max_messages: NonZeroU64::new(messages), ..Retention::default() }
}

fn for_a_second() -> Retention {
    Retention { max_age: Some(Duration::from_secs(1)), ..Retention::default() }
}

/// So many messages with nonces, a batch at a time.
async fn fill(store: &dyn Store, room: &str, n: u64) {
    let numbered = |n: u64| with_nonce(&format!("n{n}"), message(room, "ann", "hello"));
    append(store, (1..=n).map(numbered).collect()).await;
}

/// Messages of these ages.
async fn fill_aged(store: &dyn Store, room: &str, ages_ms: &[u64]) {
    let aged = |age: &u64| Append { at_ms: NOW_MS - age, ..message(room, "ann", "hello") };
    append(store, ages_ms.iter().map(aged).collect()).await;
}

/// Goes through all rooms, checking that each step is small and moves forward.
async fn sweep(store: &dyn Store, retention: Retention) -> Vec<Forgotten> {
    let (mut from, mut steps) = (None, Vec::new());
    for _ in 0..100 {
        let swept = store.retain(retention, NOW_MS, from.clone()).await.expect("a step");
        if let Some(step) = swept.forgotten {
            assert!((1..=MAX_FORGET).contains(&step.messages), "a step forgets few messages: {step:?}");
            steps.push(step);
        }
        assert!(swept.next.is_none() || swept.next >= from, "a sweep goes forward");
        from = swept.next;
        if from.is_none() {
            return steps;
        }
    }
    unreachable!("a sweep comes to an end: {steps:?}")
}

/// The floor, the number of the oldest message of a page from the start, and the head.
async fn bounds(store: &dyn Store, room: &str) -> (u64, u64, u64) {
    let stands = store.head(room_name(room)).await.expect("a head");
    let first = page(store, room, Range::After(0), 1).await;
    (stands.floor, first.messages[0].seq, stands.seq)
}

/// Beyond a number of messages the oldest go, in every room that has more; numbers go on.
pub(super) async fn keeps_so_many(store: Arc<dyn Store>) {
    for (room, n) in [("attic", 100), ("hall", 400), ("yard", 101), ("zoo", 99)] {
        fill(&*store, room, n).await;
    }
    let steps = sweep(&*store, keep(100)).await;
    let of = |room| {
        steps.iter().filter(|step| step.room == room_name(room)).map(|step| step.messages).sum::<u64>()
    };
    assert_eq!((of("attic"), of("hall"), of("yard"), of("zoo")), (0, 300, 1, 0), "the rooms keep 100 each");
    assert_eq!(steps.last().map(|step| step.floor), Some(1), "a step tells the floor: {steps:?}");
    assert_eq!(bounds(&*store, "hall").await, (300, 301, 400), "the oldest are gone");
    assert_eq!(bounds(&*store, "attic").await, (0, 1, 100), "a room at its limit keeps all");
    assert_eq!(page(&*store, "hall", Range::Newest, 1000).await.messages.len(), 100);
    assert_eq!(fresh(append(&*store, vec![message("hall", "ann", "next")]).await[0]), 401, "numbers go on");
    assert_eq!(sweep(&*store, Retention::default()).await, [], "without a limit everything is kept");
}

/// A nonce lives as long as its message: then it names another one.
pub(super) async fn forgets_nonces_with_their_messages(store: Arc<dyn Store>) {
    fill(&*store, "hall", 10).await;
    sweep(&*store, keep(5)).await;
    let again = |nonce| with_nonce(nonce, message("hall", "ann", "hello"));
    let results = append(&*store, vec![again("n6"), again("n5")]).await;
    let kept = results[0].expect("appended");
    assert_eq!((kept.seq, kept.repeated), (6, true), "the nonce of a kept message is kept");
    assert_eq!(fresh(results[1]), 11, "the nonce of a forgotten message is free");
}

/// Age goes by each message's time, and stops at the first that is young enough.
pub(super) async fn keeps_what_is_young(store: Arc<dyn Store>) {
    fill_aged(&*store, "hall", &[5000, 1001, 1000, 9000, 0]).await;
    fill_aged(&*store, "yard", &[1000, 9000, 9000]).await;
    fill_aged(&*store, "zoo", &[9000, 9000, 0]).await;
    sweep(&*store, for_a_second()).await;
    assert_eq!(bounds(&*store, "hall").await, (2, 3, 5), "the old ones before the first young one go");
    assert_eq!(bounds(&*store, "yard").await, (0, 1, 3), "order is by number, not by time");
    assert_eq!(bounds(&*store, "zoo").await, (2, 3, 3), "every room is looked at");
}

/// The newest message stays, however old it is and however little is to be kept.
pub(super) async fn leaves_the_newest(store: Arc<dyn Store>) {
    fill_aged(&*store, "hall", &[9000; 5]).await;
    fill_aged(&*store, "yard", &[9000]).await;
    for retention in [for_a_second(), keep(1)] {
        sweep(&*store, retention).await;
        assert_eq!(bounds(&*store, "hall").await, (4, 5, 5), "the newest message stays");
        assert_eq!(bounds(&*store, "yard").await, (0, 1, 1), "the newest message stays");
    }
    assert_eq!(store.rooms(None, 10).await.expect("rooms").len(), 2, "the rooms are still there");
    assert_eq!(head(&*store, "hall").await, 5);
}

/// A change goes when it stands in front of the oldest message that is kept, and not before: until then somebody may have
/// all messages and lack it. The newest stays, so that numbers go on.
pub(super) async fn forgets_changes_that_nobody_lacks(store: Arc<dyn Store>) {
    let said = || message("hall", "ann", "hello");
    let changed = |seq, content| edit("hall", "ann", seq, content);
    append(&*store, vec![said(), changed(1, "a"), said(), changed(2, "b"), said(), changed(1, "c")]).await;
    append(&*store, vec![said(), changed(4, "d"), said(), message("yard", "ann", "hello")]).await;
    append(&*store, vec![edit("yard", "ann", 1, "x"), message("yard", "ann", "hello")]).await;
    let kept = async |room| {
        let read = store.changes(room_name(room), 0, 10).await.expect("changes");
        (read.changes.iter().map(|change| change.number).collect::<Vec<_>>(), read.newest)
    };
    for (messages, floor, changes) in [(4, 1, 1..=4), (3, 2, 2..=4), (2, 3, 3..=4), (1, 4, 4..=4)] {
        sweep(&*store, keep(messages)).await;
        assert_eq!(bounds(&*store, "hall").await.0, floor);
        assert_eq!(kept("hall").await, (changes.collect(), 4), "changes behind message {floor} are kept");
    }
    append(&*store, vec![said()]).await;
    sweep(&*store, keep(1)).await;
    assert_eq!(kept("hall").await, (vec![4], 4), "the newest change stays");
    assert_eq!(kept("yard").await, (vec![1], 1), "the newest change of each room stays");
    append(&*store, vec![changed(6, "e")]).await[0].expect("appended");
    assert_eq!(position(&*store, "hall").await.change, 5, "the numbers of changes go on");
}
