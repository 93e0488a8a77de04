//! I1, I2 and I3 over `kill -9` at random moments (F1).

use crate::child;
use roomcast::{
    store::{Append, AppendError, Appended, Change, Kind, Range, Record, Store, What},
    testing::store::{Dice, append, edit, message, with_nonce},
};
use roomcast_protocol::RoomName;
use std::{
    collections::{BTreeMap, HashSet},
    io::{BufRead as _, BufReader, Write as _},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, SystemTime},
};

const ROUNDS: u64 = 8;
const ROOMS: u64 = 5;
/// Batches in flight in the child.
const IN_FLIGHT: usize = 64;

fn room(n: u64) -> RoomName {
    RoomName::parse(&format!("room-{n}")).unwrap()
}

fn numbered(room: u64, nonce: &str) -> Append {
    with_nonce(nonce, message(&format!("room-{room}"), "ann", nonce))
}

/// What is said, or what an edit makes of it.
fn content(append: &Append) -> &str {
    let (What::Message { content, .. } | What::Edit { content, .. }) = &append.what else {
        panic!("a deletion")
    };
    content
}

/// The process that is killed: appends without end, each message twice, edits the first of each room, and prints what is
/// acknowledged.
#[test]
fn appends_until_killed() {
    static N_IN_FLIGHT: AtomicUsize = AtomicUsize::new(0);
    let Some(dir) = child::dir() else { return };
    let store = child::open(&dir);
    let started = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos();
    let mut dice = Dice::from_environment();
    for n in 0_u64.. {
        while N_IN_FLIGHT.load(Ordering::Acquire) >= IN_FLIGHT {
            thread::yield_now();
        }
        let batch: Vec<Append> = (0..=dice.below(6))
            .flat_map(|i| {
                [
                    numbered(dice.below(ROOMS), &format!("{started}.{n}.{i}")),
                    numbered(n % ROOMS, &format!("{started}.again")),
                    edit(
                        &format!("room-{}", dice.below(ROOMS)),
                        "ann",
                        1,
                        &format!("{started}.{n}.{i}.edit"),
                    ),
                ]
            })
            .collect();
        let names: Vec<String> =
            batch.iter().map(|item| format!("{} {}", item.room, content(item))).collect();
        let is_edit: Vec<bool> = batch.iter().map(|item| item.what.nonce().is_none()).collect();
        N_IN_FLIGHT.fetch_add(1, Ordering::AcqRel);
        store.append(
            batch,
            Box::new(move |results| {
                let mut out = std::io::stdout().lock();
                for ((name, result), is_edit) in names.iter().zip(results).zip(is_edit) {
                    match result {
                        Ok(at) if is_edit => writeln!(out, "edited {name} {}", at.at.change).unwrap(),
                        result if is_edit => {
                            assert_eq!(result, Err(AppendError::NoSuchMessage), "an empty room");
                        }
                        result => writeln!(out, "ack {name} {}", result.unwrap().seq).unwrap(),
                    }
                }
                out.flush().unwrap();
                N_IN_FLIGHT.fetch_sub(1, Ordering::AcqRel);
            }),
        );
    }
}

/// What a child said it had acknowledged.
#[derive(Default)]
struct Acknowledged {
    /// (room, nonce) -> seq.
    messages: BTreeMap<(String, String), u64>,
    /// (room, content of an edit) -> its number.
    edits: BTreeMap<(String, String), u64>,
}

fn run_and_kill(dir: &std::path::Path, after: Duration, acknowledged: &mut Acknowledged) {
    let mut child = child::command("crash::appends_until_killed", dir).spawn().unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let reading = thread::spawn(move || out.split(b'\n').map_while(Result::ok).collect::<Vec<_>>());
    thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
    for line in reading.join().unwrap() {
        let line = String::from_utf8(line).unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        // The last line may have been cut by the kill.
        let &[word, room, content, number] = words.as_slice() else {
            continue;
        };
        let Ok(number) = number.parse() else { continue };
        let list = match word {
            "ack" => &mut acknowledged.messages,
            "edited" => &mut acknowledged.edits,
            _ => continue,
        };
        list.entry((room.to_owned(), content.to_owned())).or_insert(number);
    }
}

async fn whole_room(store: &dyn Store, room: RoomName) -> Vec<Record> {
    let mut records = Vec::new();
    loop {
        let page = store.page(room.clone(), Range::After(records.len() as u64), 1000).await.unwrap();
        records.extend(page.messages);
        if !page.more {
            assert!(records.iter().map(|r| r.seq).eq(1..=page.head), "{room} is dense");
            return records;
        }
    }
}

async fn all_changes(store: &dyn Store, room: RoomName) -> Vec<Change> {
    let mut changes = Vec::new();
    loop {
        let page = store.changes(room.clone(), changes.len() as u64, 1000).await.unwrap();
        changes.extend(page.changes);
        if changes.len() as u64 >= page.newest {
            assert!(changes.iter().map(|c| c.number).eq(1..=page.newest), "the changes of {room} are dense");
            assert!(changes.is_sorted_by_key(|c| c.after), "the changes of {room} are in order");
            return changes;
        }
    }
}

/// Every edit that was acknowledged is there under its number, and the message says what the newest one made of it.
async fn check_edits(store: &dyn Store, edits: &BTreeMap<(String, String), u64>) {
    for n in 0..ROOMS {
        let (name, changes) = (room(n).to_string(), all_changes(store, room(n)).await);
        let edited = |change: &Change| match &change.kind {
            Kind::Edit { content: Some(content) } => content.to_string(),
            kind => panic!("{kind:?}"),
        };
        for ((_, content), number) in edits.iter().filter(|((room, _), _)| *room == name) {
            let found = changes.get(*number as usize - 1).map(edited);
            assert_eq!(found.as_deref(), Some(&**content), "{name} change {number} was acknowledged");
        }
        if let Some(newest) = changes.last() {
            let first = store.page(room(n), Range::After(0), 1).await.unwrap().messages.remove(0);
            assert_eq!((&*first.content, first.edited_ms), (&*edited(newest), Some(newest.at_ms)));
        }
    }
}

async fn check(store: &dyn Store, Acknowledged { messages: acknowledged, edits }: &Acknowledged) {
    check_edits(store, edits).await;
    let mut rooms = BTreeMap::new();
    for n in 0..ROOMS {
        let records = whole_room(store, room(n)).await;
        let nonces: HashSet<_> = records.iter().map(|r| r.nonce.clone().unwrap()).collect();
        assert_eq!(nonces.len(), records.len(), "each nonce is there once");
        rooms.insert(room(n).to_string(), records);
    }
    for ((room, nonce), seq) in acknowledged {
        let record = rooms[room].get(*seq as usize - 1);
        assert_eq!(
            record.and_then(|r| r.nonce.as_deref()),
            Some(nonce.as_str()),
            "{room} {seq} was acknowledged"
        );
    }
    for ((room, nonce), seq) in acknowledged.iter().take(20) {
        let n = room.trim_start_matches("room-").parse().unwrap();
        let again: Appended = append(store, vec![numbered(n, nonce)]).await[0].unwrap();
        assert_eq!(
            (again.seq, again.repeated),
            (*seq, true),
            "a retry after the crash finds the first message"
        );
    }
}

#[tokio::test]
async fn nothing_acknowledged_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let mut dice = Dice::from_environment();
    let mut acknowledged = Acknowledged::default();
    let mut epochs = HashSet::new();
    for round in 0..ROUNDS {
        run_and_kill(dir.path(), Duration::from_millis(50 + dice.below(700)), &mut acknowledged);
        let store = child::open(dir.path());
        epochs.insert(store.head(room(0)).await.unwrap().epoch);
        check(&store, &acknowledged).await;
        store.close().await.unwrap();
        let (messages, edits) = (acknowledged.messages.len(), acknowledged.edits.len());
        eprintln!("round {round}: {messages} messages and {edits} edits acknowledged so far");
    }
    assert!(
        acknowledged.messages.len() > 100 && acknowledged.edits.len() > 100,
        "the children did something"
    );
    assert_eq!(epochs.len(), 1, "a crash of the process keeps the epoch");
}
