//! What clients ask for, one file a command.

mod auth;
mod delete;
mod edit;
mod history;
mod join;
mod leave;
mod message;
mod ping;
mod typing;

use crate::{
    Refusal,
    session::{Cx, Session},
};
use roomcast_protocol::{ClientFrame, Envelope, ErrorCode, Id, server::ErrorFrame};

/// What a command answers where it fails.
type Outcome = Result<(), ErrorFrame<'static>>;

/// Carries out a frame, and says whether it was allowed. Whatever goes wrong is told to its sender, and the connection goes on.
pub(crate) fn run(session: &mut Session, cx: &mut Cx<'_>, envelope: Envelope<'_>) -> bool {
    let Envelope { id, frame } = envelope;
    let room = frame.room().map(str::to_owned);
    let failed_id = id.clone();
    let outcome = pay(session, &frame).and_then(|()| dispatch(session, cx, id, frame));
    let was_allowed = outcome.is_ok();
    if let Err(error) = outcome {
        let room =
            room.as_deref().or(session.only.as_ref().map(|only| only.room.as_str())).map(str::to_owned);
        session.refuse(cx, failed_id, room.as_deref(), error);
    }
    was_allowed
}

/// Takes the frame out of its sender's budget. (Messages and changes are paid for where they are submitted, because their
/// answer tells what is left.)
fn pay(session: &Session, frame: &ClientFrame<'_>) -> Outcome {
    let budget = match frame {
        ClientFrame::Message { .. } | ClientFrame::Edit { .. } | ClientFrame::Delete { .. } => return Ok(()),
        // What says who pays. It can be got wrong once.
        ClientFrame::Auth { .. } if session.owes => return Ok(()),
        ClientFrame::Join { .. } => &session.user.joins,
        _ => &session.user.commands,
    };
    budget.spend().map(drop).map_err(|wait| Refusal::rate_limited(wait).frame())
}

fn dispatch(session: &mut Session, cx: &mut Cx<'_>, id: Option<Id>, frame: ClientFrame<'_>) -> Outcome {
    if session.owes && !matches!(frame, ClientFrame::Auth { .. }) {
        let message = "say who you are first: send an `auth` frame with your token";
        return Err(ErrorFrame::new(ErrorCode::Unauthenticated, message));
    }
    match frame {
        ClientFrame::Message { room, content, nonce, reply_to } => {
            let said = message::Said { content: &content, nonce: nonce.as_deref(), reply_to };
            message::run(session, cx, id, room.as_deref(), &said)
        }
        ClientFrame::Typing { room } => typing::run(session, room.as_deref()),
        ClientFrame::History { room, limit, at } => history::run(session, cx, id, room.as_deref(), limit, at),
        ClientFrame::Join { room, resume } => join::run(session, cx, id, &room, resume),
        ClientFrame::Leave { room } => leave::run(session, cx, id, &room),
        ClientFrame::Ping => ping::run(cx, id),
        ClientFrame::Auth { token } => auth::run(session, cx, id, &token),
        ClientFrame::Edit { room, seq, content } => {
            edit::run(session, cx, id, room.as_deref(), seq, &content)
        }
        ClientFrame::Delete { room, seq } => delete::run(session, cx, id, room.as_deref(), seq),
        other => Err(ErrorFrame::new(
            ErrorCode::UnknownType,
            format!("this server does not serve `{}`", other.kind()),
        )),
    }
}
