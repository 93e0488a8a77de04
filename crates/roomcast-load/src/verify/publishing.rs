//! A client's messages, from the first attempt until it is known what became of them.

use super::{client::Place, shared::Shared, socket::Socket};
use crate::history::{Event, Hash};
use fastrand::Rng;
use roomcast_protocol::{
    ClientFrame, ErrorCode, Id,
    server::{Ack, ErrorFrame},
};
use std::{
    io,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

/// Messages of one client whose outcome is not known.
const WINDOW: usize = 8;
/// After an answer that does not say how long to wait.
const RETRY: Duration = Duration::from_millis(200);
/// Of so many acknowledged messages one is sent again: it must be answered alike.
const REPEATED: u32 = 16;
/// Of so many messages one is long.
const LONG: u32 = 32;

/// A client's messages.
#[derive(Debug)]
pub(super) struct Publishing {
    process: u32,
    user: String,
    rng: Rng,
    every: Duration,
    due: Instant,
    said: u64,
    attempts: i64,
    pending: Vec<Pending>,
    settled: bool,
}

/// A message whose outcome is not known, or that is sent again though it is.
#[derive(Debug)]
struct Pending {
    nonce: String,
    /// The room's index.
    room: usize,
    content: String,
    /// The attempt that is on its way on this connection.
    attempt: Option<i64>,
    not_before: Instant,
    /// It was acknowledged, and this is the repetition.
    repeated: bool,
}

impl Publishing {
    pub(super) fn new(shared: &Shared<'_>, process: u32, rng: &mut Rng) -> Self {
        let (user, every) = (shared.user(process), Duration::from_secs_f64(1.0 / shared.plan.rate));
        let due = shared.began + every.mul_f64(rng.f64());
        let (rng, pending) = (rng.fork(), Vec::new());
        Self { process, user, rng, every, due, said: 0, attempts: 0, pending, settled: false }
    }

    /// When there is something to do next.
    pub(super) fn next(&self) -> Instant {
        self.due
    }

    /// The next message is due now.
    pub(super) fn hurry(&mut self) {
        self.due = Instant::now();
    }

    /// Sends what is due, and again what has to be.
    pub(super) fn send(
        &mut self,
        socket: &mut Socket,
        shared: &Shared<'_>,
        places: &[Place],
        connection: u64,
    ) -> io::Result<()> {
        let now = Instant::now();
        if now >= shared.publish_until {
            self.due = now + RETRY;
            if self.pending.is_empty() || shared.gives_up() {
                self.settle(shared);
            }
        } else if now >= self.due {
            // What was not sent in time is not made up for: a server that was away is not to be flooded.
            self.due = now.max(self.due + self.every);
            if self.pending.len() < WINDOW {
                self.compose(places);
            }
        }
        if self.settled {
            return Ok(());
        }
        let is_in = |room| places.iter().any(|place| place.room == room && place.joined);
        let ready = |it: &&mut Pending| it.attempt.is_none() && it.not_before <= now && is_in(it.room);
        for pending in self.pending.iter_mut().filter(ready) {
            self.attempts += 1;
            pending.send(socket, shared, connection, &self.user, self.attempts)?;
        }
        Ok(())
    }

    /// A new message: every other one for the hot room.
    fn compose(&mut self, places: &[Place]) {
        self.said += 1;
        let place = if self.rng.bool() { places.first() } else { places.last() };
        let room = place.map_or(0, |place| place.room);
        let nonce = format!("{}-{}", self.process, self.said);
        let long = self.rng.u32(..LONG) == 0;
        let words = if long { self.rng.usize(50..400) } else { self.rng.usize(1..10) };
        let content = format!("{nonce}{}", " so much".repeat(words));
        let (attempt, not_before) = (None, Instant::now());
        self.pending.push(Pending { nonce, room, content, attempt, not_before, repeated: false });
    }

    pub(super) fn acknowledged(
        &mut self,
        ack: &Ack<'_>,
        shared: &Shared<'_>,
        places: &[Place],
        connection: u64,
    ) {
        let Some(at) = self.find(ack.id.as_ref()) else { return };
        let pending = &mut self.pending[at];
        let position =
            places.iter().find(|place| place.room == pending.room).and_then(|it| it.position.as_ref());
        let Some((epoch, _)) = position else { return };
        let (nonce, epoch) = (pending.nonce.as_str().into(), epoch.as_str().into());
        let at_ns = shared.recorder.now();
        shared.recorder.take(&Event::Ok { at: at_ns, connection, nonce, epoch, seq: ack.seq });
        shared.acknowledged.fetch_add(u64::from(!pending.repeated), Ordering::Relaxed);
        if !pending.repeated && self.rng.u32(..REPEATED) == 0 {
            (pending.repeated, pending.attempt, pending.not_before) = (true, None, Instant::now() + RETRY);
        } else {
            self.pending.swap_remove(at);
        }
    }

    /// Whether the error is the answer to a message of ours.
    pub(super) fn refused(&mut self, error: &ErrorFrame<'_>, shared: &Shared<'_>, connection: u64) -> bool {
        let Some(at) = self.find(error.id.as_ref()) else { return false };
        let pending = &mut self.pending[at];
        let (at_ns, nonce) = (shared.recorder.now(), pending.nonce.as_str().into());
        // The store did not answer in time, or something broke: either may have happened before the commit or after.
        let event = if matches!(error.code, ErrorCode::Unavailable | ErrorCode::Internal) {
            Event::Unknown { at: at_ns, connection, nonce }
        } else {
            Event::Fail { at: at_ns, connection, nonce, code: error.code.as_str().into() }
        };
        shared.recorder.take(&event);
        if error.temporary {
            pending.attempt = None;
            pending.not_before = Instant::now() + error.retry_after_ms.map_or(RETRY, Duration::from_millis);
        } else {
            self.pending.swap_remove(at);
        }
        true
    }

    fn find(&self, id: Option<&Id>) -> Option<usize> {
        let Some(Id::Number(id)) = id else { return None };
        self.pending.iter().position(|pending| pending.attempt == Some(*id))
    }

    /// The connection is gone: what was on its way is unknown, and is sent again on the next.
    pub(super) fn cut_off(&mut self, shared: &Shared<'_>, connection: u64) {
        for pending in self.pending.iter_mut().filter(|pending| pending.attempt.is_some()) {
            pending.attempt = None;
            let (at, nonce) = (shared.recorder.now(), pending.nonce.as_str().into());
            shared.recorder.take(&Event::Unknown { at, connection, nonce });
            pending.not_before = Instant::now();
        }
    }

    /// Nothing more will be sent; what is not known by now stays unknown.
    pub(super) fn settle(&mut self, shared: &Shared<'_>) {
        if !std::mem::replace(&mut self.settled, true) {
            shared.resolved();
        }
    }
}

impl Pending {
    fn send(
        &mut self,
        socket: &mut Socket,
        shared: &Shared<'_>,
        connection: u64,
        user: &str,
        attempt: i64,
    ) -> io::Result<()> {
        self.attempt = Some(attempt);
        let room = shared.room(self.room);
        let hash = Hash::of(user, &self.content);
        let (at, nonce) = (shared.recorder.now(), self.nonce.as_str().into());
        let invoke = Event::Invoke { at, connection, room: room.as_str().into(), nonce, hash };
        shared.recorder.take(&invoke);
        let (content, nonce) = (self.content.as_str().into(), Some(self.nonce.as_str().into()));
        let message =
            ClientFrame::Message { room: Some(room.as_str().into()), content, nonce, reply_to: None };
        socket.say(message, Some(Id::Number(attempt)))
    }
}
