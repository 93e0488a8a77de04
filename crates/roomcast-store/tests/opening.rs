//! What can be in the way of opening a store, and that the operator is told.

use crate::child;
use roomcast::{
    store::{Durability, Range, Store},
    testing::store::{append, edit, message},
};
use roomcast_protocol::RoomName;
use roomcast_store::{OpenError, Options, Sqlite};
use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::Path,
    process::Stdio,
};

fn open_error(dir: &Path) -> OpenError {
    Sqlite::open(dir, Options::default()).unwrap_err()
}

/// A store that was made, written to and closed.
async fn make(dir: &Path) {
    let store = child::open(dir);
    append(&store, vec![message("hall", "ann", "hello")]).await[0].unwrap();
    store.close().await.unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn files_are_their_owners_alone() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("a/b");
    let store = child::open(&dir);
    append(&store, vec![message("hall", "ann", "hello")]).await[0].unwrap();
    assert_eq!(mode(&dir), 0o700);
    for file in ["roomcast.db", "roomcast.db-wal", "roomcast.db-shm", "roomcast.lock"] {
        assert_eq!(mode(&dir.join(file)), 0o600, "{file}");
    }
    store.close().await.unwrap();
    assert!(!dir.join("roomcast.db-wal").exists(), "a clean stop leaves no log");
}

#[tokio::test]
async fn messages_and_epoch_stay_over_a_clean_stop() {
    let dir = tempfile::tempdir().unwrap();
    make(dir.path()).await;
    let hall = RoomName::parse("hall").unwrap();
    let store = child::open(dir.path());
    let head = store.head(hall.clone()).await.unwrap();
    assert_eq!(head.seq, 1);
    assert_eq!(append(&store, vec![message("hall", "ann", "again")]).await[0].unwrap().seq, 2);
    store.close().await.unwrap();
    let store = child::open(dir.path());
    assert_eq!(store.head(hall).await.unwrap(), roomcast::store::Head { seq: 2, ..head });
}

#[tokio::test]
async fn dropping_ends_the_store() {
    let dir = tempfile::tempdir().unwrap();
    let store = child::open(dir.path());
    let answers = roomcast::testing::store::send(&store, vec![message("hall", "ann", "hello"); 300]);
    drop(store);
    assert!(answers.await.iter().all(Result::is_ok), "what was queued is committed");
    let reopened = loop {
        match Sqlite::open(dir.path(), Options::default()) {
            Err(OpenError::InUse { .. }) => std::thread::yield_now(),
            other => break other.unwrap(),
        }
    };
    assert_eq!(reopened.heads(vec![RoomName::parse("hall").unwrap()]).await.unwrap()[0].seq, 300);
}

/// The process that holds a directory until its standard input ends.
#[test]
fn holds_the_directory() {
    let Some(dir) = child::dir() else { return };
    let _store = child::open(&dir);
    println!("\nholding");
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

#[test]
fn a_second_server_is_told_who_has_the_directory() {
    let dir = tempfile::tempdir().unwrap();
    let mut child =
        child::command("opening::holds_the_directory", dir.path()).stdin(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "holding"));
    let error = open_error(dir.path());
    assert!(matches!(error, OpenError::InUse { pid: Some(pid), .. } if pid == child.id()), "{error:?}");
    assert!(error.to_string().contains(&format!("process {}", child.id())), "{error}");
    child.kill().unwrap();
    child.wait().unwrap();
    child::open(dir.path());
}

#[test]
fn a_file_in_place_of_the_directory() {
    let parent = tempfile::tempdir().unwrap();
    let file = parent.path().join("file");
    fs::write(&file, "").unwrap();
    for path in [file.clone(), file.join("below")] {
        let error = open_error(&path);
        assert!(matches!(error, OpenError::NotADirectory { .. }), "{error:?}");
    }
}

/// The process that is nobody, and may not write.
#[test]
fn opens_as_nobody() {
    let Some(dir) = child::dir() else { return };
    let error = open_error(&dir);
    assert!(matches!(error, OpenError::NotWritable { .. }), "{error:?}");
    println!("\n{error}");
}

#[test]
fn a_directory_that_is_not_writable() {
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o555)).unwrap();
    let mut command = child::command("opening::opens_as_nobody", dir.path());
    if rustix::process::geteuid().is_root() {
        // Root may write anywhere.
        command.uid(65534);
    }
    let out = match command.output() {
        // Nobody may not run programs in this checkout: nothing to be seen here.
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => return,
        out => out.unwrap(),
    };
    let text = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success() && text.contains("is not writable by this user"), "{text}");
}

#[tokio::test]
async fn a_database_of_the_first_version_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let connection = rusqlite::Connection::open(dir.path().join("roomcast.db")).unwrap();
    connection.execute_batch(include_str!("../migrations/sqlite/0001_init.sql")).unwrap();
    connection
        .execute_batch(
            "INSERT INTO rooms (name) VALUES ('hall'); INSERT INTO users (identity, name) VALUES ('ann', 'Ann');
             INSERT INTO messages (room_id, seq, user_id, at, content) VALUES (1, 1, 1, 1700000000000, 'hello');
             PRAGMA user_version = 1;",
        )
        .unwrap();
    connection.close().unwrap();
    let (store, hall) = (child::open(dir.path()), RoomName::parse("hall").unwrap());
    let kept = store.page(hall.clone(), Range::Newest, 9).await.unwrap().messages.remove(0);
    assert_eq!(
        (&*kept.content, kept.user.name(), kept.edited_ms, kept.deleted_ms),
        ("hello", "Ann", None, None)
    );
    let edited = append(&store, vec![edit("hall", "ann", 1, "goodbye")]).await[0].unwrap();
    assert_eq!((edited.seq, edited.at.change), (1, 1));
    assert_eq!(store.head(hall).await.unwrap().position(), edited.at);
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_change_that_is_missing_is_damage_and_not_the_next_one() {
    let dir = tempfile::tempdir().unwrap();
    make(dir.path()).await;
    let store = child::open(dir.path());
    for content in ["one", "two", "three"] {
        append(&store, vec![edit("hall", "ann", 1, content)]).await[0].unwrap();
    }
    store.close().await.unwrap();
    let connection = rusqlite::Connection::open(dir.path().join("roomcast.db")).unwrap();
    connection.execute_batch("DELETE FROM changes WHERE change = 2").unwrap();
    connection.close().unwrap();
    let (store, hall) = (child::open(dir.path()), RoomName::parse("hall").unwrap());
    assert!(store.changes(hall.clone(), 0, 10).await.is_err());
    assert_eq!(store.changes(hall, 2, 10).await.unwrap().changes[0].number, 3, "what is whole is read");
}

#[tokio::test]
async fn a_database_from_the_future() {
    let dir = tempfile::tempdir().unwrap();
    make(dir.path()).await;
    let database = dir.path().join("roomcast.db");
    let connection = rusqlite::Connection::open(&database).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    connection.close().unwrap();
    let before = fs::read(&database).unwrap();
    let error = open_error(dir.path());
    assert!(matches!(error, OpenError::Newer { found: 99, .. }), "{error:?}");
    assert_eq!(fs::read(&database).unwrap(), before, "nothing was touched");
}

#[tokio::test]
async fn a_database_that_is_none() {
    let dir = tempfile::tempdir().unwrap();
    make(dir.path()).await;
    let database = dir.path().join("roomcast.db");
    fs::write(&database, "not a database at all, but long enough to be looked at").unwrap();
    let error = open_error(dir.path());
    assert!(matches!(error, OpenError::Corrupt { .. }), "{error:?}");
}

#[test]
fn memory_is_not_a_durability_of_files() {
    let dir = tempfile::tempdir().unwrap();
    let error = Sqlite::open(dir.path(), Options { durability: Durability::Memory }).unwrap_err();
    assert!(matches!(error, OpenError::Durability), "{error:?}");
}
