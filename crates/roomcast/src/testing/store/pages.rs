//! Pages in all directions, and I11: what was answered can be read.

use super::{Dice, append, head, message, page, room_name};
use crate::store::{MAX_PAGE, Position, Range, Store};
use std::sync::{Arc, mpsc};

async fn fill(store: &dyn Store, room: &str, n: u64) {
    let batch = (1..=n).map(|n| message(room, "ann", &n.to_string())).collect();
    append(store, batch).await;
}

async fn seqs(store: &dyn Store, room: &str, range: Range, limit: usize) -> (Vec<u64>, bool) {
    let page = page(store, room, range, limit).await;
    assert!(
        page.messages.iter().all(|m| *m.content == *m.seq.to_string()),
        "a page shows the messages it numbers"
    );
    (page.messages.iter().map(|m| m.seq).collect(), page.more)
}

/// The examples that the contract's words mean.
pub(super) async fn in_all_directions(store: Arc<dyn Store>) {
    fill(&*store, "hall", 20).await;
    fill(&*store, "attic", 3).await;
    let cases: [(Range, usize, &[u64], bool); 17] = [
        (Range::Newest, 3, &[18, 19, 20], true),
        (Range::Newest, 0, &[], true),
        (Range::Before(4), 2, &[2, 3], true),
        (Range::Before(4), 3, &[1, 2, 3], false),
        (Range::Before(1), 3, &[], false),
        (Range::Before(0), 3, &[], false),
        (Range::Before(u64::MAX), 2, &[19, 20], true),
        (Range::After(0), 2, &[1, 2], true),
        (Range::After(17), 2, &[18, 19], true),
        (Range::After(17), 3, &[18, 19, 20], false),
        (Range::After(20), 3, &[], false),
        (Range::After(u64::MAX), 3, &[], false),
        (Range::Around(10), 4, &[8, 9, 10, 11], true),
        (Range::Around(10), 5, &[8, 9, 10, 11, 12], true),
        (Range::Around(1), 4, &[1, 2], true),
        (Range::Around(20), 4, &[18, 19, 20], true),
        (Range::Around(u64::MAX), 2, &[20], true),
    ];
    for (range, limit, expected, more) in cases {
        let read = seqs(&*store, "hall", range, limit).await;
        assert_eq!(read, (expected.to_vec(), more), "a page of {limit}, {range:?}, of 20 messages");
    }
    assert_eq!(
        seqs(&*store, "attic", Range::Around(2), 100).await,
        (vec![1, 2, 3], false),
        "the room is whole"
    );
    let empty = page(&*store, "nowhere", Range::Newest, 10).await;
    assert_eq!(
        (empty.messages.len(), empty.more, empty.head),
        (0, false, 0),
        "a room that nobody has written to"
    );
    assert_eq!(page(&*store, "hall", Range::After(3), 1).await.head, 20, "a page tells the head");
}

/// Random pages of a room longer than the longest page, against what the contract says in other words.
pub(super) async fn of_a_random_room(store: Arc<dyn Store>) {
    let mut dice = Dice::from_environment();
    let n = MAX_PAGE as u64 + dice.below(200) + 1;
    fill(&*store, "hall", n).await;
    for _ in 0..60 {
        let seq = dice.below(n + 10);
        let limit = [dice.below(20), dice.below(2 * n)][dice.below(2) as usize] as usize;
        let range = [Range::Newest, Range::Before(seq), Range::After(seq), Range::Around(seq)]
            [dice.below(4) as usize];
        let read = seqs(&*store, "hall", range, limit).await;
        assert_eq!(read, expected(n, range, limit), "a page of {limit}, {range:?}, of {n} messages");
    }
}

fn expected(n: u64, range: Range, limit: usize) -> (Vec<u64>, bool) {
    let limit = limit.min(MAX_PAGE);
    let (before, from): (Vec<u64>, Vec<u64>) = match range {
        Range::Newest => ((1..=n).collect(), Vec::new()),
        Range::Before(seq) => ((1..=n).filter(|s| *s < seq).collect(), Vec::new()),
        Range::After(seq) => (Vec::new(), (1..=n).filter(|s| *s > seq).collect()),
        Range::Around(seq) => (1..=n).partition(|s| *s < seq),
    };
    let half = match range {
        Range::Newest | Range::Before(_) => limit,
        Range::After(_) => 0,
        Range::Around(_) => limit / 2,
    };
    let skipped = before.len().saturating_sub(half);
    let taken = from.len().min(limit - half);
    let more = skipped > 0 || taken < from.len();
    (before.into_iter().skip(skipped).chain(from.into_iter().take(taken)).collect(), more)
}

/// A page and a head that are asked for once `done` was called hold the message (I11), and none holds one before.
pub(super) async fn hold_what_was_answered(store: Arc<dyn Store>) {
    for n in 1..=100 {
        let (done_tx, done_rx) = mpsc::sync_channel(1);
        store.append(
            vec![message("hall", "ann", &n.to_string())],
            Box::new(move |_| done_tx.send(()).expect("somebody waits")),
        );
        done_rx.recv().expect("done is called");
        let read = page(&*store, "hall", Range::Newest, 1).await;
        assert_eq!((read.head, read.messages.len()), (n, 1), "what was answered can be read");
        assert_eq!(*read.messages[0].content, *n.to_string(), "what was answered can be read");
        assert_eq!(head(&*store, "hall").await, n, "the head knows what was answered");
        let heads = store.heads(vec![room_name("hall")]).await.expect("heads");
        assert_eq!(heads, [Position { seq: n, change: 0 }], "the heads know it too");
    }
}
