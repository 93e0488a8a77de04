//! `typing`: passed on to the others, at most once in three seconds a person and room.

use super::Outcome;
use crate::{auth::Verb, bus::Notice, session::Session};
use std::time::Instant;

pub(super) fn run(session: &mut Session, room: Option<&str>) -> Outcome {
    let room = session.permitted(room, Verb::Write)?;
    if room.may_type(&session.user, Instant::now()) {
        session
            .chat
            .bus()
            .publish(Notice::Typing { room: room.name.clone(), user: session.user.name.clone() });
    }
    Ok(())
}
