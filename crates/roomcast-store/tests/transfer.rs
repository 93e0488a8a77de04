//! Moving messages: what differs is seen, and large rooms go whole.

use crate::child;
use roomcast::{
    store::{Append, Retention, Store, What},
    testing::store::{append, message},
};
use roomcast_protocol::UserName;
use roomcast_store::{
    sqlite::{Import, Snapshot},
    transfer::{ImportOptions, LineSink, LineSource, RoomChain, Totals, compare, copy},
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
    let mut out = Vec::new();
    let mut sink = LineSink::new(&mut out, Path::new("lines"));
    copy(&mut Snapshot::open(dir, None).unwrap(), &mut sink).unwrap();
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
    assert_eq!(totals, Totals { rooms: 2, messages: 2401 });
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
