//! The whole of it, as a program holds it: rooms, people, the store and the bus, on a hub.

mod access;
mod departures;
mod lists;
mod notices;
mod refusal;
mod retention;
mod send;
mod stats;
mod tasks;

pub use access::MAX_OWING;
pub use lists::RoomInfo;
pub use refusal::Refusal;
pub use send::Post;
pub use stats::Stats;

use crate::{
    answers::Answers,
    auth::{Users, Verifier, revoked::Revoked},
    bus::Bus,
    clock::{Clock, SystemClock},
    limits::Limits,
    pages::Pages,
    room::{Room, SessionHub},
    rooms::Rooms,
    session::{Session, close},
    store::{Retention, Store, StoreError},
};
use departures::Grace;
use roomcast_protocol::{CloseCode, GRACE_MS, Resume, RoomName};
use roomcast_socket::{Hub, Remote};
use stats::Counts;
use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, atomic::AtomicUsize},
    time::Duration,
};
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

/// The longest that a client is asked to wait before it reconnects, so that not all come at once. Milliseconds.
const RECONNECT_SPREAD_MS: u64 = 5_000;

/// What may be chosen.
#[derive(Clone)]
pub struct Options {
    /// What each person may do.
    pub limits: Limits,
    /// How long somebody whose last connection vanished stays. Default: 15 s.
    pub grace: Duration,
    /// What each room keeps. Default: everything.
    pub retention: Retention,
    /// How long after one look for what is not to be kept any more comes the next. Default: a minute.
    pub retention_every: Duration,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Who knows tokens. Default: nobody, there are none.
    pub verifier: Option<Arc<dyn Verifier>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            grace: Duration::from_millis(GRACE_MS),
            retention: Retention::default(),
            retention_every: Duration::from_secs(60),
            clock: Arc::new(SystemClock),
            verifier: None,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("limits", &self.limits)
            .field("grace", &self.grace)
            .field("retention", &self.retention)
            .finish_non_exhaustive()
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
    pages: Pages,
    answers: Answers,
    users: Users,
    revoked: Revoked,
    /// Connections of which it is not known whose they are.
    owing: AtomicUsize,
    graces: Mutex<VecDeque<Grace>>,
    /// Messages that the store has been given and has not answered.
    uncommitted: AtomicUsize,
    counts: Counts,
    runtime: Handle,
    tasks: TaskTracker,
}

/// What a connection is for.
#[derive(Clone, Debug)]
pub enum Entry {
    /// Exactly one room, joined at once, resumed from a position where there is one.
    Room(RoomName, Option<Resume<'static>>),
    /// Rooms that the client joins and leaves by frames.
    Any,
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
            users: Users::new(options.limits),
            revoked: Revoked::default(),
            owing: AtomicUsize::new(0),
            options,
            hub,
            store,
            bus,
            rooms: Rooms::default(),
            pages: Pages::default(),
            answers: Answers::default(),
            graces: Mutex::default(),
            uncommitted: AtomicUsize::new(0),
            counts: Counts::default(),
            runtime: Handle::current(),
            tasks: TaskTracker::new(),
        }));
        chat.listen();
        chat.tick();
        chat.forget_in_time();
        chat
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
            // Of deletions while nobody was here, nothing was heard.
            self.0.pages.forget(&name);
            let head = self.0.store.head(name).await?;
            room.forgot(&head.epoch, head.floor);
            self.room_grew(&room, &head.epoch, head.position(), &[]);
        }
        Ok(room)
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

    pub(crate) fn uncommitted(&self) -> &AtomicUsize {
        &self.0.uncommitted
    }

    pub(crate) fn pages(&self) -> &Pages {
        &self.0.pages
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
}
