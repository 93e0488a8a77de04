//! A store that is broken in one way.

use super::Fault::{self, *};
use crate::store::{
    Answer, Append, AppendError, Appended, Changes, Done, Durability, Epoch, Head, Kind, Page, Position,
    Range, Retention, Store, StoreError, Summary, Swept, What, memory::Memory,
};
use crate::testing::store::{Results, message, room_name};
use futures_util::FutureExt as _;
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
    /// Some message was changed.
    changed: AtomicBool,
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
            changed: AtomicBool::new(false),
            running: AtomicBool::new(false),
            waiting: Mutex::default(),
        }
    }

    fn break_item(&self, n_batch: usize, Append { room, user, at_ms, what }: &mut Append) {
        match self.fault {
            MixesRooms => *room = room_name("lobby"),
            TakesTheTimeItself if *at_ms == 0 => *at_ms = 1,
            ShowsIdentities => *user = Arc::new(UserName::from_parts(user.identity(), user.identity())),
            _ => {}
        }
        match what {
            What::Message { content, nonce, reply_to } => {
                self.break_message(n_batch, user, content, nonce, reply_to);
            }
            What::Edit { seq, content } => self.break_edit(n_batch, user, *seq, content),
            What::Delete { .. } if self.fault == LetsAnybodyChange => *user = ann(),
            What::Delete { .. } => {}
        }
    }

    fn break_message(
        &self,
        n_batch: usize,
        user: &mut Arc<UserName>,
        content: &mut Arc<str>,
        nonce: &mut Option<Arc<str>>,
        reply_to: &mut Option<u64>,
    ) {
        match self.fault {
            ForgetsNonces => *nonce = None,
            LosesNoncesOnRetention if self.swept.load(Ordering::Relaxed) => *nonce = None,
            ForgetsNoncesAcrossBatches => {
                *nonce = nonce.as_ref().map(|nonce| format!("{nonce}{n_batch}").into());
            }
            SharesNoncesBetweenUsers if nonce.is_some() => *user = Arc::new(UserName::from_parts("x", "x")),
            IgnoresTheContentOfARepetition if nonce.is_some() => *content = "yes".into(),
            LosesReplies => *reply_to = None,
            CutsContent if content.len() > 16_000 => *content = content[..16_000].into(),
            _ => {}
        }
    }

    fn break_edit(&self, n_batch: usize, user: &mut Arc<UserName>, seq: u64, content: &mut Arc<str>) {
        match self.fault {
            LetsAnybodyChange => *user = ann(),
            ChangesToTheSame => *content = format!("{content}{n_batch}").into(),
            LosesTheLastEdit if seq == 1 => *content = "uno".into(),
            _ => {}
        }
    }

    fn break_results(&self, asked: &[Append], results: &mut Results) {
        for (result, asked) in results.iter_mut().zip(asked) {
            let is_message = matches!(asked.what, What::Message { .. });
            match result {
                Ok(appended) => self.break_success(asked, appended),
                Err(AppendError::NoSuchMessage) if self.fault == AcceptsEveryChange => {
                    *result = Ok(nowhere(asked));
                }
                Err(AppendError::NonceConflict)
                    if self.fault == TakesAnyContentAfterAChange && self.changed.load(Ordering::Relaxed) =>
                {
                    *result = Ok(nowhere(asked));
                }
                Err(_) => {}
            }
            let is_repeated = is_message && result.is_ok_and(|appended| appended.repeated);
            if self.fault == ComparesWithWhatIsSaidNow && is_repeated && self.changed.load(Ordering::Relaxed)
            {
                *result = Err(AppendError::NonceConflict);
            }
            if !is_message {
                self.changed.store(true, Ordering::Relaxed);
            }
        }
        if self.fault == SwapsNeighbours && results.len() > 1 {
            results.swap(0, 1);
        }
    }

    fn break_success(&self, asked: &Append, appended: &mut Appended) {
        match self.fault {
            SkipsANumber if appended.seq > 9 => appended.seq += 1,
            SkipsAChange if appended.at.change > 1 => appended.at.change += 1,
            TellsTheTimeOfTheRepetition => appended.at_ms = asked.at_ms,
            TellsNothingOfRepetition => appended.repeated = false,
            _ => {}
        }
    }

    fn break_changes(&self, mut read: Changes) -> Changes {
        for change in &mut read.changes {
            match (&self.fault, &mut change.kind) {
                (PutsChangesFirst, _) => change.after = 0,
                (KeepsWhatWasErased, Kind::Edit { content }) => {
                    content.get_or_insert_with(|| "uno".into());
                }
                (ErasesOthers, Kind::Edit { content }) if self.changed.load(Ordering::Relaxed) => {
                    *content = None;
                }
                _ => {}
            }
        }
        if self.fault == ForgetsAChangeTooMany && self.swept.load(Ordering::Relaxed) {
            read.changes.drain(..read.changes.len().min(1));
        }
        if self.fault == NeverHasMore {
            read.newest = read.changes.last().map_or(0, |change| change.number);
        }
        read
    }

    fn break_page(&self, mut page: Page) -> Page {
        for record in &mut page.messages {
            match self.fault {
                ShowsWhatWasDeleted if record.deleted_ms.is_some() => record.content = "two".into(),
                ForgetsWhenItWasEdited => record.edited_ms = None,
                _ => {}
            }
        }
        if self.fault == NeverHasMore { Page { more: false, ..page } } else { page }
    }
}

/// What the memory answers, which it does at once.
fn now<T>(answer: Answer<T>) -> Result<T, StoreError> {
    answer.now_or_never().unwrap()
}

fn ann() -> Arc<UserName> {
    Arc::new(UserName::from_parts("ann", "ann"))
}

/// An answer that means nothing.
fn nowhere(asked: &Append) -> Appended {
    Appended { seq: 1, at: Position { seq: 1, change: 0 }, at_ms: asked.at_ms, repeated: false }
}

impl Store for Broken {
    fn append(&self, mut batch: Vec<Append>, done: Done) {
        let n = self.n_batches.fetch_add(1, Ordering::Relaxed);
        if self.closed.load(Ordering::Relaxed) {
            return done(batch.iter().map(|item| Ok(nowhere(item))).collect());
        }
        if self.fault == DropsWhatWaits
            || (self.fault == QueuesWithoutBound && self.running.load(Ordering::Relaxed))
        {
            return self.waiting.lock().unwrap().push((batch, done));
        }
        let asked = batch.clone();
        batch.iter_mut().for_each(|item| self.break_item(n, item));
        if self.fault == LosesTheLastOfALongBatch && batch.len() > 500 {
            batch.pop();
        }
        if self.fault == AnswersBeforeItAppends {
            done(batch.iter().map(|item| Ok(nowhere(item))).collect());
            let inner = Arc::clone(&self.inner);
            thread::spawn(move || {
                thread::sleep(Duration::from_millis(1));
                inner.append(batch, Box::new(drop));
            });
            return;
        }
        let (results_tx, results_rx) = std::sync::mpsc::channel();
        self.inner.append(batch, Box::new(move |results| results_tx.send(results).unwrap()));
        let mut results = results_rx.recv().unwrap();
        self.break_results(&asked, &mut results);
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
        let mut head = now(self.inner.head(room));
        match (self.fault, &mut head) {
            (ForgetsNewestChanges, Ok(head)) => head.change = 0,
            (ForgetsTheNewest, Ok(head)) => head.floor = head.seq,
            _ => {}
        }
        Box::pin(future::ready(head))
    }

    fn heads(&self, mut rooms: Vec<RoomName>) -> Answer<Vec<Position>> {
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
        let page = now(page).map(|page| self.break_page(page));
        Box::pin(future::ready(page))
    }

    fn changes(&self, room: RoomName, after: u64, limit: usize) -> Answer<Changes> {
        let after = if self.fault == IncludesTheBound { after.saturating_sub(1) } else { after };
        let limit = if self.fault == IgnoresTheLimit { 1000 } else { limit };
        let read = now(self.inner.changes(room, after, limit)).map(|read| self.break_changes(read));
        Box::pin(future::ready(read))
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
