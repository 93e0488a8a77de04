//! Good histories of every kind are green: a small server without faults, its clients and a network without manners,
//! driven by dice. Kills, cuts, retries, refusals, unknown outcomes, resumes, and logs that are replaced by new ones.

use super::*;
use fastrand::Rng;
use proptest::prelude::*;
use std::collections::VecDeque;

const CLIENTS: usize = 4;
const ROOMS: usize = 2;

/// A message that a client has sent.
#[derive(Clone, Debug)]
struct Sent {
    client: usize,
    room: usize,
    nonce: String,
    /// Its outcome is not known and nothing is on its way.
    unknown: bool,
}

impl Sent {
    fn hash(&self) -> Hash {
        Hash::of("user", &self.nonce)
    }
}

/// An attempt on its way to the server, or its answer on its way back.
#[derive(Clone, Copy, Debug)]
struct Attempt {
    sent: usize,
    connection: u64,
    /// Its number, once it is committed.
    seq: u64,
}

#[derive(Debug, Default)]
struct Client {
    connection: Option<u64>,
    /// Of each room: the log and the last message.
    places: [Option<(usize, u64)>; ROOMS],
    /// Rooms in which a resume has not come to its end, and where that is.
    resuming: [Option<u64>; ROOMS],
}

/// The server, and everything around it.
struct World {
    rng: Rng,
    at: u64,
    events: Vec<Event<'static>>,
    sent: Vec<Sent>,
    clients: Vec<Client>,
    connections: u64,
    epoch: usize,
    logs: [Vec<usize>; ROOMS],
    requests: VecDeque<Attempt>,
    answers: VecDeque<Attempt>,
    /// Messages that a new log may lose.
    forgets: usize,
}

impl World {
    fn new(seed: u64, forgets: usize) -> Self {
        let clients = (0..CLIENTS).map(|_| Client::default()).collect();
        let (events, sent, logs) = (Vec::new(), Vec::new(), Default::default());
        let (requests, answers, rng) = (VecDeque::new(), VecDeque::new(), Rng::with_seed(seed));
        let mut world = Self {
            rng,
            at: 0,
            events,
            sent,
            clients,
            connections: 0,
            epoch: 0,
            logs,
            requests,
            answers,
            forgets,
        };
        (0..CLIENTS).for_each(|client| world.connect(client));
        world
    }

    fn run(mut self, steps: usize) -> Vec<Event<'static>> {
        for _ in 0..steps {
            let client = self.rng.usize(..CLIENTS);
            match self.rng.u32(..100) {
                0..25 => self.publish(client),
                25..50 => self.serve(),
                50..65 => self.answer(),
                65..85 => self.show(client, 3),
                85..87 => self.ask(client),
                87..89 => self.cut(client),
                89..96 => self.connect(client),
                96..99 => self.retry(client),
                _ if self.rng.bool() => self.kill(),
                _ => self.replace_log(),
            }
        }
        self.end()
    }

    fn push(&mut self, event: impl FnOnce(u64) -> Event<'static>) {
        self.at += self.rng.u64(1..1000);
        self.events.push(event(self.at));
    }

    fn room(room: usize) -> std::borrow::Cow<'static, str> {
        format!("room-{room}").into()
    }

    fn log(&self) -> std::borrow::Cow<'static, str> {
        format!("log-{}", self.epoch).into()
    }

    fn head(&self, room: usize) -> u64 {
        self.logs[room].len() as u64
    }

    fn publish(&mut self, client: usize) {
        if self.clients[client].connection.is_some() {
            let (room, nonce) = (self.rng.usize(..ROOMS), self.sent.len().to_string());
            self.sent.push(Sent { client, room, nonce, unknown: false });
            self.attempt(self.sent.len() - 1);
        }
    }

    fn attempt(&mut self, sent: usize) {
        let it = self.sent[sent].clone();
        let Some(connection) = self.clients[it.client].connection else { return };
        self.sent[sent].unknown = false;
        let (room, nonce, hash) = (Self::room(it.room), it.nonce.clone().into(), it.hash());
        self.push(|at| Event::Invoke { at, connection, room, nonce, hash });
        self.requests.push_back(Attempt { sent, connection, seq: 0 });
    }

    /// Sends again what this client does not know of.
    fn retry(&mut self, client: usize) {
        let unknown = |(_, it): &(usize, &Sent)| it.client == client && it.unknown;
        let unknown: Vec<_> = self.sent.iter().enumerate().filter(unknown).map(|(at, _)| at).collect();
        unknown.into_iter().for_each(|sent| self.attempt(sent));
    }

    /// The server takes an attempt, of whatever connection and whether that is still there or not.
    fn serve(&mut self) {
        let Some(mut attempt) = self.requests.pop_front() else { return };
        let it = self.sent[attempt.sent].clone();
        if self.rng.u32(..8) == 0 {
            if self.is_there(&attempt) {
                let (connection, nonce) = (attempt.connection, it.nonce.into());
                self.push(|at| Event::Fail { at, connection, nonce, code: "rate_limited".into() });
                self.sent[attempt.sent].unknown = self.rng.bool();
            }
            return;
        }
        let log = &mut self.logs[it.room];
        let known = log.iter().position(|sent| *sent == attempt.sent);
        let place = known.unwrap_or_else(|| {
            log.push(attempt.sent);
            log.len() - 1
        });
        attempt.seq = place as u64 + 1;
        self.answers.push_back(attempt);
    }

    fn is_there(&self, attempt: &Attempt) -> bool {
        self.clients[self.sent[attempt.sent].client].connection == Some(attempt.connection)
    }

    /// An acknowledgement arrives, if anybody is there.
    fn answer(&mut self) {
        let Some(attempt) = self.answers.pop_front().filter(|attempt| self.is_there(attempt)) else { return };
        let (connection, epoch, seq) = (attempt.connection, self.log(), attempt.seq);
        let nonce = self.sent[attempt.sent].nonce.clone().into();
        self.push(|at| Event::Ok { at, connection, nonce, epoch, seq });
        self.sent[attempt.sent].unknown = false;
    }

    /// A connection gets the next messages.
    fn show(&mut self, client: usize, most: u64) {
        let Some(connection) = self.clients[client].connection else { return };
        for room in 0..ROOMS {
            let Some((_, last)) = self.clients[client].places[room] else { continue };
            for seq in (last + 1..=self.head(room)).take(usize::try_from(most).unwrap()) {
                let resuming = self.clients[client].resuming[room].is_some();
                let source = if resuming { Source::Resume } else { Source::Live };
                self.delivery(connection, room, source, seq);
                self.clients[client].places[room] = Some((self.epoch, seq));
            }
            self.caught_up(client, room, connection);
        }
    }

    fn caught_up(&mut self, client: usize, room: usize, connection: u64) {
        let place = self.clients[client].places[room].map_or(0, |(_, last)| last);
        if self.clients[client].resuming[room].is_some_and(|until| place >= until) {
            self.clients[client].resuming[room] = None;
            self.push(|at| Event::CaughtUp { at, connection, room: Self::room(room), seq: place });
        }
    }

    fn delivery(&mut self, connection: u64, room: usize, source: Source, seq: u64) {
        let hash = self.sent[self.logs[room][seq as usize - 1]].hash();
        let (name, epoch) = (Self::room(room), self.log());
        self.push(|at| Event::Delivery { at, connection, source, room: name, epoch, seq, hash });
    }

    fn ask(&mut self, client: usize) {
        let Some(connection) = self.clients[client].connection else { return };
        let room = self.rng.usize(..ROOMS);
        let head = self.head(room);
        (head.saturating_sub(5) + 1..=head)
            .for_each(|seq| self.delivery(connection, room, Source::History, seq));
    }

    /// A connection is gone: what was on its way is unknown to its client, and happens or not.
    fn cut(&mut self, client: usize) {
        let Some(connection) = self.clients[client].connection.take() else { return };
        let mine = |attempt: &&Attempt| attempt.connection == connection;
        let open: Vec<_> = self.requests.iter().chain(&self.answers).filter(mine).map(|it| it.sent).collect();
        for sent in open {
            self.sent[sent].unknown = true;
            let nonce = self.sent[sent].nonce.clone().into();
            self.push(|at| Event::Unknown { at, connection, nonce });
        }
        if self.rng.bool() {
            self.requests.retain(|attempt| attempt.connection != connection);
        }
        self.push(|at| Event::Closed { at, connection, finished: false, why: "cut".into() });
    }

    fn connect(&mut self, client: usize) {
        if self.clients[client].connection.is_some() {
            return;
        }
        self.connections += 1;
        let (connection, process) = (self.connections, u32::try_from(client).unwrap());
        self.clients[client].connection = Some(connection);
        self.push(|at| Event::Opened { at, process, connection, server: "s".into() });
        (0..ROOMS).for_each(|room| self.join(client, connection, room));
    }

    fn join(&mut self, client: usize, connection: u64, room: usize) {
        let named = self.clients[client].places[room];
        let head = self.head(room);
        let recovered = named.is_some_and(|(epoch, _)| epoch == self.epoch);
        let reason = named.filter(|_| !recovered).map(|_| Reason::Epoch);
        let resume = named.map(|(epoch, seq)| Position { epoch: format!("log-{epoch}").into(), seq });
        let (name, epoch) = (Self::room(room), self.log());
        self.push(|at| Event::Joined { at, connection, room: name, epoch, head, resume, recovered, reason });
        if let Some(reason) = reason {
            let (name, epoch) = (Self::room(room), self.log());
            self.push(|at| Event::Reset { at, connection, room: name, epoch, head, reason });
        }
        let last = named.filter(|_| recovered).map_or(head, |(_, last)| last);
        self.clients[client].places[room] = Some((self.epoch, last));
        self.clients[client].resuming[room] = recovered.then_some(head);
    }

    /// kill -9: all connections are gone, and with them what was not committed.
    fn kill(&mut self) {
        (0..CLIENTS).for_each(|client| self.cut(client));
        self.requests.clear();
        self.answers.clear();
    }

    /// The log is another one after a restart, and may have lost its end.
    fn replace_log(&mut self) {
        self.kill();
        self.epoch += 1;
        for log in &mut self.logs {
            let lost = self.rng.usize(..=self.forgets);
            log.truncate(log.len().saturating_sub(lost));
        }
    }

    /// Everyone comes back and gets everything; two servers are asked in two ways.
    fn end(mut self) -> Vec<Event<'static>> {
        self.publish(0);
        (0..CLIENTS).for_each(|client| self.connect(client));
        while !self.requests.is_empty() || !self.answers.is_empty() {
            self.serve();
            self.answer();
        }
        for client in 0..CLIENTS {
            self.show(client, u64::from(u32::MAX));
            let connection = self.clients[client].connection.unwrap();
            self.push(|at| Event::Closed { at, connection, finished: true, why: "left".into() });
        }
        for (server, via) in [("s", Via::Socket), ("s", Via::Rest), ("t", Via::Socket), ("t", Via::Rest)] {
            (0..ROOMS).for_each(|room| self.read(server, via, room));
        }
        self.events
    }

    fn read(&mut self, server: &'static str, via: Via, room: usize) {
        let (name, head) = (Self::room(room), self.head(room));
        let epoch = (via == Via::Socket).then(|| self.log());
        let server = || server.into();
        self.push(|at| Event::Head { at, server: server(), via, room: name, epoch, head });
        for seq in 1..=head {
            let (name, hash) = (Self::room(room), self.sent[self.logs[room][seq as usize - 1]].hash());
            self.push(|at| Event::Stored { at, server: server(), via, room: name, seq, hash });
        }
    }
}

/// The verdict, where anything was acknowledged: otherwise there is none.
fn verdict(history: &[Event<'_>], tolerance: Tolerance) -> Option<Verdict> {
    let mut checker = Checker::new(tolerance);
    history.iter().for_each(|event| checker.take(event).unwrap());
    checker.finish().ok()
}

proptest! {
    #[test]
    fn good_histories_are_green(seed: u64, steps in 50_usize..600) {
        let verdict = verdict(&World::new(seed, 0).run(steps), Tolerance::Nothing);
        prop_assert!(verdict.as_ref().is_none_or(|it| it.kept), "{}", verdict.unwrap().text());
    }

    #[test]
    fn logs_that_lost_their_end_are_green_where_that_was_agreed(seed: u64, steps in 50_usize..600) {
        let verdict = verdict(&World::new(seed, 5).run(steps), Tolerance::Tail);
        prop_assert!(verdict.as_ref().is_none_or(|it| it.kept), "{}", verdict.unwrap().text());
    }
}

/// The dice make everything that the checker knows, or the properties above prove little.
#[test]
fn everything_happens_in_them() {
    let histories: Vec<_> = (0..20).map(|seed| World::new(seed, 5).run(600)).collect();
    let verdicts = || histories.iter().filter_map(|history| verdict(history, Tolerance::Nothing));
    let total = |of: fn(&Counts) -> u64| verdicts().map(|it| of(&it.counts)).sum::<u64>();
    assert!(total(|it| it.acknowledged) > 500 && total(|it| it.refused) > 20 && total(|it| it.unknown) > 20);
    assert!(verdicts().filter(|it| !it.epochs.is_empty()).count() > 10);
    assert!(verdicts().filter(|it| !it.kept).count() > 5, "lost ends are losses where nothing was agreed");
    let resumed = |event: &Event<'_>| matches!(event, Event::Joined { recovered: true, .. });
    assert!(histories.iter().flatten().filter(|event| resumed(event)).count() > 50);
    let again = |event: &Event<'_>| matches!(event, Event::CaughtUp { .. });
    assert!(histories.iter().flatten().filter(|event| again(event)).count() > 50);
}
