//! The suite's own test: each of these stores is broken in one way, and the suite must say so.

use super::{CHECKS, Results, message, run};
use crate::store::{
    Answer, Append, AppendError, Appended, Done, Durability, Epoch, Head, Page, Range, Store, Summary,
    memory::Memory,
};
use roomcast_protocol::{RoomName, UserName};
use std::{
    future,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Sound,
    SkipsANumber,
    SwapsNeighbours,
    MixesRooms,
    ForgetsNonces,
    ForgetsNoncesAcrossBatches,
    SharesNoncesBetweenUsers,
    IgnoresTheContentOfARepetition,
    TellsTheTimeOfTheRepetition,
    TellsNothingOfRepetition,
    AnswersBeforeItAppends,
    LosesTheLastOfALongBatch,
    ShowsIdentities,
    LosesReplies,
    CutsContent,
    TakesTheTimeItself,
    IgnoresTheLimit,
    IncludesTheBound,
    NeverHasMore,
    CreatesRoomsOnAsking,
    SortsHeads,
    ListsRoomsTwice,
    GoesOnAfterClose,
    DropsWhatWaits,
    QueuesWithoutBound,
    RefusesInPart,
}

use Fault::*;

/// For each check, faults that it alone must find.
const CAUGHT: [(&str, &[Fault]); 18] = [
    ("numbers::are_dense", &[SkipsANumber, SwapsNeighbours, ForgetsNonces, IgnoresTheContentOfARepetition]),
    ("numbers::are_dense_for_concurrent_appenders", &[SwapsNeighbours, SkipsANumber, AnswersBeforeItAppends]),
    ("numbers::of_many_rooms_in_one_batch", &[MixesRooms]),
    ("numbers::of_a_batch_longer_than_a_commit", &[LosesTheLastOfALongBatch, SwapsNeighbours]),
    (
        "nonces::name_one_message",
        &[TellsTheTimeOfTheRepetition, TellsNothingOfRepetition, ForgetsNonces, ForgetsNoncesAcrossBatches],
    ),
    ("nonces::belong_to_one_user_and_room", &[SharesNoncesBetweenUsers, MixesRooms]),
    (
        "nonces::conflict_without_taking_a_number",
        &[IgnoresTheContentOfARepetition, ForgetsNoncesAcrossBatches],
    ),
    ("nonces::race", &[ForgetsNonces, ForgetsNoncesAcrossBatches, TellsTheTimeOfTheRepetition]),
    ("pages::in_all_directions", &[IncludesTheBound, NeverHasMore, IgnoresTheLimit]),
    ("pages::of_a_random_room", &[IncludesTheBound, NeverHasMore, IgnoresTheLimit]),
    ("pages::hold_what_was_answered", &[AnswersBeforeItAppends]),
    ("records::come_back_as_written", &[LosesReplies, CutsContent, TakesTheTimeItself, ForgetsNonces]),
    ("records::show_the_name_of_their_time", &[ShowsIdentities]),
    ("lists::heads_in_the_order_asked", &[SortsHeads, CreatesRoomsOnAsking]),
    ("lists::rooms_by_name", &[ListsRoomsTwice, MixesRooms]),
    ("closing::refuses_what_comes_later", &[GoesOnAfterClose]),
    ("closing::answers_what_came_before", &[DropsWhatWaits]),
    ("closing::a_full_queue_is_said", &[QueuesWithoutBound, RefusesInPart]),
];

#[test]
fn a_sound_store_passes_each_check() {
    for check in CHECKS {
        assert!(passes(check, Sound), "{check}");
    }
}

#[test]
fn each_check_finds_its_faults() {
    for (check, faults) in CAUGHT {
        for fault in faults {
            assert!(!passes(check, *fault), "{check} did not find {fault:?}");
        }
    }
    assert!(CHECKS.iter().copied().eq(CAUGHT.map(|(check, _)| check)), "each check is proved");
}

/// Whether a check passes a store with this fault.
fn passes(check: &'static str, fault: Fault) -> bool {
    let suite = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(run(check, Arc::new(Broken::new(fault))));
    };
    thread::spawn(suite).join().is_ok()
}

struct Broken {
    fault: Fault,
    n_batches: AtomicUsize,
    inner: Arc<Memory>,
    closed: AtomicBool,
    /// A `done` runs.
    running: AtomicBool,
    /// Batches that nobody has looked at.
    waiting: Mutex<Vec<(Vec<Append>, Done)>>,
}

impl Broken {
    fn new(fault: Fault) -> Self {
        let closed = AtomicBool::new(false);
        Self {
            fault,
            n_batches: AtomicUsize::new(0),
            inner: Arc::default(),
            closed,
            running: AtomicBool::new(false),
            waiting: Mutex::default(),
        }
    }

    fn break_message(&self, n_batch: usize, message: &mut Append) {
        let Append { user, nonce, content, room, at_ms, reply_to } = message;
        match self.fault {
            MixesRooms => *room = super::room_name("lobby"),
            ForgetsNonces => *nonce = None,
            ForgetsNoncesAcrossBatches => {
                *nonce = nonce.as_ref().map(|nonce| format!("{nonce}{n_batch}").into());
            }
            SharesNoncesBetweenUsers if nonce.is_some() => *user = Arc::new(UserName::from_parts("x", "x")),
            IgnoresTheContentOfARepetition if nonce.is_some() => *content = "yes".into(),
            LosesReplies => *reply_to = None,
            CutsContent if content.len() > 16_000 => *content = content[..16_000].into(),
            TakesTheTimeItself if *at_ms == 0 => *at_ms = 1,
            ShowsIdentities => *user = Arc::new(UserName::from_parts(user.identity(), user.identity())),
            _ => {}
        }
    }

    fn break_results(&self, asked_ms: &[u64], results: &mut Results) {
        for (result, at_ms) in results.iter_mut().zip(asked_ms) {
            let Ok(appended) = result else { continue };
            match self.fault {
                SkipsANumber if appended.seq > 9 => appended.seq += 1,
                TellsTheTimeOfTheRepetition => appended.at_ms = *at_ms,
                TellsNothingOfRepetition => appended.repeated = false,
                _ => {}
            }
        }
        if self.fault == SwapsNeighbours && results.len() > 1 {
            results.swap(0, 1);
        }
    }
}

impl Store for Broken {
    fn append(&self, mut batch: Vec<Append>, done: Done) {
        let n = self.n_batches.fetch_add(1, Ordering::Relaxed);
        if self.closed.load(Ordering::Relaxed) {
            return done(vec![Ok(Appended { seq: 1, at_ms: 0, repeated: false }); batch.len()]);
        }
        if self.fault == DropsWhatWaits
            || (self.fault == QueuesWithoutBound && self.running.load(Ordering::Relaxed))
        {
            return self.waiting.lock().unwrap().push((batch, done));
        }
        batch.iter_mut().for_each(|message| self.break_message(n, message));
        if self.fault == LosesTheLastOfALongBatch && batch.len() > 500 {
            batch.pop();
        }
        if self.fault == AnswersBeforeItAppends {
            let results =
                batch.iter().map(|m| Ok(Appended { seq: 1, at_ms: m.at_ms, repeated: false })).collect();
            done(results);
            let inner = Arc::clone(&self.inner);
            thread::spawn(move || {
                thread::sleep(Duration::from_millis(1));
                inner.append(batch, Box::new(drop));
            });
            return;
        }
        let asked_ms: Vec<u64> = batch.iter().map(|message| message.at_ms).collect();
        let (results_tx, results_rx) = std::sync::mpsc::channel();
        self.inner.append(batch, Box::new(move |results| results_tx.send(results).unwrap()));
        let mut results = results_rx.recv().unwrap();
        self.break_results(&asked_ms, &mut results);
        if self.fault == RefusesInPart && self.running.load(Ordering::Relaxed) {
            results[0] = Err(AppendError::Overloaded);
        }
        self.running.store(true, Ordering::Relaxed);
        done(results);
        self.running.store(false, Ordering::Relaxed);
    }

    fn head(&self, room: RoomName) -> Answer<Head> {
        if self.fault == CreatesRoomsOnAsking {
            self.inner.append(vec![message(room.as_str(), "ann", "")], Box::new(drop));
        }
        self.inner.head(room)
    }

    fn heads(&self, mut rooms: Vec<RoomName>) -> Answer<Vec<u64>> {
        if self.fault == SortsHeads {
            rooms.sort();
        }
        self.inner.heads(rooms)
    }

    fn page(&self, room: RoomName, range: Range, limit: usize) -> Answer<Page> {
        let range = match range {
            Range::After(seq) if self.fault == IncludesTheBound => Range::After(seq.saturating_sub(1)),
            range => range,
        };
        let limit = if self.fault == IgnoresTheLimit { 1000 } else { limit };
        let page = self.inner.page(room, range, limit);
        if self.fault != NeverHasMore {
            return page;
        }
        Box::pin(async { page.await.map(|page| Page { more: false, ..page }) })
    }

    fn rooms(&self, after: Option<RoomName>, limit: usize) -> Answer<Vec<Summary>> {
        let after = after.filter(|after| self.fault != ListsRoomsTwice || after.as_str() != "b");
        self.inner.rooms(after, limit)
    }

    fn epoch(&self) -> Epoch {
        self.inner.epoch()
    }

    fn durability(&self) -> Durability {
        Durability::Memory
    }

    fn close(&self) -> Answer<()> {
        if self.fault == GoesOnAfterClose {
            self.closed.store(true, Ordering::Relaxed);
            return Box::pin(future::ready(Ok(())));
        }
        for (batch, done) in self.waiting.lock().unwrap().drain(..) {
            done(vec![Err(AppendError::Unavailable); batch.len()]);
        }
        self.inner.close()
    }
}
