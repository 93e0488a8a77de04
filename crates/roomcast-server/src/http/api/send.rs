//! `POST /api/v1/rooms/{room}/messages`: saying something without a socket.

use crate::http::{App, Problem, auth::Caller, body::Body, names::Room};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use roomcast::{Post, auth::Verb, store::Appended};
use roomcast_protocol::{ErrorCode, MAX_SEQ, RoomName};
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use utoipa::ToSchema;

/// What is to be said.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Message {
    /// 1 to 4,000 characters, at most 16 KiB.
    content: String,
    /// At most 64 bytes; makes it safe to send again.
    nonce: Option<String>,
    /// The message that it answers, by its `seq`.
    #[schema(maximum = 9007199254740991_u64)]
    reply_to: Option<u64>,
    /// Who says it, where people name themselves; without it `anonymous`.
    user: Option<String>,
}

/// What was said, and is kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sent {
    /// Where.
    room: String,
    /// Its number in the room.
    seq: u64,
    /// When: seconds since the Unix epoch.
    timestamp: u64,
    /// As it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
}

/// Say something
///
/// It is kept when this answers. The same user, room, nonce and content again is the same message, and gets the same answer
/// as the first time. Who posts is not therefore in the room.
#[utoipa::path(post, path = "/api/v1/rooms/{room}/messages", tag = "rooms",
    params(("room" = String, Path, description = "The room")),
    request_body = Message,
    responses(
        (status = 201, description = "It is kept, now or since the first time", body = Sent,
            headers(("Location" = String, description = "A page with this message alone"))),
        (status = 400, description = "A bad name or body", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No good token, where tokens are asked for", body = Problem, content_type = "application/problem+json",
            headers(("WWW-Authenticate" = String, description = "`Bearer`"))),
        (status = 403, description = "A page from elsewhere, or the token does not allow it", body = Problem, content_type = "application/problem+json"),
        (status = 408, description = "The body did not come in time", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The nonce belongs to another message", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too often", body = Problem, content_type = "application/problem+json",
            headers(("Retry-After" = u64, description = "Seconds"))),
        (status = 503, description = "The store does not answer: send it again with the same nonce", body = Problem,
            content_type = "application/problem+json", headers(("Retry-After" = u64, description = "Seconds"))),
    ))]
pub(crate) async fn send(
    State(app): State<App>,
    caller: Caller,
    room: Result<Room, Problem>,
    headers: HeaderMap,
    Body(message): Body<Message>,
) -> Result<Response, Problem> {
    app.origins.check(&headers)?;
    let Room(room) = room?;
    caller.check(&room, Verb::Write)?;
    let user = app.chat.user(caller.named(message.user.as_deref())?.name);
    let post = message.into_post()?;
    let appended = app.chat.send(room.clone(), &user, &post).await?;
    Ok(sent(&room, appended, post.nonce))
}

impl Message {
    fn into_post(self) -> Result<Post, Problem> {
        if self.reply_to.is_some_and(|seq| seq > MAX_SEQ) {
            return Err(Problem::new(ErrorCode::BadFrame, "`reply_to` is larger than any `seq`"));
        }
        Ok(Post { content: self.content, nonce: self.nonce, reply_to: self.reply_to })
    }
}

fn sent(room: &RoomName, at: Appended, nonce: Option<String>) -> Response {
    let location = format!("/api/v1/rooms/{}/messages?around={}&limit=1", encoded(room.as_str()), at.seq);
    let body = Sent { room: room.as_str().to_owned(), seq: at.seq, timestamp: at.at_ms / 1000, nonce };
    (StatusCode::CREATED, [(header::LOCATION, location)], Json(body)).into_response()
}

/// A room's name as it stands in a path: what RFC 3986 does not reserve is written as it is.
fn encoded(name: &str) -> String {
    name.bytes().fold(String::with_capacity(name.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // writing into a string does not fail
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}
