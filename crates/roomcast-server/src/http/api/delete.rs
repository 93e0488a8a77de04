//! `DELETE /api/v1/rooms/{room}/messages/{seq}`: a message is taken away.

use super::changed::Changed;
use crate::http::{
    App, Problem,
    names::{Message, user},
    query::Query,
};
use axum::{Json, extract::State, http::HeaderMap};

/// Take a message of one's own away
///
/// Its place stays; what it said, at first and after edits, is erased when this answers. Again it changes nothing and gets
/// the same answer.
#[utoipa::path(delete, path = "/api/v1/rooms/{room}/messages/{seq}", tag = "rooms",
    params(
        ("room" = String, Path, description = "The room"),
        ("seq" = u64, Path, maximum = 9007199254740991_u64, description = "The message"),
        ("user" = Option<String>, Query, description = "Whose message it is; without it `anonymous`"),
    ),
    responses(
        (status = 200, description = "It is gone, now or since before", body = Changed),
        (status = 400, description = "A bad name, number", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Somebody else's message, or a page from elsewhere", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such message", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too often", body = Problem, content_type = "application/problem+json",
            headers(("Retry-After" = u64, description = "Seconds"))),
        (status = 503, description = "The store does not answer: ask again", body = Problem,
            content_type = "application/problem+json", headers(("Retry-After" = u64, description = "Seconds"))),
    ))]
pub(crate) async fn delete(
    State(app): State<App>,
    message: Result<Message, Problem>,
    headers: HeaderMap,
    query: Query,
) -> Result<Json<Changed>, Problem> {
    app.origins.check(&headers)?;
    let Message(room, seq) = message?;
    let user = app.chat.user(user(query.get("user"))?);
    let at = app.chat.delete(room.clone(), &user, seq).await?;
    Ok(Changed::answer(&room, at))
}
