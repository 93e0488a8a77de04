//! `auth`: who this is, or a newer token of theirs. It is checked elsewhere, since keys may have to be fetched for it.

use super::Outcome;
use crate::session::{Cx, Session};
use roomcast_protocol::{ErrorCode, Id, server::ErrorFrame};

pub(super) fn run(session: &mut Session, cx: &mut Cx<'_>, id: Option<Id>, token: &str) -> Outcome {
    if !session.chat.has_tokens() {
        let message = "this server lets people name themselves: there are no tokens here";
        return Err(ErrorFrame::new(ErrorCode::Forbidden, message));
    }
    session.wait(cx);
    let (chat, remote, token) = (session.chat.clone(), cx.remote(), token.to_owned());
    session.chat.spawn(async move {
        let checked = chat.authenticate(token).await;
        remote.run(move |session, cx| {
            session.answered(cx);
            session.token_checked(cx, id, checked);
        });
    });
    Ok(())
}
