//! `DELETE /api/v1/rooms/{room}/messages/{seq}`: a message is taken away.

use super::changed::Changed;
use crate::http::{App, Problem, auth::Caller, names::Message, query::Query};
use axum::{Json, extract::State, http::HeaderMap};
use roomcast::auth::Verb;

/// Take a message of one's own away
///
/// Its place stays; what it said, at first and after edits, is erased when this answers. Again it changes nothing and gets
/// the same answer.
#[utoipa::path(delete, path = "/api/v1/rooms/{room}/messages/{seq}", tag = "rooms",
    params(
        ("room" = String, Path, description = "The room"),
        ("seq" = u64, Path, maximum = 9007199254740991_u64, description = "The message"),
        ("user" = Option<String>, Query, description = "Whose message it is, where people name themselves; without it `anonymous`"),
    ),
    responses(
        (status = 200, description = "It is gone, now or since before", body = Changed),
        (status = 400, description = "A bad name, number", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No good token, where tokens are asked for", body = Problem, content_type = "application/problem+json",
            headers(("WWW-Authenticate" = String, description = "`Bearer`"))),
        (status = 403, description = "Somebody else's message, a page from elsewhere, or the token does not allow it", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such message", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too often", body = Problem, content_type = "application/problem+json",
            headers(("Retry-After" = u64, description = "Seconds"))),
        (status = 503, description = "The store does not answer: ask again", body = Problem,
            content_type = "application/problem+json", headers(("Retry-After" = u64, description = "Seconds"))),
    ))]
pub(crate) async fn delete(
    State(app): State<App>,
    caller: Caller,
    message: Result<Message, Problem>,
    headers: HeaderMap,
    query: Query,
) -> Result<Json<Changed>, Problem> {
    app.origins.check(&headers)?;
    let Message(room, seq) = message?;
    caller.check(&room, Verb::Write)?;
    let user = app.chat.user(caller.named(query.get("user"))?.name);
    let at = app.chat.delete(room.clone(), &user, seq).await?;
    Ok(Changed::answer(&room, at))
}
