//! Backup and restore (F21): whole under load, never over something by accident, and a new log for clients.

use crate::{
    client::{Socket, numbers},
    support::{Place, Running},
};
use std::{
    net::SocketAddr,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

/// Large, so that a backup takes several pieces.
const CONTENT_BYTES: usize = 16_000;

/// Somebody who talks without pause, and counts what was acknowledged.
struct Talker {
    acked: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Talker {
    fn start(address: SocketAddr, name: &str) -> Self {
        let (acked, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (counter, stopped, name) = (acked.clone(), stop.clone(), name.to_owned());
        let talk = move || {
            let mut socket = Socket::open(address, &format!("/chat/red?user={name}"));
            let fill = "\u{1F600}".repeat(CONTENT_BYTES / 4 - 20);
            while !stopped.load(Ordering::Relaxed) {
                let n = counter.load(Ordering::Relaxed);
                socket.say(&format!("{fill}{n}"), &n.to_string());
                counter.store(n + 1, Ordering::Relaxed);
            }
        };
        Self { acked, stop, thread: Some(thread::spawn(talk)) }
    }

    fn acked(&self) -> u64 {
        self.acked.load(Ordering::Relaxed)
    }

    fn end(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap();
    }
}

fn epoch(server: &Running) -> String {
    let mut socket = Socket::open(server.chat, "/chat/red?user=eve");
    socket.expect("joined")["epoch"].as_str().unwrap().to_owned()
}

/// Data with so many messages, and its epoch.
fn filled(place: &Place, data: &str, n: usize) -> String {
    let server = place.serve_on(data);
    let mut ann = Socket::open(server.chat, "/chat/red?user=ann");
    for n in 1..=n {
        ann.say("x", &n.to_string());
    }
    drop(ann);
    let epoch = epoch(&server);
    server.stop();
    epoch
}

fn files(place: &Place, dir: &str) -> Vec<String> {
    let entries = std::fs::read_dir(place.0.path().join(dir)).unwrap();
    let mut names: Vec<_> = entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_backup_under_load_is_whole_and_restored_it_is_another_log() {
    let place = Place::new();
    let server = place.serve_on("data");
    let old = epoch(&server);
    let mut talkers: Vec<_> =
        ["ann", "bob", "eve"].iter().map(|name| Talker::start(server.chat, name)).collect();
    let acked = |talkers: &[Talker]| talkers.iter().map(Talker::acked).sum::<u64>();
    while acked(&talkers) < 600 {
        thread::yield_now();
    }
    let before = acked(&talkers);
    place.must(&["backup", "--data-dir", "data", "copy.db"]);
    talkers.iter_mut().for_each(Talker::end);
    let after = acked(&talkers);
    assert!(after > before, "there was load");
    assert_eq!(numbers(server.chat, "red"), (1..=after).collect::<Vec<_>>(), "the server was not disturbed");

    let bytes = std::fs::read(place.0.path().join("copy.db")).unwrap();
    assert_eq!(bytes[18..20], [1, 1], "one file without a write-ahead log, by SQLite's file format 1.3");
    let mode = std::fs::metadata(place.0.path().join("copy.db")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(files(&place, "."), ["copy.db", "data"]);

    let done = place.must(&["restore", "--data-dir", "new", "copy.db"]);
    let restored = place.serve_on("new");
    let seqs = numbers(restored.chat, "red");
    let n = seqs.len() as u64;
    assert!((before..=after).contains(&n), "{before} <= {n} <= {after}");
    assert_eq!(seqs, (1..=n).collect::<Vec<_>>(), "there is no hole");
    assert!(done.stderr.starts_with(&format!("restored {n} messages in 1 rooms into new")), "{done:?}");

    assert_ne!(epoch(&restored), old, "it is another log");
    let mut back = Socket::open(restored.chat, &format!("/chat/red?user=ann&since=1&epoch={old}"));
    assert_eq!(back.expect("joined")["recovered"], false);
    let reset = back.expect("reset");
    assert_eq!((reset["reason"].as_str(), reset["head"].as_u64()), (Some("epoch"), Some(n)));
    let mut ann = Socket::open(restored.chat, "/chat/red?user=ann");
    assert_eq!(ann.say("again", "again"), n + 1);
    assert_eq!(ann.say("again", "again"), n + 1);
}

#[test]
fn a_backup_overwrites_nothing_unless_it_is_told_to() {
    let place = Place::new();
    filled(&place, "data", 3);
    let backup = ["backup", "--data-dir", "data", "copy.db"];
    let done = place.must(&backup);
    assert_eq!(done.stderr, "wrote copy.db: 3 messages in 1 rooms\n");
    place.write("copy.db", "precious");
    let (cause, help) = place.fails(&backup);
    assert_eq!(cause, "copy.db is there already");
    assert!(help.contains("--force"), "{help}");
    assert_eq!(place.read("copy.db"), "precious");
    place.must(&[&backup[..], &["--force"]].concat());
    place.must(&["restore", "--data-dir", "new", "copy.db"]);
    assert_eq!(files(&place, "."), ["copy.db", "data", "new"]);

    let (cause, _) = place.fails(&["backup", "--force", "--data-dir", "data", "data/../data/roomcast.db"]);
    assert_eq!(cause, "data/roomcast.db is the database itself");
    let (cause, help) = place.fails(&["backup", "--data-dir", "elsewhere", "other.db"]);
    assert_eq!(cause, "there is no database in elsewhere");
    assert!(help.contains("--data-dir"), "{help}");
    assert!(!place.0.path().join("elsewhere").exists());
    let (cause, _) = place.fails(&["backup", "--data-dir", "data", "nowhere/copy.db"]);
    assert!(cause.starts_with("nowhere/copy.db: "), "{cause}");
}

#[test]
fn restore_refuses_where_a_server_is_or_a_database() {
    let place = Place::new();
    let old = filled(&place, "data", 3);
    place.must(&["backup", "--data-dir", "data", "copy.db"]);
    filled(&place, "other", 7);
    let restore = ["restore", "--data-dir", "other", "copy.db"];
    let forced = [&restore[..], &["--force"]].concat();

    let server = place.serve_on("other");
    for args in [&restore[..], &forced[..]] {
        let (cause, _) = place.fails(args);
        assert!(
            cause.contains(&format!("other is in use by another roomcast server (process {})", server.pid()))
        );
    }
    server.stop();
    let (cause, help) = place.fails(&restore);
    assert_eq!(cause, "other/roomcast.db is there already");
    assert!(help.contains("--force"), "{help}");
    let server = place.serve_on("other");
    assert_eq!(numbers(server.chat, "red").len(), 7, "nothing was touched");
    // Killed, so that its write-ahead log holds what was said.
    drop(server);

    let done = place.must(&forced);
    let names = files(&place, "other");
    let aside = names.iter().find(|name| name.starts_with("roomcast.db.20") && name.ends_with('Z')).unwrap();
    assert!(done.stderr.contains(&format!("kept what was there as other/{aside}")), "{done:?}");
    assert_eq!(names.len(), 3, "the database, the old one, the lock: {names:?}");
    let server = place.serve_on("other");
    assert_eq!(numbers(server.chat, "red").len(), 3);
    assert_ne!(epoch(&server), old);
    server.stop();
    place.must(&["restore", "--data-dir", "again", &format!("other/{aside}")]);
    let server = place.serve_on("again");
    assert_eq!(numbers(server.chat, "red").len(), 7, "what was kept is whole");
}

/// A write-ahead log belongs to its own database; beside another one it would destroy that.
#[test]
fn what_was_left_of_a_lost_database_does_no_harm() {
    let place = Place::new();
    filled(&place, "data", 3);
    place.must(&["backup", "--data-dir", "data", "copy.db"]);
    let server = place.serve_on("lost");
    Socket::open(server.chat, "/chat/red?user=ann").say("x", "1");
    drop(server);
    assert!(files(&place, "lost").contains(&"roomcast.db-wal".to_owned()), "it was killed");
    std::fs::remove_file(place.0.path().join("lost/roomcast.db")).unwrap();
    place.must(&["restore", "--data-dir", "lost", "copy.db"]);
    let server = place.serve_on("lost");
    assert_eq!(numbers(server.chat, "red"), [1, 2, 3]);
}

#[test]
fn what_is_no_whole_backup_is_not_restored() {
    let place = Place::new();
    filled(&place, "data", 200);
    place.must(&["backup", "--data-dir", "data", "copy.db"]);
    let copy = std::fs::read(place.0.path().join("copy.db")).unwrap();
    let (mut newer, mut torn) = (copy.clone(), copy.clone());
    newer[60..64].copy_from_slice(&99_u32.to_be_bytes()); // user_version, by SQLite's file format 1.3
    let page = copy.len() - 2 * 4096;
    torn[page..page + 4096].fill(0x5a);
    for (name, bytes, cause) in [
        ("cut.db", &copy[..copy.len() / 2], "is no database of Roomcast's, or is damaged"),
        ("torn.db", &torn, "is no database of Roomcast's, or is damaged"),
        ("text.db", &b"not a database, and long enough to be looked at ".repeat(50), "is no database"),
        ("empty.db", b"", "is no database of Roomcast's, or is damaged: it has no tables"),
        ("newer.db", &newer, "has schema version 99"),
    ] {
        std::fs::write(place.0.path().join(name), bytes).unwrap();
        let (said, help) = place.fails(&["restore", "--data-dir", "new", name]);
        assert!(said.starts_with(name) && said.contains(cause), "{said}");
        assert!(!help.is_empty());
        assert!(!place.0.path().join("new/roomcast.db").exists(), "{name} was restored");
    }
    let (cause, _) = place.fails(&["restore", "--data-dir", "new", "missing.db"]);
    assert!(cause.starts_with("missing.db: "), "{cause}");
    assert!(
        Path::new(&place.0.path().join("new")).read_dir().is_ok_and(|dir| dir.count() <= 1),
        "nothing is left"
    );
}
