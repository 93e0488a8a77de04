//! Joining without a hole, resuming from any distance, and catching up after falling behind: one mechanism.
//!
//! A connection that lacks messages reads them from the log, page by page, at the pace at which its socket takes them. As
//! soon as what it lacks is among the newest messages at hand, it subscribes to the room's topic and gets those: both in
//! one step on its shard, between two batches, so that nothing falls between and nothing comes twice. (Reading first and
//! subscribing after would be the classic hole.)

use crate::{
    encode,
    room::{Entered, Room},
    session::{Cx, Session, say},
    store::{Page, Range, StoreError},
};
use bytes::BytesMut;
use roomcast_protocol::{
    ErrorCode, Id, Resume, RoomName, ServerFrame,
    server::{CaughtUp, ErrorFrame, Gap, Joined, Left, Reason, Reset},
};
use roomcast_socket::Topic;
use std::{sync::Arc, time::Duration};

/// Messages asked of the store at once.
const PAGE: usize = 200;
/// Bytes sent before the socket is waited for.
pub(crate) const PAGE_BYTES: usize = 256 * 1024;
/// Between two attempts to read from a store that does not answer.
const RETRY: Duration = Duration::from_millis(500);

/// A room that a connection is in.
pub(crate) struct Membership {
    pub(crate) room: Arc<Room>,
    state: State,
}

enum State {
    /// Subscribed: it gets what the room gets.
    Live,
    /// Everything up to `sent` has been sent; the rest is on its way.
    Behind { sent: u64, reading: bool },
}

impl Session {
    /// Enters a room, once it is open.
    pub(crate) fn join(
        &mut self,
        cx: &mut Cx<'_>,
        id: Option<Id>,
        room: RoomName,
        resume: Option<Resume<'static>>,
    ) {
        if let Some(open) = self.chat.open_room(&room)
            && self.enter(cx, id.clone(), open, resume.as_ref())
        {
            return;
        }
        self.wait(cx);
        let (chat, remote) = (self.chat.clone(), cx.remote());
        self.chat.spawn(async move {
            let opened = chat.open(room.clone()).await;
            remote.run(move |session, cx| {
                session.answered(cx);
                match opened {
                    // Where it was retired meanwhile, it is opened afresh.
                    Ok(ref open) if session.enter(cx, id.clone(), open.clone(), resume.as_ref()) => {}
                    Ok(_) => session.join(cx, id, room, resume),
                    Err(error) => session.cannot_join(cx, id, &room, &error),
                }
            });
        });
    }

    fn cannot_join(&mut self, cx: &mut Cx<'_>, id: Option<Id>, room: &RoomName, error: &StoreError) {
        tracing::warn!(%error, "a room could not be opened");
        self.refuse(cx, id, Some(room.as_str()), crate::Refusal::unavailable().frame());
        if self.only.is_some() {
            cx.close(crate::session::close(roomcast_protocol::CloseCode::Overloaded));
        }
    }

    /// False where the room was retired.
    fn enter(
        &mut self,
        cx: &mut Cx<'_>,
        id: Option<Id>,
        room: Arc<Room>,
        resume: Option<&Resume<'_>>,
    ) -> bool {
        let Some(entered) = room.enter(&self.user) else {
            return false;
        };
        let refusal = resume.and_then(|r| refuse_resume(r, &entered));
        let (sent, recovered) = match (resume, refusal) {
            (Some(resume), None) => (resume.seq, true),
            _ => (cx.subscribe(&room.topic), false),
        };
        let head = if recovered { entered.cursor } else { sent };
        self.tell_joined(cx, id, &room, &entered, head, recovered, refusal);
        if let Some(reason) = refusal {
            let (room, epoch) = (room.name.as_str().into(), (&*entered.epoch).into());
            say(
                cx,
                &ServerFrame::Reset(Reset {
                    room,
                    epoch,
                    head,
                    reason,
                }),
            );
        }
        let state = if recovered {
            State::Behind { sent, reading: false }
        } else {
            State::Live
        };
        self.rooms.push(Membership { room, state });
        self.catch_up(cx, self.rooms.len() - 1);
        true
    }

    /// The first frames, in the order that the protocol promises.
    #[expect(clippy::too_many_arguments, reason = "one frame's fields, said once")]
    fn tell_joined(
        &self,
        cx: &mut Cx<'_>,
        id: Option<Id>,
        room: &Room,
        entered: &Entered,
        head: u64,
        recovered: bool,
        reason: Option<Reason>,
    ) {
        let name = room.name.as_str();
        let (epoch, users) = ((&*entered.epoch).into(), entered.people as u64);
        say(
            cx,
            &ServerFrame::Joined(Joined {
                id,
                room: name.into(),
                epoch,
                head,
                recovered,
                reason,
                users,
            }),
        );
        cx.send(room.presence());
        if entered.new && !entered.crowd {
            say(cx, &ServerFrame::Join(room.member(&self.user.name)));
        }
    }

    /// Joins a room that the connection is in already, as if it came anew; nobody else notices.
    pub(crate) fn rejoin(
        &mut self,
        cx: &mut Cx<'_>,
        id: Option<Id>,
        index: usize,
        resume: Option<&Resume<'_>>,
    ) {
        let room = self.rooms.remove(index).room;
        cx.unsubscribe(&room.topic);
        // The room cannot be retired: this connection is in it, until it has entered again.
        self.enter(cx, id, room.clone(), resume);
        self.chat.depart(&room, &self.user, true);
    }

    pub(crate) fn leave(
        &mut self,
        cx: &mut Cx<'_>,
        id: Option<Id>,
        room: &str,
    ) -> Result<(), ErrorFrame<'static>> {
        let name = self.membership(Some(room))?.room.name.clone();
        let Some(index) = self.rooms.iter().position(|m| m.room.name == name) else {
            return Ok(());
        };
        let membership = self.rooms.remove(index);
        cx.unsubscribe(&membership.room.topic);
        self.chat.depart(&membership.room, &self.user, true);
        if id.is_some() {
            say(
                cx,
                &ServerFrame::Left(Left {
                    id,
                    room: name.as_str().into(),
                }),
            );
        }
        Ok(())
    }

    // ---- catching up

    /// The connection's outbox had no room for what the room got: it reads the rest from the log when it has drained.
    pub(crate) fn fell_behind(&mut self, cx: &mut Cx<'_>, topic: &Topic, position: u64) {
        if let Some(m) = self
            .rooms
            .iter_mut()
            .find(|m| m.room.topic.name() == topic.name())
        {
            m.state = State::Behind {
                sent: position,
                reading: false,
            };
            cx.notify_when_drained();
        }
    }

    pub(crate) fn catch_up_all(&mut self, cx: &mut Cx<'_>) {
        for index in 0..self.rooms.len() {
            self.catch_up(cx, index);
        }
    }

    /// One step: goes live, or asks for a page.
    fn catch_up(&mut self, cx: &mut Cx<'_>, index: usize) {
        let Some(Membership {
            room,
            state: State::Behind { sent, reading: false },
        }) = self.rooms.get(index)
        else {
            return;
        };
        let (room, sent) = (room.clone(), *sent);
        let position = cx.subscribe(&room.topic);
        match room
            .recent(sent, position, &self.user)
            .filter(|_| sent <= position)
        {
            Some(missed) => {
                cx.send(missed);
                self.rooms[index].state = State::Live;
                let caught_up = CaughtUp {
                    room: room.name.as_str().into(),
                    seq: position,
                };
                say(cx, &ServerFrame::CaughtUp(caught_up));
                // Who came and went meanwhile was told to the others only.
                cx.send(room.presence());
            }
            None => {
                cx.unsubscribe(&room.topic);
                self.rooms[index].state = State::Behind { sent, reading: true };
                self.read_page(cx, room, sent);
            }
        }
    }

    fn read_page(&self, cx: &mut Cx<'_>, room: Arc<Room>, sent: u64) {
        let (chat, remote) = (self.chat.clone(), cx.remote());
        self.chat.spawn(async move {
            let page = chat
                .store()
                .page(room.name.clone(), Range::After(sent), PAGE)
                .await;
            if page.as_ref().map_or(true, |p| p.messages.is_empty()) {
                // The store does not answer; or another shard was faster, and ours has yet to write what it had.
                tokio::time::sleep(if page.is_err() {
                    RETRY
                } else {
                    Duration::from_millis(1)
                })
                .await;
            }
            remote.run(move |session, cx| session.page_came(cx, &room, page.ok()));
        });
    }

    fn page_came(&mut self, cx: &mut Cx<'_>, room: &Arc<Room>, page: Option<Page>) {
        let Some(index) = self.rooms.iter().position(|m| Arc::ptr_eq(&m.room, room)) else {
            return;
        };
        let State::Behind { sent, .. } = self.rooms[index].state else {
            return;
        };
        let sent = page.map_or(sent, |page| self.send_page(cx, room, sent, &page));
        self.rooms[index].state = State::Behind { sent, reading: false };
        cx.notify_when_drained();
    }

    /// Sends of a page what may be sent at once, and returns the newest number that was.
    fn send_page(&self, cx: &mut Cx<'_>, room: &Room, mut sent: u64, page: &Page) -> u64 {
        let mut out = BytesMut::new();
        for record in &page.messages {
            if record.seq > sent + 1 {
                let (name, from, to) = (room.name.as_str().into(), sent + 1, record.seq - 1);
                encode::put(
                    &mut out,
                    &ServerFrame::Gap(Gap {
                        room: name,
                        from,
                        to,
                        reason: Reason::Retention,
                    }),
                );
            }
            let own = encode::is_own(record, &self.user);
            encode::put(&mut out, &encode::message(&room.name, record, own));
            sent = record.seq;
            if out.len() > PAGE_BYTES {
                break;
            }
        }
        if !out.is_empty() {
            cx.send(out.freeze());
        }
        sent
    }

    /// The lists of people afresh, after some of their changes were dropped.
    pub(crate) fn tell_presence(&self, cx: &mut Cx<'_>) {
        for membership in self.rooms.iter().filter(|m| matches!(m.state, State::Live)) {
            cx.send(membership.room.presence());
        }
    }
}

/// Why a position cannot be resumed from (I12).
fn refuse_resume(resume: &Resume<'_>, entered: &Entered) -> Option<Reason> {
    if *resume.epoch != *entered.epoch {
        Some(Reason::Epoch)
    } else if resume.seq > entered.cursor {
        Some(Reason::Ahead)
    } else if resume.seq < entered.floor {
        Some(Reason::Retention)
    } else {
        None
    }
}

/// Joining twice, or more rooms than one connection may be in.
pub(crate) fn refuse_join(session: &Session, room: &RoomName) -> Option<ErrorFrame<'static>> {
    if session.rooms.len() >= crate::limits::MAX_ROOMS {
        let message = format!(
            "one connection may be in {} rooms: leave one first",
            crate::limits::MAX_ROOMS
        );
        return Some(ErrorFrame::new(ErrorCode::Limit, message));
    }
    if session.only.as_ref().is_some_and(|only| only.room != *room) {
        let message = "this connection has one room only: connect to /ws for several";
        return Some(ErrorFrame::new(ErrorCode::Forbidden, message));
    }
    None
}
