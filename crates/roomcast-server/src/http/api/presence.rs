//! `GET /api/v1/rooms/{room}/presence`: who is here.

use super::limit;
use crate::http::{App, Problem, auth::Caller, names::Room, query::Query};
use axum::{Json, extract::State};
use roomcast::auth::Verb;
use serde::Serialize;
use utoipa::ToSchema;

/// People in an answer without `limit`, and the most in one with it.
const DEFAULT: usize = 200;
const MOST: usize = 1000;

/// A page of people.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PeoplePage {
    /// The room.
    room: String,
    /// By name.
    users: Vec<String>,
    /// How many are there in all.
    count: usize,
    /// There are more: ask again with `after` and the last name.
    more: bool,
}

/// Who is in a room, by name
#[utoipa::path(get, path = "/api/v1/rooms/{room}/presence", tag = "rooms",
    params(
        ("room" = String, Path, description = "The room"),
        ("after" = Option<String>, Query, description = "Only people whose name comes after this one"),
        ("limit" = Option<u64>, Query, minimum = 1, description = "How many at most; without it 200, never more than 1000"),
    ),
    responses(
        (status = 200, description = "A page; of a room that nobody is in, an empty one", body = PeoplePage),
        (status = 400, description = "A bad name or number", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No good token, where tokens are asked for", body = Problem, content_type = "application/problem+json",
            headers(("WWW-Authenticate" = String, description = "`Bearer`"))),
        (status = 403, description = "The token does not allow it", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn presence(
    State(app): State<App>,
    caller: Caller,
    room: Result<Room, Problem>,
    query: Query,
) -> Result<Json<PeoplePage>, Problem> {
    let Room(room) = room?;
    caller.check(&room, Verb::Read)?;
    let limit = limit::of(&query, DEFAULT, MOST)?;
    let (mut users, count) = app.chat.people(&room, query.get("after"), limit + 1);
    let more = users.len() > limit;
    users.truncate(limit);
    Ok(Json(PeoplePage { room: room.as_str().to_owned(), users, count, more }))
}
