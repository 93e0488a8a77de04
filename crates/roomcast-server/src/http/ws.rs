//! `GET /ws`: a socket into any number of rooms.

use super::{Problem, handshake::Handshake};
use axum::response::Response;
use roomcast::Entry;

/// Many rooms over WebSocket, joined and left by frames
///
/// What is said there stands in `/api/v1/asyncapi.json`.
#[utoipa::path(get, path = "/ws", tag = "sockets",
    params(
        ("user" = Option<String>, Query, description = "Who connects, where people name themselves; without it `anonymous`"),
        ("token" = Option<String>, Query, description = "A token, where the operator lets it stand here"),
    ),
    responses(
        (status = 101, description = "The socket is open"),
        (status = 400, description = "A bad name or handshake", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No good token, where tokens are asked for", body = Problem, content_type = "application/problem+json",
            headers(("WWW-Authenticate" = String, description = "`Bearer`"))),
        (status = 403, description = "A page from elsewhere", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many connections that have not said whose they are", body = Problem, content_type = "application/problem+json"),
        (status = 426, description = "Not a WebSocket of version 13", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn ws(handshake: Handshake) -> Result<Response, Problem> {
    handshake.connect(Entry::Any)
}
