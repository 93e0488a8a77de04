//! `GET /chat/{room}`: a socket into one room.

use super::{Problem, handshake::Handshake, names::Room, query::Query};
use axum::response::Response;
use roomcast::Entry;
use roomcast_protocol::{ErrorCode, Resume};

/// One room over WebSocket, joined at once
///
/// What is said there stands in `/api/v1/asyncapi.json`.
#[utoipa::path(get, path = "/chat/{room}", tag = "sockets",
    params(
        ("room" = String, Path, description = "The room"),
        ("user" = Option<String>, Query, description = "Who connects, where people name themselves; without it `anonymous`"),
        ("token" = Option<String>, Query, description = "A token, where the operator lets it stand here"),
        ("since" = Option<u64>, Query, description = "The last `seq` that the client has; only with `epoch`"),
        ("epoch" = Option<String>, Query, description = "The log that `since` belongs to, as `joined` said it"),
        ("change" = Option<u64>, Query, description = "The last `change` that the client has; only with `since`"),
    ),
    responses(
        (status = 101, description = "The socket is open"),
        (status = 400, description = "A bad name, position or handshake", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No good token, where tokens are asked for", body = Problem, content_type = "application/problem+json",
            headers(("WWW-Authenticate" = String, description = "`Bearer`"))),
        (status = 403, description = "A page from elsewhere, or a room that the token does not let one read", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many connections that have not said whose they are", body = Problem, content_type = "application/problem+json"),
        (status = 426, description = "Not a WebSocket of version 13", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn chat(handshake: Handshake, room: Result<Room, Problem>) -> Result<Response, Problem> {
    let Room(room) = room?;
    let position = position(&handshake.query)?;
    handshake.connect(Entry::Room(room, position))
}

/// Where the client left off.
fn position(query: &Query) -> Result<Option<Resume<'static>>, Problem> {
    match (query.number("since")?, query.get("epoch"), query.number("change")?) {
        (None, None, None) => Ok(None),
        (Some(seq), Some(epoch), change) if !epoch.is_empty() => {
            Ok(Some(Resume { seq, epoch: epoch.to_owned().into(), change }))
        }
        _ => Err(Problem::new(
            ErrorCode::BadFrame,
            "`since` and `epoch` belong together: give both, as `joined` said them, or neither; `change` only with them",
        )),
    }
}
