//! `delete`: a message of one's own is taken away.

use super::Outcome;
use crate::{
    auth::Verb,
    session::{Cx, Session},
    store::What,
};
use roomcast_protocol::Id;

pub(super) fn run(
    session: &mut Session,
    cx: &mut Cx<'_>,
    id: Option<Id>,
    room: Option<&str>,
    seq: u64,
) -> Outcome {
    let room = session.permitted(room, Verb::Write)?.name.clone();
    session.submit(cx, id, room, What::Delete { seq })
}
