//! A store that is broken in one way.

use super::Fault::{self, *};
use crate::store::{
    Answer, Append, AppendError, Appended, Done, Durability, Epoch, Head, Page, Range, Retention, Store,
    Summary, Swept, memory::Memory,
};
use crate::testing::store::{Results, message, room_name};
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

/// A sound store, [`Memory`], and what one fault makes of it.
pub(super) struct Broken {
    fault: Fault,
    n_batches: AtomicUsize,
    inner: Arc<Memory>,
    closed: AtomicBool,
    /// Retention has run.
    swept: AtomicBool,
    /// A `done` runs.
    running: AtomicBool,
    /// Batches that nobody has looked at.
    waiting: Mutex<Vec<(Vec<Append>, Done)>>,
}

impl Broken {
    pub(super) fn new(fault: Fault) -> Self {
        let closed = AtomicBool::new(false);
        Self {
            fault,
            n_batches: AtomicUsize::new(0),
            inner: Arc::default(),
            closed,
            swept: AtomicBool::new(false),
            running: AtomicBool::new(false),
            waiting: Mutex::default(),
        }
    }

    fn break_message(&self, n_batch: usize, message: &mut Append) {
        let Append { user, nonce, content, room, at_ms, reply_to } = message;
        match self.fault {
            MixesRooms => *room = room_name("lobby"),
            ForgetsNonces => *nonce = None,
            LosesNoncesOnRetention if self.swept.load(Ordering::Relaxed) => *nonce = None,
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
        let head = self.inner.head(room);
        if self.fault != ForgetsTheNewest {
            return head;
        }
        Box::pin(async { head.await.map(|head| Head { floor: head.seq, ..head }) })
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

    fn retain(&self, mut retention: Retention, now_ms: u64, from: Option<RoomName>) -> Answer<Swept> {
        self.swept.store(true, Ordering::Relaxed);
        if self.fault == KeepsOneMoreOrLess {
            retention.max_messages = retention.max_messages.map(|most| most.saturating_add(1));
        }
        let now_ms = if self.fault == ForgetsByTheClockOfTomorrow { now_ms + 86_400_000 } else { now_ms };
        let (fault, inner) = (self.fault, Arc::clone(&self.inner));
        Box::pin(async move {
            let mut swept = match fault {
                KeepsEverything => Swept::default(),
                _ => inner.retain(retention, now_ms, from).await?,
            };
            break_sweep(fault, &inner, retention, now_ms, &mut swept).await;
            Ok(swept)
        })
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

async fn break_sweep(fault: Fault, inner: &Memory, retention: Retention, now_ms: u64, swept: &mut Swept) {
    let Some(forgotten) = &mut swept.forgotten else { return };
    match fault {
        TellsAnotherFloor => forgotten.floor += 1,
        ForgetsOnlyInOneRoom => swept.next = None,
        ForgetsManyAtOnce => {
            let next = inner.retain(retention, now_ms, Some(forgotten.room.clone())).await.unwrap();
            forgotten.messages += next.forgotten.map_or(0, |next| next.messages);
        }
        _ => {}
    }
}
