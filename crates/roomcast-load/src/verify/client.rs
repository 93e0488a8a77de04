//! A client's life: it connects, is in its rooms, publishes perhaps, is cut off, and comes back with its positions.

mod hear;

use super::{publishing::Publishing, shared::Shared, socket::Socket};
use crate::history::Event;
use fastrand::Rng;
use roomcast_protocol::{ClientFrame, HistoryAt, Resume};
use std::{
    borrow::Cow,
    io,
    sync::{Arc, atomic::Ordering},
    thread,
    time::{Duration, Instant},
};

/// Between two attempts to connect, at first and at most; each is a random part of it.
const BACKOFF: Duration = Duration::from_millis(100);
const MAX_BACKOFF: Duration = Duration::from_secs(2);
/// How long to wait for a frame before looking whether something else is to be done.
const LISTEN: Duration = Duration::from_millis(50);
/// A connection that says nothing for so long, pings included, is dead.
const SILENCE: Duration = Duration::from_secs(60);
/// Now and then a client asks what was said before.
const HISTORY_EVERY: Duration = Duration::from_secs(2);

/// A client.
pub(super) struct Client<'s> {
    shared: &'s Shared<'s>,
    process: u32,
    user: String,
    rng: Rng,
    places: Vec<Place>,
    publishing: Option<Publishing>,
    connection: u64,
    /// What the server asked for before it went.
    retry_after: Duration,
}

/// A client's place in a room.
#[derive(Debug)]
pub(super) struct Place {
    /// The room's index.
    pub(super) room: usize,
    pub(super) name: Arc<str>,
    /// The log and the last message of it; `None` before the client was ever there.
    pub(super) position: Option<(String, u64)>,
    /// On this connection.
    pub(super) joined: bool,
    /// Between `joined` and `caught_up`.
    pub(super) resuming: bool,
}

impl<'s> Client<'s> {
    pub(super) fn new(shared: &'s Shared<'s>, process: u32) -> Self {
        let mut rng = Rng::with_seed(shared.plan.seed.wrapping_mul(0x9E37_79B9).wrapping_add(process.into()));
        let rooms = shared.plan.rooms as usize;
        let publishes = process < shared.plan.publishers;
        let other = process as usize % rooms;
        let in_it = |room: &usize| !publishes || *room == 0 || *room == other;
        let place = |room| {
            let name = shared.room(room).into();
            Place { room, name, position: None, joined: false, resuming: false }
        };
        let places: Vec<_> = (0..rooms).filter(in_it).map(place).collect();
        places.iter().for_each(|place| shared.set_place(process, place.room, 0));
        let publishing = publishes.then(|| Publishing::new(shared, process, &mut rng));
        let (user, connection, retry_after) = (shared.user(process), 0, Duration::ZERO);
        Self { shared, process, user, rng, places, publishing, connection, retry_after }
    }

    /// Lives until the run is over.
    pub(super) fn live(mut self) {
        let mut server = self.process as usize;
        let mut backoff = BACKOFF;
        while !self.shared.is_stopped() {
            if let Ok(socket) = self.open(server) {
                let begun = Instant::now();
                let (why, finished) = self.session(socket);
                self.over(&why, finished);
                backoff = if begun.elapsed() > MAX_BACKOFF { BACKOFF } else { backoff };
            }
            self.rest(backoff);
            backoff = (backoff * 2).min(MAX_BACKOFF);
            server += 1;
        }
        self.settle();
    }

    fn open(&mut self, server: usize) -> io::Result<Socket> {
        let target = &self.shared.targets[server % self.shared.targets.len()];
        let socket = Socket::open(target, &format!("/ws?user={}", self.user), self.process as usize)?;
        self.connection = self.shared.recorder.next_connection();
        self.shared.connections.fetch_add(1, Ordering::Relaxed);
        let (at, process, connection) = (self.shared.recorder.now(), self.process, self.connection);
        let server = Cow::Borrowed(target.host.as_str());
        self.shared.recorder.take(&Event::Opened { at, process, connection, server });
        Ok(socket)
    }

    /// From the first `join` to the end of the connection; why it ended, and whether that was because all is over.
    fn session(&mut self, mut socket: Socket) -> (String, bool) {
        let cut_at = self.cut_at();
        match self.talk(&mut socket, cut_at).and_then(|()| self.part(&mut socket)) {
            Err(error) => (error.to_string(), false),
            Ok(finished) => {
                // Half of those who are cut off vanish without a word.
                if finished || self.rng.bool() {
                    socket.leave();
                }
                ("left".to_owned(), finished)
            }
        }
    }

    /// Until it is time to go.
    fn talk(&mut self, socket: &mut Socket, cut_at: Option<Instant>) -> io::Result<()> {
        self.join(socket)?;
        let mut heard_at = Instant::now();
        let mut ask_at = Instant::now() + HISTORY_EVERY;
        while !self.shared.is_stopped() && cut_at.is_none_or(|at| Instant::now() < at) {
            self.publish(socket)?;
            if Instant::now() > ask_at {
                ask_at += HISTORY_EVERY;
                self.ask(socket)?;
            }
            match socket.receive(self.next_look())? {
                Some(text) => {
                    self.hear(socket, &text)?;
                    heard_at = Instant::now();
                }
                None if heard_at.elapsed() > SILENCE => return Err(io::Error::other("silence")),
                None => {}
            }
        }
        Ok(())
    }

    /// Goes, in the middle of a message if not because all is over; whether it is over.
    fn part(&mut self, socket: &mut Socket) -> io::Result<bool> {
        let finished = self.shared.is_stopped();
        if let Some(publishing) = self.publishing.as_mut().filter(|_| !finished) {
            publishing.hurry();
            self.publish(socket)?;
        }
        Ok(finished)
    }

    fn next_look(&self) -> Instant {
        let look = Instant::now() + LISTEN;
        self.publishing.as_ref().map_or(look, |publishing| publishing.next().min(look))
    }

    /// When this connection will be cut off: after half the mean time to one and a half of it.
    fn cut_at(&mut self) -> Option<Instant> {
        let mean = self.shared.plan.reconnect_every;
        // In the end everyone stays.
        let goes = !mean.is_zero() && !self.shared.gives_up();
        goes.then(|| Instant::now() + mean.mul_f64(0.5 + self.rng.f64()))
    }

    /// Enters all rooms, where it can from where it was.
    fn join(&self, socket: &mut Socket) -> io::Result<()> {
        for place in &self.places {
            let named = place.position.as_ref();
            let resume =
                named.map(|(epoch, seq)| Resume { seq: *seq, epoch: Cow::Borrowed(epoch), change: None });
            socket.say(ClientFrame::Join { room: Cow::Borrowed(&place.name), resume }, None)?;
        }
        Ok(())
    }

    fn publish(&mut self, socket: &mut Socket) -> io::Result<()> {
        match &mut self.publishing {
            Some(publishing) => publishing.send(socket, self.shared, &self.places, self.connection),
            None => Ok(()),
        }
    }

    /// Asks what was said before, in one of the rooms.
    fn ask(&mut self, socket: &mut Socket) -> io::Result<()> {
        let place = self.rng.usize(..self.places.len());
        if self.places[place].joined { ask_newest(socket, &self.places[place].name) } else { Ok(()) }
    }

    /// The connection is over.
    fn over(&mut self, why: &str, finished: bool) {
        if let Some(publishing) = &mut self.publishing {
            publishing.cut_off(self.shared, self.connection);
        }
        for place in &mut self.places {
            (place.joined, place.resuming) = (false, false);
        }
        let (at, connection) = (self.shared.recorder.now(), self.connection);
        self.shared.recorder.take(&Event::Closed { at, connection, finished, why: why.into() });
    }

    /// Nothing more will be sent.
    fn settle(&mut self) {
        if let Some(publishing) = &mut self.publishing {
            publishing.settle(self.shared);
        }
    }

    /// Between two connections.
    fn rest(&mut self, backoff: Duration) {
        let wait =
            backoff.mul_f64(self.rng.f64()).max(std::mem::take(&mut self.retry_after).min(MAX_BACKOFF));
        let until = Instant::now() + wait;
        while Instant::now() < until && !self.shared.is_stopped() {
            thread::sleep(LISTEN.min(until.saturating_duration_since(Instant::now())));
        }
    }
}

fn ask_newest(socket: &mut Socket, room: &str) -> io::Result<()> {
    let at = HistoryAt::Newest;
    socket.say(ClientFrame::History { room: Some(room.into()), limit: None, at }, None)
}
