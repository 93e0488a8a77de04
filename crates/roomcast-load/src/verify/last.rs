//! The final history: of every room, from every server, by frames and by REST.

use super::{
    VerifyError,
    recorder::Recorder,
    rest,
    shared::Shared,
    socket::{Socket, broken},
};
use crate::{
    history::{Event, Hash, Via},
    target::Target,
};
use roomcast_protocol::{
    ClientFrame, ErrorCode, HistoryAt, MAX_HISTORY, ServerFrame,
    server::{ErrorFrame, History, HistoryMessage},
};
use serde::Deserialize;
use std::{
    collections::HashMap,
    io, thread,
    time::{Duration, Instant},
};

/// How long an answer may take.
pub(super) const ANSWER: Duration = Duration::from_secs(5);
/// Between two attempts.
const RETRY: Duration = Duration::from_millis(500);

/// Where the rooms stand, as one server tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Heads {
    /// By frames: the log and its head.
    socket: Vec<(String, u64)>,
    /// By REST.
    rest: Vec<u64>,
}

impl Heads {
    /// The newest message of a room.
    pub(super) fn newest(&self, room: usize) -> u64 {
        self.socket[room].1.max(self.rest[room])
    }
}

/// The final history as one server tells it.
#[derive(Debug)]
pub(super) struct Last {
    server: String,
    heads: Heads,
    /// Room by room.
    socket: Vec<Messages>,
    rest: Vec<Messages>,
}

/// A room's messages.
type Messages = Vec<(u64, Hash)>;

/// Where the rooms stand on each server.
pub(super) fn heads(shared: &Shared<'_>, until: Instant) -> Result<Vec<Heads>, VerifyError> {
    from_each(shared, until, |target| {
        let (_, socket) = enter(shared, target, until)?;
        Ok(Heads { socket, rest: rest_heads(shared, target, until)? })
    })
}

/// The final history of each server.
pub(super) fn read(shared: &Shared<'_>, until: Instant) -> Result<Vec<Last>, VerifyError> {
    from_each(shared, until, |target| {
        let (mut socket, heads) = enter(shared, target, until)?;
        let heads = Heads { socket: heads, rest: rest_heads(shared, target, until)? };
        let rooms = 0..shared.plan.rooms as usize;
        let read = |room| pages(until, |after| page_by_frames(&mut socket, &shared.room(room), after));
        let by_frames = rooms.clone().map(read).collect::<Result<_, _>>()?;
        let read = |room| pages(until, |after| page_by_rest(target, &shared.room(room), after));
        let by_rest = rooms.map(read).collect::<Result<_, _>>()?;
        Ok(Last { server: target.host.clone(), heads, socket: by_frames, rest: by_rest })
    })
}

/// Asks each server until it has answered, or the time is over.
fn from_each<T>(
    shared: &Shared<'_>,
    until: Instant,
    ask: impl Fn(&Target) -> io::Result<T>,
) -> Result<Vec<T>, VerifyError> {
    let asked = |target: &Target| loop {
        match ask(target) {
            Ok(answer) => return Ok(answer),
            Err(why) if Instant::now() >= until => {
                return Err(VerifyError::Last { server: target.host.clone(), why: why.to_string() });
            }
            Err(_) => thread::sleep(RETRY),
        }
    };
    shared.targets.iter().map(asked).collect()
}

/// A connection that is in all rooms, and where they stand.
fn enter(shared: &Shared<'_>, target: &Target, until: Instant) -> io::Result<(Socket, Vec<(String, u64)>)> {
    let mut socket = Socket::open(target, &format!("/ws?user={}last", shared.prefix), 0)?;
    let mut heads = Vec::new();
    for room in (0..shared.plan.rooms as usize).map(|room| shared.room(room)) {
        in_time(until)?;
        let join = ClientFrame::Join { room: room.as_str().into(), resume: None };
        heads.push(ask(&mut socket, &join, |frame| match frame {
            ServerFrame::Joined(joined) if joined.room == room => {
                Some((joined.epoch.into_owned(), joined.head))
            }
            _ => None,
        })?);
    }
    Ok((socket, heads))
}

/// Everything, page by page.
fn pages(until: Instant, mut page: impl FnMut(u64) -> io::Result<History<'static>>) -> io::Result<Messages> {
    let mut messages = Messages::new();
    loop {
        let after = messages.last().map_or(0, |(seq, _)| *seq);
        let History { messages: more, more: goes_on, .. } = page(after)?;
        messages.extend(more.iter().map(stored));
        let advanced = messages.last().is_some_and(|(seq, _)| *seq > after);
        if !goes_on || !advanced {
            return Ok(messages);
        }
        in_time(until)?;
    }
}

fn in_time(until: Instant) -> io::Result<()> {
    if Instant::now() < until { Ok(()) } else { Err(broken("it takes too long")) }
}

fn stored(message: &HistoryMessage<'_>) -> (u64, Hash) {
    (message.seq, Hash::of(&message.user, &message.content))
}

fn page_by_frames(socket: &mut Socket, room: &str, after: u64) -> io::Result<History<'static>> {
    let (limit, at) = (Some(MAX_HISTORY), HistoryAt::After(after));
    let question = ClientFrame::History { room: Some(room.into()), limit, at };
    ask(socket, &question, |frame| match frame {
        ServerFrame::History(history) if history.room == room => Some(history),
        _ => None,
    })
}

fn page_by_rest(target: &Target, room: &str, after: u64) -> io::Result<History<'static>> {
    rest::get(target, &format!("/api/v1/rooms/{room}/messages?after={after}&limit={MAX_HISTORY}"))
}

/// Asks, and again where that was too soon, and takes the answer out of what comes.
fn ask<T>(
    socket: &mut Socket,
    question: &ClientFrame<'_>,
    wanted: impl Fn(ServerFrame<'static>) -> Option<T>,
) -> io::Result<T> {
    socket.say(question.clone(), None)?;
    let until = Instant::now() + ANSWER;
    while let Some(text) = socket.receive(until)? {
        match serde_json::from_str(&text)? {
            ServerFrame::Error(ErrorFrame {
                code: ErrorCode::RateLimited,
                retry_after_ms: Some(wait),
                ..
            }) => {
                thread::sleep(Duration::from_millis(wait).min(ANSWER));
                socket.say(question.clone(), None)?;
            }
            ServerFrame::Error(error) => return Err(broken(&format!("{}: {}", error.code, error.message))),
            frame => {
                if let Some(wanted) = wanted(frame) {
                    return Ok(wanted);
                }
            }
        }
    }
    Err(broken("no answer"))
}

/// A page of `GET /api/v1/rooms`.
#[derive(Deserialize)]
struct RoomPage {
    rooms: Vec<RoomHead>,
    more: bool,
}

#[derive(Deserialize)]
struct RoomHead {
    name: String,
    head: u64,
}

/// Where the rooms of this run stand. A room that is not listed is one where nothing was said.
fn rest_heads(shared: &Shared<'_>, target: &Target, until: Instant) -> io::Result<Vec<u64>> {
    let mut heads = HashMap::new();
    let mut after = shared.prefix.clone();
    loop {
        in_time(until)?;
        let page: RoomPage = rest::get(target, &format!("/api/v1/rooms?limit=999&after={after}"))?;
        let Some(last) = page.rooms.last() else { break };
        let goes_on = page.more && last.name > after && last.name.starts_with(&shared.prefix);
        after.clone_from(&last.name);
        heads.extend(page.rooms.into_iter().map(|room| (room.name, room.head)));
        if !goes_on {
            break;
        }
    }
    let head = |room| heads.get(&shared.room(room)).copied().unwrap_or(0);
    Ok((0..shared.plan.rooms as usize).map(head).collect())
}

impl Last {
    /// Adds it to the history.
    pub(super) fn record(&self, shared: &Shared<'_>) {
        for (at, (epoch, head)) in self.heads.socket.iter().enumerate() {
            let room = Told { server: &self.server, via: Via::Socket, room: &shared.room(at) };
            room.record(&shared.recorder, Some(epoch), *head, &self.socket[at]);
        }
        for (at, head) in self.heads.rest.iter().enumerate() {
            let room = Told { server: &self.server, via: Via::Rest, room: &shared.room(at) };
            room.record(&shared.recorder, None, *head, &self.rest[at]);
        }
    }
}

/// A room as a server tells it in one way.
struct Told<'a> {
    server: &'a str,
    via: Via,
    room: &'a str,
}

impl Told<'_> {
    fn record(&self, recorder: &Recorder, epoch: Option<&str>, head: u64, messages: &Messages) {
        let Self { via, .. } = *self;
        let (server, room) = (|| self.server.into(), || self.room.into());
        let at = recorder.now();
        let epoch = epoch.map(Into::into);
        recorder.take(&Event::Head { at, server: server(), via, room: room(), epoch, head });
        for (seq, hash) in messages {
            let (seq, hash) = (*seq, *hash);
            recorder.take(&Event::Stored { at, server: server(), via, room: room(), seq, hash });
        }
    }
}
