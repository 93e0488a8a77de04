//! Moving messages: what differs is seen, and large rooms go whole.

use crate::child;
use roomcast::{
    store::{Append, AppendError, Position, Retention, Store, What},
    testing::store::{append, delete, edit, message, with_nonce},
};
use roomcast_protocol::{RoomName, UserName};
use roomcast_store::{
    sqlite::{Import, Snapshot},
    transfer::{ImportOptions, LineSink, LineSource, RoomChain, Source, Totals, compare, copy},
};
use sha2::{Digest as _, Sha256};
use std::{num::NonZeroU64, path::Path};

/// A store with a long room that does not begin with 1, and a short one.
async fn fill(dir: &Path) {
    let store = child::open(dir);
    append(&store, vec![message("hall", "ann", "x"); 2500]).await;
    append(&store, vec![message("attic", "bob", "y")]).await;
    let keep = Retention { max_messages: NonZeroU64::new(2400), ..Retention::default() };
    store.retain(keep, 0, None).await.unwrap();
    store.close().await.unwrap();
}

fn lines(dir: &Path) -> Vec<u8> {
    lines_from(&mut Snapshot::open(dir, None).unwrap())
}

pub(crate) fn lines_from(source: &mut dyn Source) -> Vec<u8> {
    let mut out = Vec::new();
    copy(source, &mut LineSink::new(&mut out, Path::new("lines"))).unwrap();
    out
}

fn source(text: &[u8]) -> LineSource<&[u8]> {
    LineSource::open(text, Path::new("lines")).unwrap()
}

/// Whether both hold the same, and what was told of them.
fn compared(one: &[u8], other: &[u8]) -> (bool, Vec<[Option<RoomChain>; 2]>) {
    let mut told = Vec::new();
    let tell = |one: Option<&RoomChain>, other: Option<&RoomChain>| told.push([one.cloned(), other.cloned()]);
    (compare(&mut source(one), &mut source(other), tell).unwrap(), told)
}

#[tokio::test]
async fn a_store_of_many_pages_goes_into_another_whole() {
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [one, other] = [dirs[0].path(), dirs[1].path()];
    fill(one).await;
    let mut import = Import::open(other, ImportOptions::default()).unwrap();
    let totals = copy(&mut Snapshot::open(one, None).unwrap(), &mut import).unwrap();
    assert_eq!(totals, Totals { rooms: 2, messages: 2401, changes: 0 });
    drop(import);
    let text = lines(one);
    assert_eq!(lines(other), text);
    let (same, told) = compared(&text, &lines(other));
    assert!(same);
    let [Some(hall), _] = &told[1] else { unreachable!("{told:?}") };
    assert_eq!((hall.room.as_str(), hall.first, hall.last), ("hall", 101, 2500));
    let text = String::from_utf8(text).unwrap();
    let hall_lines = text.lines().filter(|line| line.contains(r#""room":"hall""#));
    let hash = Sha256::digest(hall_lines.map(|line| format!("{line}\n")).collect::<String>());
    assert_eq!(hall.hash, format!("{hash:x}"), "anybody can compute the hash from an export");
}

/// Changes of several pages, the oldest of them forgotten, and of every kind that a message can be left in.
pub(crate) async fn fill_changed(store: &dyn Store) {
    let old = vec![message("hall", "ann", "x"), edit("hall", "ann", 1, "y"), message("hall", "ann", "x")];
    append(store, old).await;
    let said =
        |n: u64, user: &str| with_nonce(&format!("n{n}"), message("hall", user, &format!("first {n}")));
    append(store, vec![said(3, "ann"), said(4, "bob"), said(5, "ann"), message("hall", "Ann", "none")]).await;
    append(store, (1..=1500).map(|n| edit("hall", "ANN", 3, &format!("edit {n}"))).collect()).await;
    let changes = [edit("hall", "bob", 4, "x"), delete("hall", "bob", 4), edit("hall", "ann", 6, "y")];
    append(store, [&changes[..], &[message("hall", "bob", "last"), delete("hall", "ann", 6)]].concat()).await;
    let keep = Retention { max_messages: NonZeroU64::new(5), ..Retention::default() };
    assert_eq!(store.retain(keep, 0, None).await.unwrap().forgotten.unwrap().floor, 2);
    append(store, vec![message("attic", "ann", "x"), delete("attic", "ann", 1)]).await;
}

/// What [`fill_changed`] has made is there, and repetitions are known.
pub(crate) async fn goes_on_changed(store: &dyn Store) {
    let hall = RoomName::parse("hall").unwrap();
    let at = Position { seq: 7, change: 1505 };
    let head = store.head(hall.clone()).await.unwrap();
    assert_eq!((head.floor, head.position()), (2, at));
    assert_eq!(store.changes(hall, 0, 1).await.unwrap().changes[0].number, 2);
    let sent = |n: u64, user, content: &str| with_nonce(&format!("n{n}"), message("hall", user, content));
    let firsts = [sent(3, "ann", "first 3"), sent(4, "bob", "first 4"), sent(5, "ann", "first 5")];
    for (seq, result) in (3..).zip(append(store, firsts.to_vec()).await) {
        let appended = result.unwrap();
        assert_eq!((appended.seq, appended.at, appended.repeated), (seq, at, true));
    }
    let others = [sent(3, "ann", "edit 1500"), sent(4, "bob", ""), sent(4, "bob", "x"), sent(5, "ann", "x")];
    assert_eq!(append(store, others.to_vec()).await, [Err(AppendError::NonceConflict); 4]);
    let gone = append(store, vec![edit("hall", "bob", 4, "x"), delete("hall", "bob", 4)]).await;
    assert_eq!((gone[0], gone[1].unwrap().repeated), (Err(AppendError::NoSuchMessage), true));
    let next = append(store, vec![edit("hall", "ann", 3, "more")]).await[0].unwrap();
    assert_eq!((next.seq, next.at), (3, Position { change: at.change + 1, ..at }));
}

#[tokio::test]
async fn changes_go_into_another_store_whole() {
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let store = child::open(dirs[0].path());
    fill_changed(&store).await;
    store.close().await.unwrap();
    let text = lines(dirs[0].path());
    let mut import = Import::open(dirs[1].path(), ImportOptions::default()).unwrap();
    let totals = copy(&mut source(&text), &mut import).unwrap();
    assert_eq!(totals, Totals { rooms: 2, messages: 6, changes: 1505 });
    drop(import);
    assert!(lines(dirs[1].path()) == text);
    let store = child::open(dirs[1].path());
    goes_on_changed(&store).await;
    store.close().await.unwrap();
    let (same, told) = compared(&text, &lines(dirs[1].path()));
    assert!(!same && told[0][0] == told[0][1] && told[1][0] != told[1][1], "a change more is seen: {told:?}");
}

#[tokio::test]
async fn what_is_not_finished_is_undone() {
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    fill(dirs[0].path()).await;
    let text = lines(dirs[0].path());
    let cut = &text[..text.len() - 2];
    let mut import = Import::open(dirs[1].path(), ImportOptions::default()).unwrap();
    copy(&mut source(cut), &mut import).unwrap_err();
    drop(import);
    let store = child::open(dirs[1].path());
    assert_eq!(store.rooms(None, 10).await.unwrap(), []);
}

/// A store that differs from another in one thing.
async fn lines_of(batch: Vec<Append>) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let store = child::open(dir.path());
    append(&store, batch).await;
    store.close().await.unwrap();
    let text = String::from_utf8(lines(dir.path())).unwrap();
    let (_, rest) = text.split_once('\n').unwrap();
    format!("{{\"format\":\"roomcast-export\",\"version\":1,\"epoch\":\"e\"}}\n{rest}").into_bytes()
}

#[tokio::test]
async fn whatever_differs_is_seen() {
    let said = |content: &str, nonce: Option<&str>, reply_to| {
        let what = What::Message { content: content.into(), nonce: nonce.map(Into::into), reply_to };
        Append { what, ..message("hall", "Ann", "") }
    };
    let one = said("x", Some("n"), Some(1));
    let batch = vec![message("attic", "bob", "y"), one.clone(), message("hall", "bob", "z")];
    let with = |other: Append| vec![batch[0].clone(), other, batch[2].clone()];
    let text = lines_of(batch.clone()).await;
    assert!(compared(&text, &lines_of(batch.clone()).await).0);
    let shown = UserName::from_parts("ann", "ANN").into();
    for (what, other) in [
        ("content", with(said("X", Some("n"), Some(1)))),
        ("time", with(Append { at_ms: one.at_ms + 1, ..one.clone() })),
        ("nonce", with(said("x", None, Some(1)))),
        ("reply", with(said("x", Some("n"), None))),
        ("shown name", with(Append { user: shown, ..one.clone() })),
        ("order", vec![batch[0].clone(), batch[2].clone(), one.clone()]),
        ("a message less", batch[..2].to_vec()),
        ("a room less", batch[1..].to_vec()),
    ] {
        let other = lines_of(other).await;
        assert!(!compared(&text, &other).0, "{what}");
        assert!(!compared(&other, &text).0, "{what}");
    }
    let renamed = String::from_utf8(text.clone()).unwrap().replacen(r#""epoch":"e""#, r#""epoch":"f""#, 1);
    assert!(!compared(&text, renamed.as_bytes()).0, "epoch");
    let (_, told) = compared(&text, &lines_of(batch[1..].to_vec()).await);
    assert!(matches!(&told[0], [Some(attic), None] if attic.room.as_str() == "attic"), "{told:?}");
}
