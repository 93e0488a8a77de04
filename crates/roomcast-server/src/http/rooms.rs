//! `GET /rooms`: their names, and nothing else.

use super::{App, Problem, auth::Caller};
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

/// The names of rooms.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RoomNames {
    /// Sorted.
    rooms: Vec<String>,
}

/// The names of all rooms that have messages or people and that one may see, sorted
#[utoipa::path(get, path = "/rooms", tag = "rooms",
    responses(
        (status = 200, description = "All of them", body = RoomNames),
        (status = 401, description = "No good token, where tokens are asked for", body = Problem, content_type = "application/problem+json",
            headers(("WWW-Authenticate" = String, description = "`Bearer`"))),
        (status = 503, description = "The store does not answer", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn room_names(State(app): State<App>, caller: Caller) -> Result<Json<RoomNames>, Problem> {
    let rooms = app.chat.room_names(&caller.named(None)?).await?;
    Ok(Json(RoomNames { rooms: rooms.iter().map(|room| room.as_str().to_owned()).collect() }))
}
