//! Joining and leaving rooms. A newcomer is subscribed before it is told where it stands; one that resumes begins
//! [behind](crate::catch_up).

use crate::{
    Refusal,
    catch_up::{Membership, State},
    pages::Sent,
    room::{Entered, Room},
    session::{Cx, Session, close, say},
    store::{Position, StoreError},
};
use roomcast_protocol::{
    CloseCode, ErrorCode, Id, Resume, RoomName, ServerFrame,
    server::{ErrorFrame, Joined, Left, Reason, Reset},
};
use std::sync::Arc;

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
        self.refuse(cx, id, Some(room.as_str()), Refusal::unavailable().frame());
        if self.only.is_some() {
            cx.close(close(CloseCode::Overloaded));
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
        let resume = resume.filter(|_| refusal.is_none());
        let (state, at) = match resume {
            Some(resume) => (State::behind(sent(resume)), entered.cursor),
            None => begin(cx, &room, entered.cursor),
        };
        self.tell_joined(cx, id, &room, &entered, at, resume.is_some(), refusal);
        if let Some(reason) = refusal {
            let (room, epoch) = (room.name.as_str().into(), (&*entered.epoch).into());
            let Position { seq: head, change } = at;
            say(cx, &ServerFrame::Reset(Reset { room, epoch, head, change, reason }));
        }
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
        Position { seq: head, change }: Position,
        recovered: bool,
        reason: Option<Reason>,
    ) {
        let name = room.name.as_str();
        let (epoch, users) = ((&*entered.epoch).into(), entered.people as u64);
        let room_name = name.into();
        let joined = Joined { id, room: room_name, epoch, head, change, recovered, reason, users };
        say(cx, &ServerFrame::Joined(joined));
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
            say(cx, &ServerFrame::Left(Left { id, room: name.as_str().into() }));
        }
        Ok(())
    }
}

/// How far the client says that it has come.
fn sent(resume: &Resume<'_>) -> Sent {
    let seq = resume.seq;
    resume.change.map_or(Sent::Message(seq), |change| Sent::At(Position { seq, change }))
}

/// Subscribes a newcomer, and tells where it stands. Where its shard has so much to write that this is not among the newest
/// any more, it catches up from the room's own place.
fn begin(cx: &mut Cx<'_>, room: &Room, cursor: Position) -> (State, Position) {
    let events = cx.subscribe(&room.topic);
    room.place(events).map_or_else(
        || {
            cx.unsubscribe(&room.topic);
            (State::behind(Sent::At(cursor)), cursor)
        },
        |at| (State::Live, at),
    )
}

/// Why a position cannot be resumed from (I12).
fn refuse_resume(resume: &Resume<'_>, entered: &Entered) -> Option<Reason> {
    if *resume.epoch != *entered.epoch {
        Some(Reason::Epoch)
    } else if resume.seq > entered.cursor.seq || resume.change.is_some_and(|n| n > entered.cursor.change) {
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
        let message = format!("one connection may be in {} rooms: leave one first", crate::limits::MAX_ROOMS);
        return Some(ErrorFrame::new(ErrorCode::Limit, message));
    }
    if session.only.as_ref().is_some_and(|only| only.room != *room) {
        let message = "this connection has one room only: connect to /ws for several";
        return Some(ErrorFrame::new(ErrorCode::Forbidden, message));
    }
    None
}
