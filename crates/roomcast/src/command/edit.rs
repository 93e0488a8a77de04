//! `edit`: a message of one's own says something else.

use super::Outcome;
use crate::{
    auth::Verb,
    session::{Cx, Session},
    store::What,
};
use roomcast_protocol::{Id, check_content, server::ErrorFrame};

pub(super) fn run(
    session: &mut Session,
    cx: &mut Cx<'_>,
    id: Option<Id>,
    room: Option<&str>,
    seq: u64,
    content: &str,
) -> Outcome {
    let room = session.permitted(room, Verb::Write)?.name.clone();
    let content = check_content(content).map_err(|e| ErrorFrame::new(e.code(), e.to_string()))?.into();
    session.submit(cx, id, room, What::Edit { seq, content })
}
