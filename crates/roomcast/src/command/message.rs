//! `message`: something is said to a room.

use super::Outcome;
use crate::{
    Refusal,
    append::{self, Receipt, Reply},
    auth::Verb,
    session::{Cx, Session},
};
use roomcast_protocol::{Id, check_content, check_nonce, server::ErrorFrame};

pub(super) struct Said<'a> {
    pub(super) content: &'a str,
    pub(super) nonce: Option<&'a str>,
    pub(super) reply_to: Option<u64>,
}

/// Checked, paid for and put into the turn's batch; it is answered after its commit.
pub(super) fn run(
    session: &mut Session,
    cx: &mut Cx<'_>,
    id: Option<Id>,
    room: Option<&str>,
    said: &Said<'_>,
) -> Outcome {
    let room = session.membership(room)?.room.name.clone();
    session.permit(&room, Verb::Write)?;
    let content = check_content(said.content).map_err(|e| ErrorFrame::new(e.code(), e.to_string()))?;
    said.nonce.map(check_nonce).transpose().map_err(|e| ErrorFrame::new(e.code(), e.to_string()))?;
    let budget = session.user.budget.spend().map_err(|wait| Refusal::rate_limited(wait).frame())?;

    let flow = session.flow.get_or_insert_default().clone();
    if flow.begin() {
        cx.pause();
    }
    let append =
        append::message(&session.user, room, session.chat.now_ms(), content, said.nonce, said.reply_to);
    let reply = Reply::Session(cx.remote(), Box::new(Receipt { id, budget, flow }));
    cx.shard().push(append, reply);
    Ok(())
}
