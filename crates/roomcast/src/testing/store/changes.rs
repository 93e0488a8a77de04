//! Edits and deletions: numbered in one order with the messages, and shown in them.

use super::{
    Dice, Results, all_changes, append, delete, edit, fresh, message,
    model::{Model, random_batch},
    page, position, room_name, send, whole_room, with_nonce,
};
use crate::store::{Append, AppendError, Appended, Kind, MAX_PAGE, Position, Range, Store};
use std::sync::Arc;

/// A message says what it was edited to, and a deleted one keeps its place and nothing else.
pub(super) async fn show_in_the_message(store: Arc<dyn Store>) {
    append(&*store, vec![message("hall", "ann", "one"), message("hall", "Ann", "two")]).await;
    let (change, again) = (edit("hall", "ann", 1, "uno"), edit("hall", "Ann", 1, "eins"));
    let edited_ms = again.at_ms;
    append(&*store, vec![change]).await[0].expect("one's own, under any spelling of one's name");
    append(&*store, vec![again]).await[0].expect("it can be edited again");
    let deletion = delete("hall", "ann", 2);
    let deleted_ms = deletion.at_ms;
    append(&*store, vec![edit("hall", "ann", 2, "zwei"), deletion]).await;
    let records = whole_room(&*store, "hall").await;
    assert_eq!((&*records[0].content, &*records[1].content), ("eins", ""), "messages say what they say now");
    assert_eq!(
        (records[0].edited_ms, records[0].deleted_ms),
        (Some(edited_ms), None),
        "an edited message tells when"
    );
    assert_eq!(
        (records[1].edited_ms, records[1].deleted_ms),
        (None, Some(deleted_ms)),
        "a deleted one as well"
    );
    assert_eq!(page(&*store, "hall", Range::Newest, 9).await.messages, records, "every page shows it");
    let names: Vec<_> =
        all_changes(&*store, "hall").await.into_iter().map(|c| c.user.name().to_owned()).collect();
    assert_eq!(names, ["ann", "Ann", "ann", "ann"], "a change shows the name it was made under");
}

/// Numbers of their own without holes, and a place in the one order: behind the message that was the newest, also in one
/// batch with it.
pub(super) async fn stand_behind_the_newest_message(store: Arc<dyn Store>) {
    let results = append(
        &*store,
        vec![
            message("hall", "ann", "one"),
            edit("hall", "ann", 1, "uno"),
            message("attic", "ann", "one"),
            message("hall", "ann", "two"),
            edit("hall", "ann", 1, "eins"),
            delete("hall", "ann", 2),
            message("hall", "ann", "three"),
        ],
    )
    .await;
    let at = |seq, change| Position { seq, change };
    let places: Vec<_> = results.iter().map(|result| result.expect("appended").at).collect();
    let expected = [at(1, 0), at(1, 1), at(1, 0), at(2, 1), at(2, 2), at(2, 3), at(3, 3)];
    assert_eq!(places, expected, "everything has its place in the order of the batch");
    let seqs: Vec<u64> = results.into_iter().map(fresh).collect();
    assert_eq!(seqs, [1, 1, 1, 2, 1, 2, 3], "a change names its message, and takes no message's number");
    let after: Vec<_> =
        all_changes(&*store, "hall").await.iter().map(|c| (c.number, c.after, c.seq)).collect();
    assert_eq!(
        after,
        [(1, 1, 1), (2, 2, 1), (3, 2, 2)],
        "changes stand behind the newest message of their time"
    );
    assert_eq!(position(&*store, "hall").await, at(3, 3), "the head tells the newest change");
    let heads = store.heads(vec![room_name("attic"), room_name("hall")]).await.expect("heads");
    assert_eq!(heads, [at(1, 0), at(3, 3)], "the heads tell the newest changes");
}

/// What is not there, is somebody else's or was deleted is not changed; nothing is made of the attempt.
pub(super) async fn are_refused_without_taking_a_number(store: Arc<dyn Store>) {
    let (nothing, foreign) = (Err(AppendError::NoSuchMessage), Err(AppendError::NotTheAuthor));
    let nowhere = append(&*store, vec![edit("nowhere", "ann", 1, "x"), delete("nowhere", "ann", 1)]).await;
    assert_eq!(nowhere, [nothing; 2], "in a room without messages there is none to change");
    assert!(store.rooms(None, 9).await.expect("rooms").is_empty(), "a refused change makes no room");
    append(
        &*store,
        vec![message("hall", "ann", "one"), message("hall", "ann", "two"), delete("hall", "ann", 2)],
    )
    .await;
    let refused: [(Append, Result<Appended, AppendError>); 8] = [
        (edit("hall", "ann", 0, "x"), nothing),
        (edit("hall", "ann", 3, "x"), nothing),
        (delete("hall", "ann", 3), nothing),
        (delete("hall", "ann", (1 << 53) - 1), nothing),
        (edit("hall", "bob", 1, "x"), foreign),
        (delete("hall", "bob", 1), foreign),
        (delete("hall", "bob", 2), foreign),
        (edit("hall", "ann", 2, "x"), nothing),
    ];
    let (batch, expected): (Vec<_>, Vec<_>) = refused.into_iter().unzip();
    assert_eq!(append(&*store, batch).await, expected, "a change is refused with its reason");
    assert_eq!(
        position(&*store, "hall").await,
        Position { seq: 2, change: 1 },
        "a refused change takes no number"
    );
    assert_eq!(*whole_room(&*store, "hall").await[0].content, *"one", "a refused change changes nothing");
}

/// An edit to what is said already, and a deletion of what is deleted, are answered like the first and make no change.
pub(super) async fn that_change_nothing_are_repetitions(store: Arc<dyn Store>) {
    let said = message("hall", "ann", "one");
    let said_ms = said.at_ms;
    append(&*store, vec![said]).await;
    let repeated =
        |change, at_ms| Ok(Appended { seq: 1, at: Position { seq: 1, change }, at_ms, repeated: true });
    let same = append(&*store, vec![edit("hall", "ann", 1, "one")]).await;
    assert_eq!(same, [repeated(0, said_ms)], "an edit to what was said at first");
    let change = edit("hall", "ann", 1, "uno");
    let edited_ms = change.at_ms;
    let twice = append(&*store, vec![change, edit("hall", "ann", 1, "uno")]).await;
    assert_eq!(twice[1], repeated(1, edited_ms), "the same edit again");
    let deletion = delete("hall", "ann", 1);
    let deleted_ms = deletion.at_ms;
    append(&*store, vec![deletion]).await;
    let again = append(&*store, vec![delete("hall", "ann", 1)]).await;
    assert_eq!(again, [repeated(2, deleted_ms)], "a deletion of what is deleted");
    assert_eq!(all_changes(&*store, "hall").await.len(), 2, "repetitions make no change");
}

/// A nonce stands for what was sent with it first, whatever became of the message.
pub(super) async fn leave_a_nonce_to_its_first_content(store: Arc<dyn Store>) {
    let sent = |content: &str| with_nonce("n", message("hall", "ann", content));
    let first = append(&*store, vec![sent("one")]).await[0].expect("appended");
    let changes = [edit("hall", "ann", 1, "uno"), edit("hall", "ann", 1, "eins"), delete("hall", "ann", 1)];
    for (n, change) in (1..).zip(changes) {
        let results = append(&*store, vec![change, sent("one"), sent("uno"), sent("eins"), sent("")]).await;
        let repeated = Appended { at: Position { seq: 1, change: n }, repeated: true, ..first };
        assert_eq!(results[1], Ok(repeated), "after change {n} a repetition is known");
        let conflicts = [Err(AppendError::NonceConflict); 3];
        assert_eq!(results[2..], conflicts, "after change {n} other words are a conflict");
    }
    assert_eq!(whole_room(&*store, "hall").await.len(), 1, "a repetition is not said again");
}

/// What was deleted is nowhere any more: not in the message, and not in the edits that led to it. Others' stay.
pub(super) async fn erase_what_was_said(store: Arc<dyn Store>) {
    append(&*store, vec![message("hall", "ann", "one"), message("hall", "ann", "two")]).await;
    append(
        &*store,
        vec![edit("hall", "ann", 1, "uno"), edit("hall", "ann", 2, "due"), edit("hall", "ann", 1, "eins")],
    )
    .await;
    let edited = |content: &str| Kind::Edit { content: Some(content.into()) };
    let kinds = async || all_changes(&*store, "hall").await.into_iter().map(|c| c.kind).collect::<Vec<_>>();
    assert_eq!(
        kinds().await,
        [edited("uno"), edited("due"), edited("eins")],
        "edits are kept for those who lack them"
    );
    append(&*store, vec![delete("hall", "ann", 1)]).await;
    let erased = Kind::Edit { content: None };
    let expected = [erased.clone(), edited("due"), erased, Kind::Delete];
    assert_eq!(kinds().await, expected, "a deletion erases the edits of its message, and no others");
}

/// Changes come after a number, the oldest first, so many and no more.
pub(super) async fn come_in_pages(store: Arc<dyn Store>) {
    let n = MAX_PAGE as u64 + 50;
    append(
        &*store,
        vec![message("hall", "ann", "0"), message("attic", "ann", "0"), edit("attic", "ann", 1, "x")],
    )
    .await;
    append(&*store, (1..=n).map(|n| edit("hall", "ann", 1, &n.to_string())).collect()).await;
    for (after, limit, upto) in [
        (0, 3, 3),
        (7, 2, 9),
        (n - 2, 10, n),
        (n, 10, n),
        (u64::MAX, 10, 0),
        (0, 0, 0),
        (0, usize::MAX, MAX_PAGE as u64),
        (50, usize::MAX, n),
    ] {
        let read = store.changes(room_name("hall"), after, limit).await.expect("changes");
        let numbers: Vec<_> = read.changes.iter().map(|change| change.number).collect();
        let expected: Vec<_> = (after.saturating_add(1)..=upto).collect();
        assert_eq!(numbers, expected, "at most {limit} changes after {after}");
        assert_eq!(read.newest, n, "the newest is told");
        let contents =
            read.changes.iter().all(|c| c.kind == Kind::Edit { content: Some(c.number.to_string().into()) });
        assert!(contents, "each change is the one that it numbers");
    }
    let nowhere = store.changes(room_name("nowhere"), 0, 10).await.expect("changes");
    assert_eq!((nowhere.changes.len(), nowhere.newest), (0, 0), "a room that nobody has written to");
}

/// Random batches of messages and changes, of the same messages, too, against a model.
pub(super) async fn of_random_batches(store: Arc<dyn Store>) {
    let (mut dice, mut model) = (Dice::from_environment(), Model::default());
    for _ in 0..60 {
        let batches: Vec<Vec<Append>> = (0..=dice.below(4)).map(|_| random_batch(&mut dice)).collect();
        let expected: Vec<Results> =
            batches.iter().map(|b| b.iter().map(|item| model.append(item)).collect()).collect();
        let answers: Vec<_> = batches.into_iter().map(|batch| send(&*store, batch)).collect();
        for (answer, expected) in answers.into_iter().zip(expected) {
            assert_eq!(answer.await, expected, "messages and changes are numbered as they came");
        }
    }
    model.check(&*store).await;
}
