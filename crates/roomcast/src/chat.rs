//! The whole of it, as a program holds it: rooms, people, the store and the bus, on a hub.

mod notices;
mod tasks;

use crate::{
    append::{self, Reply},
    auth::{User, Users},
    bus::Bus,
    clock::{Clock, SystemClock},
    limits::{Rate, millis},
    room::{Left, Room, SessionHub},
    rooms::Rooms,
    session::{Only, Session, close},
    store::{AppendError, Appended, MAX_PAGE, Page, Range, Store, StoreError},
};
use roomcast_protocol::{
    CloseCode, ErrorCode, GRACE_MS, Resume, RoomName, SUBPROTOCOL, UserName, check_content, check_nonce,
    server::ErrorFrame,
};
use roomcast_socket::{Hub, Remote, Response, Upgrade};
use std::{
    borrow::Cow,
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{runtime::Handle, sync::oneshot, time::Instant};
use tokio_util::task::TaskTracker;

/// Graces that run at once; beyond that the oldest ends early.
const MAX_GRACES: usize = 100_000;
/// The longest that a client is asked to wait before it reconnects, so that not all come at once. Milliseconds.
const RECONNECT_SPREAD_MS: u64 = 5_000;

/// What may be chosen.
#[derive(Clone)]
pub struct Options {
    /// What each person may say. Default: 10 messages a second.
    pub rate: Rate,
    /// How long somebody whose last connection vanished stays. Default: 15 s.
    pub grace: Duration,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
}

impl Default for Options {
    fn default() -> Self {
        Self { rate: Rate::default(), grace: Duration::from_millis(GRACE_MS), clock: Arc::new(SystemClock) }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("rate", &self.rate).field("grace", &self.grace).finish_non_exhaustive()
    }
}

/// Chat rooms. A cheap handle; all clones are one chat.
#[derive(Clone)]
pub struct Chat(Arc<Inner>);

struct Inner {
    options: Options,
    hub: SessionHub,
    store: Arc<dyn Store>,
    bus: Arc<dyn Bus>,
    rooms: Rooms,
    users: Users,
    graces: Mutex<VecDeque<Grace>>,
    counts: Counts,
    runtime: Handle,
    tasks: TaskTracker,
}

/// Somebody who vanished and may come back.
struct Grace {
    ends: Instant,
    room: Arc<Room>,
    user: Arc<User>,
    departure: u64,
}

#[derive(Default)]
struct Counts {
    appended: AtomicU64,
    repeated: AtomicU64,
    failed: AtomicU64,
    refused: AtomicU64,
}

/// What the chat has done and holds, for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Open connections.
    pub connections: u64,
    /// Rooms that somebody is in.
    pub rooms: u64,
    /// People whose budget is remembered: those who are here, and some who have just gone.
    pub people: u64,
    /// Messages made durable.
    pub appended: u64,
    /// Messages that were there already.
    pub repeated: u64,
    /// Messages that the store did not take.
    pub failed: u64,
    /// Errors told to clients.
    pub refused: u64,
}

/// What a connection is for.
#[derive(Clone, Debug)]
pub enum Entry {
    /// Exactly one room, joined at once, resumed from a position (its number and its log's epoch) where there is one.
    Room(RoomName, Option<(u64, String)>),
    /// Rooms that the client joins and leaves by frames.
    Any,
}

/// A message from somebody who has no connection.
#[derive(Clone, Debug, Default)]
pub struct Post {
    /// What is said.
    pub content: String,
    /// Makes it safe to say it again.
    pub nonce: Option<String>,
    /// The message it answers.
    pub reply_to: Option<u64>,
}

/// A room as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomInfo {
    /// Its name.
    pub name: RoomName,
    /// Its newest message's number, 0 where nothing was said.
    pub head: u64,
    /// How many people are there.
    pub people: usize,
    /// When something was said last: milliseconds since the Unix epoch, UTC.
    pub last_at_ms: Option<u64>,
}

/// Why something was not done, as a client is told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The protocol's code.
    pub code: ErrorCode,
    /// Text for people.
    pub message: Cow<'static, str>,
    /// When trying again is worth it.
    pub retry_after: Option<Duration>,
}

impl Refusal {
    fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), retry_after: None }
    }

    pub(crate) fn unavailable() -> Self {
        let message = "the message store does not answer at the moment: try again";
        Self { retry_after: Some(Duration::from_secs(1)), ..Self::new(ErrorCode::Unavailable, message) }
    }

    pub(crate) fn rate_limited(wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..Self::new(ErrorCode::RateLimited, "Rate limited") }
    }

    /// As a frame.
    pub(crate) fn frame(&self) -> ErrorFrame<'static> {
        ErrorFrame { retry_after_ms: self.retry_after.map(millis), ..ErrorFrame::new(self.code, self.message.clone()) }
    }
}

impl From<AppendError> for Refusal {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::NonceConflict => Self::new(ErrorCode::NonceConflict, error.to_string()),
            AppendError::Overloaded | AppendError::Unavailable => Self::unavailable(),
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        tracing::warn!(%error, "a question to the store was not answered");
        Self::unavailable()
    }
}

impl fmt::Debug for Chat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chat").field("options", &self.0.options).finish_non_exhaustive()
    }
}

impl Chat {
    /// Chat rooms on a hub of their own. What is done in the background runs on the runtime that this is called on, until
    /// [`Chat::stop`].
    #[must_use]
    pub fn start(hub: Hub<Session>, store: Arc<dyn Store>, bus: Arc<dyn Bus>, options: Options) -> Self {
        let chat = Self(Arc::new(Inner {
            users: Users::new(options.rate),
            options,
            hub,
            store,
            bus,
            rooms: Rooms::default(),
            graces: Mutex::default(),
            counts: Counts::default(),
            runtime: Handle::current(),
            tasks: TaskTracker::new(),
        }));
        chat.listen();
        chat.tick();
        chat
    }

    // ---- connections

    /// Upgrades a connection of this person. `hold` is dropped when the connection has ended: a place under a cap, for
    /// example.
    #[must_use]
    pub fn connect(&self, upgrade: Upgrade, user: UserName, entry: Entry, hold: impl Send + 'static) -> Response {
        let only = match entry {
            Entry::Any => None,
            Entry::Room(room, resume) => {
                let resume = resume.map(|(seq, epoch)| Resume { seq, epoch: epoch.into() });
                Some(Only { room, resume })
            }
        };
        let session = Session::new(self.clone(), self.user(user), only, Box::new(hold));
        upgrade.select(SUBPROTOCOL).attach(&self.0.hub, session)
    }

    /// The person of this name.
    #[must_use]
    pub fn user(&self, name: UserName) -> Arc<User> {
        self.0.users.get(name)
    }

    /// Tells everyone to come back later, ends all connections within the deadline, and closes the store. How many
    /// connections were cut off.
    ///
    /// # Errors
    /// When the store did not close as it should.
    pub async fn stop(&self, code: CloseCode, deadline: Duration) -> Result<usize, StoreError> {
        let cut_off = self.0.hub.stop(close(code), deadline).await;
        self.0.tasks.close();
        self.0.store.close().await?;
        Ok(cut_off)
    }

    /// When a connection is asked to come back: each at another moment.
    pub(crate) fn retry_after_ms(&self, remote: &Remote<Session>) -> u64 {
        let shards = self.0.hub.shards() as u64;
        (remote.serial() * shards + remote.shard() as u64) * 997 % RECONNECT_SPREAD_MS
    }

    // ---- rooms

    pub(crate) fn open_room(&self, name: &RoomName) -> Option<Arc<Room>> {
        self.0.rooms.get(name)
    }

    pub(crate) async fn open(&self, name: RoomName) -> Result<Arc<Room>, StoreError> {
        let (room, made) = self.0.rooms.open(name.clone(), &self.0.hub, &*self.0.store).await?;
        if made {
            self.0.bus.subscribe(&name);
            let head = self.0.store.head(name).await?;
            self.room_grew(&room, &head.epoch, head.seq, &[]);
        }
        Ok(room)
    }

    pub(crate) fn depart(&self, room: &Arc<Room>, user: &Arc<User>, properly: bool) {
        if let Left::Grace(departure) = room.depart(user, properly) {
            let ends = Instant::now() + self.0.options.grace;
            let mut graces = self.0.graces.lock().unwrap_or_else(PoisonError::into_inner);
            graces.push_back(Grace { ends, room: room.clone(), user: user.clone(), departure });
            let early = if graces.len() > MAX_GRACES { graces.pop_front() } else { None };
            drop(graces);
            if let Some(grace) = early {
                self.end_grace(&grace);
            }
        }
        self.retire(room);
    }

    fn end_grace(&self, grace: &Grace) {
        grace.room.grace_ended(&grace.user, grace.departure);
        self.retire(&grace.room);
    }

    fn retire(&self, room: &Arc<Room>) {
        if self.0.rooms.retire(room) {
            self.0.bus.unsubscribe(&room.name);
        }
    }

    /// Says something without a connection. It is durable when this answers.
    ///
    /// # Errors
    /// Content or nonce that the protocol does not allow, an empty budget, or a store that does not answer.
    pub async fn send(&self, room: RoomName, user: &User, post: &Post) -> Result<Appended, Refusal> {
        let content = check_content(&post.content).map_err(|e| Refusal::new(e.code(), e.to_string()))?;
        let nonce = post.nonce.as_deref().map(check_nonce).transpose();
        let nonce = nonce.map_err(|e| Refusal::new(e.code(), e.to_string()))?;
        user.budget.spend().map_err(Refusal::rate_limited)?;
        if self.0.hub.congested() {
            return Err(Refusal::unavailable());
        }
        let append = append::message(user, room, self.now_ms(), content, nonce, post.reply_to);
        let (tx, answer) = oneshot::channel();
        self.append(vec![(append, Reply::Waiting(tx))]);
        answer.await.unwrap_or_else(|_| Err(Refusal::unavailable()))
    }

    /// A page of what was said.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn history(&self, room: &RoomName, range: Range, limit: usize) -> Result<Page, Refusal> {
        if limit == 0 {
            return Err(Refusal::new(ErrorCode::BadFrame, "`limit` must be at least 1"));
        }
        Ok(self.0.store.page(room.clone(), range, limit).await?)
    }

    /// Rooms that have messages or people, by name, those after `after`, at most `limit` of them.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn rooms(&self, after: Option<&RoomName>, limit: usize) -> Result<Vec<RoomInfo>, Refusal> {
        let mut rooms = BTreeMap::new();
        for s in self.0.store.rooms(after.cloned(), limit).await? {
            rooms.insert(s.room.clone(), RoomInfo { name: s.room, head: s.head, people: 0, last_at_ms: Some(s.last_at_ms) });
        }
        for room in self.0.rooms.all() {
            let people = room.count();
            if people == 0 || after.is_some_and(|a| room.name <= *a) {
                continue;
            }
            let empty = RoomInfo { name: room.name.clone(), head: room.cursor(), people: 0, last_at_ms: None };
            rooms.entry(room.name.clone()).or_insert(empty).people = people;
        }
        Ok(rooms.into_values().take(limit).collect())
    }

    /// The names of all rooms that have messages or people, sorted.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn room_names(&self) -> Result<Vec<RoomName>, Refusal> {
        let mut names: Vec<RoomName> = Vec::new();
        loop {
            let page = self.rooms(names.last(), MAX_PAGE).await?;
            let last = page.len() < MAX_PAGE;
            names.extend(page.into_iter().map(|info| info.name));
            if last {
                return Ok(names);
            }
        }
    }

    /// Names of the people in a room, sorted, those after `after`, at most `limit`; and how many are there in all.
    #[must_use]
    pub fn people(&self, room: &RoomName, after: Option<&str>, limit: usize) -> (Vec<String>, usize) {
        self.open_room(room).map_or((Vec::new(), 0), |room| room.people(after, limit))
    }

    /// What the chat has done and holds.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let counts = &self.0.counts;
        let count = |c: &AtomicU64| c.load(Ordering::Relaxed);
        Stats {
            connections: self.0.hub.connections() as u64,
            rooms: self.0.rooms.all().len() as u64,
            people: self.0.users.len() as u64,
            appended: count(&counts.appended),
            repeated: count(&counts.repeated),
            failed: count(&counts.failed),
            refused: count(&counts.refused),
        }
    }

    /// The hub that the connections live on.
    #[must_use]
    pub fn hub(&self) -> &Hub<Session> {
        &self.0.hub
    }

    /// Where messages are kept.
    #[must_use]
    pub fn store(&self) -> &dyn Store {
        &*self.0.store
    }

    pub(crate) fn bus(&self) -> &dyn Bus {
        &*self.0.bus
    }

    pub(crate) fn options(&self) -> &Options {
        &self.0.options
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.0.options.clock.now_ms()
    }

    pub(crate) fn count_append(&self, result: &Result<Appended, AppendError>) {
        let counts = &self.0.counts;
        let counter = match result {
            Ok(at) if at.repeated => &counts.repeated,
            Ok(_) => &counts.appended,
            Err(_) => &counts.failed,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_refusal(&self) {
        self.0.counts.refused.fetch_add(1, Ordering::Relaxed);
    }
}
