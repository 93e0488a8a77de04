//! `leave`: a room is left, the connection stays.

use super::Outcome;
use crate::session::{Cx, Session};
use roomcast_protocol::{ErrorCode, Id, server::ErrorFrame};

pub(super) fn run(session: &mut Session, cx: &mut Cx<'_>, id: Option<Id>, room: &str) -> Outcome {
    if session.only.is_some() {
        let message = "this connection has one room only: close it to leave";
        return Err(ErrorFrame::new(ErrorCode::Forbidden, message));
    }
    session.leave(cx, id, room)
}
