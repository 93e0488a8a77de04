//! I2: each room's messages are 1, 2, 3, … in the order of the batches.

use super::{Dice, Results, append, content, fresh, message, model::Model, send, whole_room, with_nonce};
use crate::store::{Append, MAX_BATCH, Store};
use std::{sync::Arc, thread};

/// Random batches with repetitions and conflicts, inside a batch and across batches, against a model (P4).
pub(super) async fn are_dense(store: Arc<dyn Store>) {
    let mut dice = Dice::from_environment();
    let mut model = Model::default();
    for _ in 0..60 {
        let batches: Vec<Vec<Append>> = (0..=dice.below(4)).map(|_| random_batch(&mut dice)).collect();
        let expected: Vec<Results> =
            batches.iter().map(|b| b.iter().map(|m| model.append(m)).collect()).collect();
        let answers: Vec<_> = batches.into_iter().map(|batch| send(&*store, batch)).collect();
        for (answer, expected) in answers.into_iter().zip(expected) {
            assert_eq!(answer.await, expected, "numbers are dense and repetitions take none");
        }
    }
    model.check(&*store).await;
}

fn random_batch(dice: &mut Dice) -> Vec<Append> {
    (0..dice.below(24)).map(|_| random_message(dice)).collect()
}

fn random_message(dice: &mut Dice) -> Append {
    let user = ["ann", "bob", "cy"][dice.below(3) as usize];
    let content = ["yes", "no"][usize::from(dice.below(8) == 0)];
    let message = message(&format!("room-{}", dice.below(4)), user, content);
    if dice.below(4) == 0 { message } else { with_nonce(&format!("n{}", dice.below(60)), message) }
}

/// Several threads append to the same rooms: one order in each room, and each thread's messages in its own order.
pub(super) async fn are_dense_for_concurrent_appenders(store: Arc<dyn Store>) {
    const THREADS: usize = 4;
    const BATCHES: usize = 40;
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            let store = Arc::clone(&store);
            thread::spawn(move || {
                (0..BATCHES).map(|n| send(&*store, batch_of(thread, n))).collect::<Vec<_>>()
            })
        })
        .collect();
    let mut answered = Vec::new();
    for (thread, answers) in threads.into_iter().enumerate() {
        for (n, answer) in answers.join().expect("a thread that appends").into_iter().enumerate() {
            let seqs: Vec<u64> = answer.await.into_iter().map(fresh).collect();
            assert!(seqs.is_sorted(), "batch {n} of thread {thread} was reordered: {seqs:?}");
            answered.extend(seqs.into_iter().zip(batch_of(thread, n)));
        }
        assert!(
            answered[thread * BATCHES * 3..].is_sorted_by_key(|(seq, _)| *seq),
            "batches kept their order"
        );
    }
    answered.sort_by_key(|(seq, _)| *seq);
    let records = whole_room(&*store, "hall").await;
    assert_eq!(records.len(), THREADS * BATCHES * 3, "every message is there once");
    for (record, (seq, message)) in records.into_iter().zip(answered) {
        assert_eq!(
            (record.seq, &record.user),
            (seq, &message.user),
            "each number was answered to its sender"
        );
        assert_eq!(record.content, *content(&message), "each number was answered to its sender");
    }
}

fn batch_of(thread: usize, n: usize) -> Vec<Append> {
    (0..3).map(|i| message("hall", &format!("user{thread}"), &format!("{n}.{i}"))).collect()
}

/// A batch of a message for each of many rooms, twice.
pub(super) async fn of_many_rooms_in_one_batch(store: Arc<dyn Store>) {
    let batch = || (0..MAX_BATCH).map(|n| message(&format!("room-{n}"), "ann", "hello")).collect();
    for round in 1..=2 {
        let seqs: Vec<u64> = append(&*store, batch()).await.into_iter().map(fresh).collect();
        assert_eq!(seqs, [round; MAX_BATCH], "each of many rooms numbers its own messages");
    }
}

/// A batch of several commits is answered once, in order.
pub(super) async fn of_a_batch_longer_than_a_commit(store: Arc<dyn Store>) {
    let n = 2 * MAX_BATCH + 3;
    let batch = (0..n).map(|n| message("hall", "ann", &n.to_string())).collect();
    let seqs = append(&*store, batch).await.into_iter().map(fresh);
    assert!(seqs.eq(1..=n as u64), "a long batch is answered whole and in order");
    assert!(append(&*store, Vec::new()).await.is_empty(), "an empty batch is answered too");
    let contents = whole_room(&*store, "hall").await.into_iter().map(|r| r.content.to_string());
    assert!(contents.eq((0..n).map(|n| n.to_string())), "a long batch is kept in order");
}
