//! `PATCH /api/v1/rooms/{room}/messages/{seq}`: a message says something else.

use super::changed::Changed;
use crate::http::{App, Problem, auth::Caller, body::Body, names::Message};
use axum::{Json, extract::State, http::HeaderMap};
use roomcast::auth::Verb;
use serde::Deserialize;
use utoipa::ToSchema;

/// What a message is to say.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Edit {
    /// 1 to 4,000 characters, at most 16 KiB.
    content: String,
    /// Whose message it is, where people name themselves; without it `anonymous`.
    user: Option<String>,
}

/// Change what a message of one's own says
///
/// It is kept when this answers. The same edit again changes nothing and gets the same answer.
#[utoipa::path(patch, path = "/api/v1/rooms/{room}/messages/{seq}", tag = "rooms",
    params(
        ("room" = String, Path, description = "The room"),
        ("seq" = u64, Path, maximum = 9007199254740991_u64, description = "The message"),
    ),
    request_body = Edit,
    responses(
        (status = 200, description = "It says that, now or since before", body = Changed),
        (status = 400, description = "A bad name, number or body", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No good token, where tokens are asked for", body = Problem, content_type = "application/problem+json",
            headers(("WWW-Authenticate" = String, description = "`Bearer`"))),
        (status = 403, description = "Somebody else's message, a page from elsewhere, or the token does not allow it", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such message, or it was deleted", body = Problem, content_type = "application/problem+json"),
        (status = 408, description = "The body did not come in time", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too often", body = Problem, content_type = "application/problem+json",
            headers(("Retry-After" = u64, description = "Seconds"))),
        (status = 503, description = "The store does not answer: ask again", body = Problem,
            content_type = "application/problem+json", headers(("Retry-After" = u64, description = "Seconds"))),
    ))]
pub(crate) async fn edit(
    State(app): State<App>,
    caller: Caller,
    message: Result<Message, Problem>,
    headers: HeaderMap,
    Body(edit): Body<Edit>,
) -> Result<Json<Changed>, Problem> {
    app.origins.check(&headers)?;
    let Message(room, seq) = message?;
    caller.check(&room, Verb::Write)?;
    let user = app.chat.user(caller.named(edit.user.as_deref())?.name);
    let at = app.chat.edit(room.clone(), &user, seq, &edit.content).await?;
    Ok(Changed::answer(&room, at))
}
