//! `message`: something is said to a room.

use super::Outcome;
use crate::{
    auth::Verb,
    session::{Cx, Session},
    store::What,
};
use roomcast_protocol::{Id, check_content, check_nonce, server::ErrorFrame};

pub(super) struct Said<'a> {
    pub(super) content: &'a str,
    pub(super) nonce: Option<&'a str>,
    pub(super) reply_to: Option<u64>,
}

pub(super) fn run(
    session: &mut Session,
    cx: &mut Cx<'_>,
    id: Option<Id>,
    room: Option<&str>,
    said: &Said<'_>,
) -> Outcome {
    let room = session.permitted(room, Verb::Write)?.name.clone();
    let content = check_content(said.content).map_err(|e| ErrorFrame::new(e.code(), e.to_string()))?.into();
    let nonce = said.nonce.map(check_nonce).transpose();
    let nonce = nonce.map_err(|e| ErrorFrame::new(e.code(), e.to_string()))?.map(Into::into);
    session.submit(cx, id, room, What::Message { content, nonce, reply_to: said.reply_to })
}
