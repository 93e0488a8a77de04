//! What all clients of a run share.

use super::{Recorder, VerifyPlan, last::Heads};
use crate::target::Target;
use std::{
    hash::{BuildHasher, RandomState},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// What all clients of a run share.
#[derive(Debug)]
pub(super) struct Shared<'p> {
    pub(super) plan: &'p VerifyPlan,
    pub(super) targets: Vec<Target>,
    pub(super) recorder: Recorder,
    /// Names of this run alone: in rooms where others have spoken, their messages would be judged.
    pub(super) prefix: String,
    pub(super) began: Instant,
    pub(super) publish_until: Instant,
    /// Clients whose publishing is not resolved; each counts once.
    publishing: AtomicU64,
    gives_up: AtomicBool,
    stopped: AtomicBool,
    /// Of each client, the last message of each room; client by client.
    places: Vec<AtomicU64>,
    /// For the line.
    pub(super) acknowledged: AtomicU64,
    pub(super) deliveries: AtomicU64,
    pub(super) connections: AtomicU64,
}

impl<'p> Shared<'p> {
    pub(super) fn new(plan: &'p VerifyPlan, targets: Vec<Target>, recorder: Recorder) -> Self {
        let (run, began) = (RandomState::new().hash_one(0) >> 32, Instant::now());
        let places = plan.clients() as usize * plan.rooms as usize;
        Self {
            plan,
            targets,
            recorder,
            prefix: format!("verify-{run:08x}-"),
            began,
            publish_until: began + plan.duration,
            publishing: AtomicU64::new(plan.publishers.into()),
            gives_up: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            // What a client is not in does not hold it up.
            places: (0..places).map(|_| AtomicU64::new(u64::MAX)).collect(),
            acknowledged: AtomicU64::new(0),
            deliveries: AtomicU64::new(0),
            connections: AtomicU64::new(0),
        }
    }

    /// The name of a room.
    pub(super) fn room(&self, room: usize) -> String {
        format!("{}{room}", self.prefix)
    }

    /// The name of a client's user.
    pub(super) fn user(&self, process: u32) -> String {
        format!("{}p{process}", self.prefix)
    }

    /// Where a client stands in a room.
    pub(super) fn set_place(&self, process: u32, room: usize, seq: u64) {
        self.places[process as usize * self.plan.rooms as usize + room].store(seq, Ordering::Relaxed);
    }

    /// Whether every client has everything that is there.
    pub(super) fn has_everything(&self, heads: &[Heads]) -> bool {
        let heads = |room| heads.iter().map(|server| server.newest(room)).max().unwrap_or(0);
        let heads: Vec<_> = (0..self.plan.rooms as usize).map(heads).collect();
        let mut clients = self.places.chunks(heads.len());
        clients
            .all(|client| client.iter().zip(&heads).all(|(seq, head)| seq.load(Ordering::Relaxed) >= *head))
    }

    /// Clients that do not know yet what became of all that they sent.
    pub(super) fn unresolved(&self) -> u64 {
        self.publishing.load(Ordering::Relaxed)
    }

    /// A client knows it now, and sends nothing more.
    pub(super) fn resolved(&self) {
        self.publishing.fetch_sub(1, Ordering::Relaxed);
    }

    /// What is not known by now stays unknown.
    pub(super) fn give_up(&self) {
        self.gives_up.store(true, Ordering::Relaxed);
    }

    pub(super) fn gives_up(&self) -> bool {
        self.gives_up.load(Ordering::Relaxed)
    }

    /// All is over: everyone goes.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// How far the run is.
    pub(super) fn line(&self) -> String {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let whole = |time: Duration| time.as_secs();
        format!(
            "{} of {} s, {} messages acknowledged, {} deliveries, {} connections, {} publishers not done",
            whole(self.began.elapsed()),
            whole(self.plan.duration),
            count(&self.acknowledged),
            count(&self.deliveries),
            count(&self.connections),
            self.unresolved()
        )
    }
}
