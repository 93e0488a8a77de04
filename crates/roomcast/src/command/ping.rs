//! `ping`: a sign of life for clients that cannot see WebSocket pings.

use super::Outcome;
use crate::session::{Cx, say};
use roomcast_protocol::{Id, ServerFrame, server::Pong};

#[expect(clippy::unnecessary_wraps, reason = "every command answers alike")]
pub(super) fn run(cx: &mut Cx<'_>, id: Option<Id>) -> Outcome {
    say(cx, &ServerFrame::Pong(Pong { id }));
    Ok(())
}
