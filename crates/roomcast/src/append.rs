//! From a shard's turn to the store, and from the commit to the bus and the senders: messages and changes of a turn travel
//! as one batch.

use crate::{
    bus::Notice,
    chat::{Chat, Refusal},
    encode::{self, encode},
    session::{Cx, Session},
    store::{Append, AppendError, Appended, Change, Event, Happened, Kind, Record, What},
};
use roomcast_protocol::{
    Id, RoomName, ServerFrame,
    server::{Ack, Budget, ErrorFrame},
};
use roomcast_socket::Remote;
use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};
use tokio::sync::oneshot;

/// Messages that one connection may have on their way to the store before it is not read any more.
const IN_FLIGHT: u32 = 64;

/// What a shard's sessions have gathered in this turn.
#[derive(Default)]
pub struct Outgoing {
    chat: Option<Chat>,
    messages: Vec<(Append, Reply)>,
}

/// Whom to tell what became of a message.
pub(crate) enum Reply {
    /// A connection.
    Session(Remote<Session>, Box<Receipt>),
    /// Somebody who waits, outside of any connection.
    Waiting(oneshot::Sender<Result<Appended, Refusal>>),
}

/// What an acknowledgement repeats.
pub(crate) struct Receipt {
    pub(crate) id: Option<Id>,
    pub(crate) budget: Budget,
    pub(crate) flow: Arc<Flow>,
}

/// How many of a connection's messages are on their way.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    in_flight: AtomicU32,
    paused: AtomicBool,
}

impl Flow {
    /// One more; true where the connection is not to be read until some have arrived.
    pub(crate) fn begin(&self) -> bool {
        let full = self.in_flight.fetch_add(1, Ordering::AcqRel) + 1 >= IN_FLIGHT;
        if full {
            self.paused.store(true, Ordering::Release);
        }
        full
    }

    /// One has arrived; true, once, where the connection is to be read again.
    fn end(&self) -> bool {
        self.in_flight.fetch_sub(1, Ordering::AcqRel) <= IN_FLIGHT / 2
            && self.paused.swap(false, Ordering::AcqRel)
    }
}

impl Outgoing {
    /// What the sessions of this shard belong to.
    pub(crate) fn belong(&mut self, chat: &Chat) {
        self.chat.get_or_insert_with(|| chat.clone());
    }

    pub(crate) fn push(&mut self, append: Append, reply: Reply) {
        self.messages.push((append, reply));
    }

    /// The turn has read what there was. True while any message, of whichever shard, is not committed.
    pub(crate) fn send(&mut self) -> bool {
        let Some(chat) = &self.chat else { return false };
        if !self.messages.is_empty() {
            chat.append(std::mem::take(&mut self.messages));
        }
        chat.uncommitted().load(Ordering::Acquire) > 0
    }
}

impl Chat {
    /// Hands messages to the store.
    pub(crate) fn append(&self, messages: Vec<(Append, Reply)>) {
        self.uncommitted().fetch_add(messages.len(), Ordering::AcqRel);
        let (batch, waiting): (Vec<_>, Vec<_>) =
            messages.into_iter().map(|(append, reply)| (append.clone(), (append, reply))).unzip();
        let chat = self.clone();
        let done = move |results: Vec<_>| {
            let n = waiting.len();
            chat.appended(waiting, results);
            chat.uncommitted().fetch_sub(n, Ordering::AcqRel);
        };
        self.store().append(batch, Box::new(done));
    }

    /// After the commit, on the store's writer: the bus is told first, then the senders.
    fn appended(&self, messages: Vec<(Append, Reply)>, results: Vec<Result<Appended, AppendError>>) {
        self.tell_rooms(messages.iter().map(|(append, _)| append).zip(&results));
        for ((append, reply), result) in messages.into_iter().zip(results) {
            self.count_append(&append, &result);
            match reply {
                Reply::Waiting(tx) => drop(tx.send(result.map_err(Refusal::from))),
                Reply::Session(remote, receipt) => receipt.answer(&remote, &append, result),
            }
        }
    }

    /// One notice a room, with all that the batch has added to it.
    fn tell_rooms<'a>(
        &self,
        appended: impl Iterator<Item = (&'a Append, &'a Result<Appended, AppendError>)>,
    ) {
        let mut rooms: Vec<(RoomName, Vec<Event>)> = Vec::new();
        let mut places: HashMap<&RoomName, usize> = HashMap::new();
        for (append, result) in appended {
            let Some(at) = result.as_ref().ok().filter(|at| !at.repeated) else { continue };
            let place = *places.entry(&append.room).or_insert(rooms.len());
            if place == rooms.len() {
                rooms.push((append.room.clone(), Vec::new()));
            }
            rooms[place].1.push(event(append, *at));
        }
        for (room, events) in rooms {
            let head = events.last().map_or_else(Default::default, |event| event.at);
            let epoch = self.store().epoch();
            self.bus().publish(Notice::Log { room, epoch, head, events: events.into() });
        }
    }
}

/// What was appended, as the log has it.
fn event(append: &Append, Appended { seq, at, at_ms, .. }: Appended) -> Event {
    let user = append.user.clone();
    let kind = match &append.what {
        What::Edit { content, .. } => Kind::Edit { content: Some(content.clone()) },
        What::Delete { .. } => Kind::Delete,
        What::Message { content, nonce, reply_to } => {
            let (content, nonce, reply_to) = (content.clone(), nonce.clone(), *reply_to);
            let (edited_ms, deleted_ms) = (None, None);
            let record = Record { seq, user, at_ms, content, nonce, reply_to, edited_ms, deleted_ms };
            return Event { at, what: Happened::Message(record) };
        }
    };
    let change = Change { number: at.change, after: at.seq, seq, user, at_ms, kind };
    Event { at, what: Happened::Change(change) }
}

impl Receipt {
    /// Tells the sender, if it asked by an `id` or has to know that it failed.
    fn answer(self, remote: &Remote<Session>, append: &Append, result: Result<Appended, AppendError>) {
        match result {
            Ok(at) if self.id.is_some() => remote.send(encode(&ServerFrame::Ack(Ack {
                id: self.id,
                room: append.room.as_str().into(),
                seq: at.seq,
                change: (!matches!(append.what, What::Message { .. })).then_some(at.at.change),
                nonce: append.what.nonce().map(|nonce| Cow::Borrowed(&**nonce)),
                timestamp: encode::seconds(at.at_ms),
                budget: self.budget,
            }))),
            Ok(_) => {}
            Err(error) => remote.send(encode(&ServerFrame::Error(ErrorFrame {
                id: self.id,
                room: Some(append.room.as_str().into()),
                ..Refusal::from(error).frame()
            }))),
        }
        if self.flow.end() {
            remote.run(|session, cx| session.resume(cx));
        }
    }
}

impl Session {
    /// Puts something into the turn's batch that is checked; it is paid for here, and answered after its commit.
    pub(crate) fn submit(
        &mut self,
        cx: &mut Cx<'_>,
        id: Option<Id>,
        room: RoomName,
        what: What,
    ) -> Result<(), ErrorFrame<'static>> {
        let budget = self.user.budget.spend().map_err(|wait| Refusal::rate_limited(wait).frame())?;
        let flow = self.flow.get_or_insert_default().clone();
        if flow.begin() {
            cx.pause();
        }
        let append = Append { room, user: self.user.name.clone(), at_ms: self.chat.now_ms(), what };
        let reply = Reply::Session(cx.remote(), Box::new(Receipt { id, budget, flow }));
        cx.shard().push(append, reply);
        Ok(())
    }
}
