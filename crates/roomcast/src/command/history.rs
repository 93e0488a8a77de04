//! `history`: what was said before, to the asker alone.

use super::Outcome;
use crate::{
    Refusal,
    auth::Verb,
    encode::encode,
    history,
    session::{Cx, Session},
    store::Page,
};
use roomcast_protocol::{HistoryAt, Id, ServerFrame, server::ErrorFrame};

pub(super) fn run(
    session: &mut Session,
    cx: &mut Cx<'_>,
    id: Option<Id>,
    room: Option<&str>,
    limit: Option<u32>,
    at: HistoryAt,
) -> Outcome {
    let room = session.permitted(room, Verb::Read)?.name.clone();
    session.wait(cx);
    let (chat, user, remote) = (session.chat.clone(), session.user.clone(), cx.remote());
    session.chat.spawn(async move {
        let frame = |page: &Page| encode(&history::frame(id.clone(), &room, page, &user));
        let answer = chat.history(&room, history::range(at), history::limit(limit), frame).await;
        let answer = answer.unwrap_or_else(|refusal| {
            encode(&ServerFrame::Error(refused(id.clone(), room.as_str(), &refusal)))
        });
        remote.run(move |session, cx| {
            cx.send(answer);
            session.answered(cx);
        });
    });
    Ok(())
}

fn refused<'a>(id: Option<Id>, room: &'a str, refusal: &Refusal) -> ErrorFrame<'a> {
    ErrorFrame { id, room: Some(room.into()), ..refusal.frame() }
}
