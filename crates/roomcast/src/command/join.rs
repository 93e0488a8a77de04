//! `join`: one more room on this connection.

use super::Outcome;
use crate::{
    auth::Verb,
    join::refuse_join,
    session::{Cx, Session},
};
use roomcast_protocol::{Id, Resume, RoomName, server::ErrorFrame};

pub(super) fn run(
    session: &mut Session,
    cx: &mut Cx<'_>,
    id: Option<Id>,
    room: &str,
    resume: Option<Resume<'_>>,
) -> Outcome {
    let room = RoomName::parse(room).map_err(|e| ErrorFrame::new(e.code(), e.to_string()))?;
    session.permit(&room, Verb::Read)?;
    let resume = resume.map(|r| Resume { seq: r.seq, epoch: r.epoch.into_owned().into(), change: r.change });
    match session.rooms.iter().position(|m| m.room.name == room) {
        Some(index) => session.rejoin(cx, id, index, resume.as_ref()),
        None => {
            refuse_join(session, &room).map_or(Ok(()), Err)?;
            session.join(cx, id, room, resume);
        }
    }
    Ok(())
}
