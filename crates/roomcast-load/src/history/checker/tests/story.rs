//! A small history in which everything happened that may happen: acknowledged, refused, unknown, cut off, resumed.

use super::*;

pub(super) const ROOM: &str = "hall";
pub(super) const LOG: &str = "log-a";
pub(super) const PUBLISHER: u64 = 1;
/// Was cut off and came back as [`RETURNED`].
const CUT: u64 = 2;
pub(super) const RETURNED: u64 = 3;
pub(super) const READER: u64 = 4;
/// The newest message's number.
pub(super) const HEAD: u64 = 6;
const SERVERS: [&str; 2] = ["one", "two"];

/// The hash of the message of this name.
pub(super) fn hash(nonce: &str) -> Hash {
    Hash::of("ann", nonce)
}

/// A history that grows.
#[derive(Default)]
pub(super) struct Story {
    at: u64,
    pub(super) events: Vec<Event<'static>>,
}

impl Story {
    /// Messages 1 to 6 are `m1` to `m6`; `m4` was sent twice, as the first attempt's outcome was unknown. `refused` was
    /// refused, and of `unknown` nobody knows.
    pub(super) fn good() -> Vec<Event<'static>> {
        let mut story = Self::default();
        for connection in [PUBLISHER, CUT, READER] {
            story.opened(connection);
            story.joined(connection, 0);
        }
        for (seq, nonce) in [(1, "m1"), (2, "m2"), (3, "m3")] {
            story.invoke(PUBLISHER, nonce);
            story.ok(nonce, seq);
        }
        (1..=3).for_each(|seq| story.shown(CUT, Source::Live, seq));
        story.closed(CUT, false);
        story.invoke(PUBLISHER, "refused");
        story.push(|at| Event::Fail {
            at,
            connection: PUBLISHER,
            nonce: "refused".into(),
            code: "empty".into(),
        });
        for nonce in ["m4", "unknown"] {
            story.invoke(PUBLISHER, nonce);
            story.push(|at| Event::Unknown { at, connection: PUBLISHER, nonce: nonce.into() });
        }
        for (seq, nonce) in [(4, "m4"), (5, "m5"), (6, "m6")] {
            story.invoke(PUBLISHER, nonce);
            story.ok(nonce, seq);
        }
        story.returned();
        (1..=HEAD).for_each(|seq| story.shown(READER, Source::Live, seq));
        (4..HEAD).for_each(|seq| story.shown(READER, Source::History, seq));
        story.end()
    }

    /// The one who was cut off comes back, and catches up.
    fn returned(&mut self) {
        self.opened(RETURNED);
        self.resumed(RETURNED, 3, 5);
        self.shown(RETURNED, Source::Resume, 4);
        self.shown(RETURNED, Source::Resume, 5);
        self.push(|at| Event::CaughtUp { at, connection: RETURNED, room: ROOM.into(), seq: 5 });
        self.shown(RETURNED, Source::Live, 6);
    }

    /// All is over.
    fn end(mut self) -> Vec<Event<'static>> {
        (1..=HEAD).for_each(|seq| self.shown(PUBLISHER, Source::Live, seq));
        [PUBLISHER, RETURNED, READER].into_iter().for_each(|connection| self.closed(connection, true));
        for server in SERVERS {
            for via in [Via::Socket, Via::Rest] {
                let epoch = (via == Via::Socket).then_some(LOG.into());
                self.push(|at| Event::Head {
                    at,
                    server: server.into(),
                    via,
                    room: ROOM.into(),
                    epoch,
                    head: HEAD,
                });
                (1..=HEAD).for_each(|seq| self.stored(server, via, seq));
            }
        }
        self.events
    }

    fn push(&mut self, event: impl FnOnce(u64) -> Event<'static>) {
        self.at += 10;
        self.events.push(event(self.at));
    }

    fn opened(&mut self, connection: u64) {
        let process = u32::try_from(connection).unwrap();
        self.push(|at| Event::Opened { at, process, connection, server: "one".into() });
    }

    fn closed(&mut self, connection: u64, finished: bool) {
        self.push(|at| Event::Closed { at, connection, finished, why: "left".into() });
    }

    fn joined(&mut self, connection: u64, head: u64) {
        let (room, epoch, resume) = (ROOM.into(), LOG.into(), None);
        let (recovered, reason) = (false, None);
        self.push(|at| Event::Joined { at, connection, room, epoch, head, resume, recovered, reason });
    }

    fn resumed(&mut self, connection: u64, seq: u64, head: u64) {
        let resume = Some(Position { epoch: LOG.into(), seq });
        let (room, epoch, recovered, reason) = (ROOM.into(), LOG.into(), true, None);
        self.push(|at| Event::Joined { at, connection, room, epoch, head, resume, recovered, reason });
    }

    fn invoke(&mut self, connection: u64, nonce: &'static str) {
        let hash = hash(nonce);
        self.push(|at| Event::Invoke { at, connection, room: ROOM.into(), nonce: nonce.into(), hash });
    }

    fn ok(&mut self, nonce: &'static str, seq: u64) {
        let (connection, epoch) = (PUBLISHER, LOG.into());
        self.push(|at| Event::Ok { at, connection, nonce: nonce.into(), epoch, seq });
    }

    fn shown(&mut self, connection: u64, source: Source, seq: u64) {
        let (room, epoch, hash) = (ROOM.into(), LOG.into(), hash(&format!("m{seq}")));
        self.push(|at| Event::Delivery { at, connection, source, room, epoch, seq, hash });
    }

    fn stored(&mut self, server: &'static str, via: Via, seq: u64) {
        let hash = hash(&format!("m{seq}"));
        self.push(|at| Event::Stored { at, server: server.into(), via, room: ROOM.into(), seq, hash });
    }
}
