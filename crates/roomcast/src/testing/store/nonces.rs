//! I3 and I5: (room, user, nonce) is one message, and sending it again is safe.

use super::{append, fresh, head, message, send, whole_room, with_nonce};
use crate::store::{AppendError, Appended, Position, Store};
use std::{collections::HashMap, sync::Arc, thread};

/// A repetition gets the first number and time, in the same batch, in a later one, and under another spelling of
/// the user's name.
pub(super) async fn name_one_message(store: Arc<dyn Store>) {
    append(&*store, vec![message("hall", "bob", "before")]).await;
    let first = with_nonce("n", message("hall", "Ann", "hello"));
    let at = |seq| Position { seq, change: 0 };
    let first_ms = first.at_ms;
    let repeated = |head| Ok(Appended { seq: 2, at: at(head), at_ms: first_ms, repeated: true });
    let again = || with_nonce("n", message("hall", "Ann", "hello"));
    let results = append(&*store, vec![first, again(), message("hall", "bob", "after")]).await;
    assert_eq!(fresh(results[0]), 2);
    assert_eq!(results[1], repeated(2), "a repetition inside a batch gets the first number and time");
    assert_eq!(fresh(results[2]), 3, "a repetition takes no number");
    let later = append(&*store, vec![again(), with_nonce("n", message("hall", "ann", "hello"))]).await;
    assert_eq!(later, [repeated(3); 2], "a later repetition gets the first number and time");
    assert_eq!(whole_room(&*store, "hall").await.len(), 3);
}

/// The same nonce from another user, or in another room, is another message (P25); without a nonce everything is.
pub(super) async fn belong_to_one_user_and_room(store: Arc<dyn Store>) {
    let batch = vec![
        with_nonce("n", message("hall", "ann", "hello")),
        with_nonce("n", message("hall", "bob", "hello")),
        with_nonce("n", message("attic", "ann", "hello")),
        message("hall", "ann", "hello"),
        message("hall", "ann", "hello"),
    ];
    let seqs: Vec<u64> = append(&*store, batch).await.into_iter().map(fresh).collect();
    assert_eq!(seqs, [1, 2, 1, 3, 4], "a nonce belongs to one user in one room");
}

/// The same nonce with another content is refused and leaves no trace.
pub(super) async fn conflict_without_taking_a_number(store: Arc<dyn Store>) {
    let batch = vec![
        with_nonce("n", message("hall", "ann", "hello")),
        with_nonce("n", message("hall", "ann", "goodbye")),
        message("hall", "ann", "next"),
    ];
    let results = append(&*store, batch).await;
    assert_eq!(results[1], Err(AppendError::NonceConflict), "another content under a nonce is a conflict");
    assert_eq!(fresh(results[2]), 2, "a conflict takes no number");
    let later = append(&*store, vec![with_nonce("n", message("hall", "ann", "goodbye"))]).await;
    assert_eq!(later, [Err(AppendError::NonceConflict)], "a conflict stays one");
    assert_eq!(head(&*store, "hall").await, 2, "a conflict takes no number");
}

/// Many senders of the same nonces at once: each nonce has one number, and everybody hears it (P3, F19).
pub(super) async fn race(store: Arc<dyn Store>) {
    const NONCES: usize = 50;
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let store = Arc::clone(&store);
            let send_one =
                move |n| send(&*store, vec![with_nonce(&format!("n{n}"), message("hall", "ann", "hello"))]);
            thread::spawn(move || (0..NONCES).map(send_one).collect::<Vec<_>>())
        })
        .collect();
    let mut seen: HashMap<usize, Vec<Appended>> = HashMap::new();
    for thread in threads {
        for (n, answer) in thread.join().expect("a thread that appends").into_iter().enumerate() {
            seen.entry(n).or_default().push(answer.await[0].expect("appended"));
        }
    }
    for (nonce, answers) in seen {
        assert_eq!(answers.iter().filter(|a| !a.repeated).count(), 1, "nonce {nonce} has one first message");
        assert!(answers.iter().all(|a| a.seq == answers[0].seq), "nonce {nonce} has one number: {answers:?}");
        assert!(
            answers.iter().all(|a| a.at_ms == answers[0].at_ms),
            "nonce {nonce} has one time: {answers:?}"
        );
    }
    assert_eq!(whole_room(&*store, "hall").await.len(), NONCES);
}
