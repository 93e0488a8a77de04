//! `GET /api/v1/rooms`: the rooms, with what a list of them shows.

use super::limit;
use crate::http::{App, Problem, auth::Caller, query::Query};
use axum::{Json, extract::State};
use roomcast::RoomInfo;
use roomcast_protocol::RoomName;
use serde::Serialize;
use utoipa::ToSchema;

/// Rooms in an answer without `limit`, and the most in one with it.
const DEFAULT: usize = 100;
const MOST: usize = 999;

/// A page of rooms.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RoomPage {
    /// By name.
    rooms: Vec<Room>,
    /// There are more: ask again with `after` and the last name.
    more: bool,
}

/// A room in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Room {
    /// Its name.
    name: String,
    /// Its newest message's number; 0 where nothing was said.
    head: u64,
    /// How many people are there.
    people: usize,
    /// When something was said last: seconds since the Unix epoch. Not there where nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_activity: Option<u64>,
}

impl From<RoomInfo> for Room {
    fn from(info: RoomInfo) -> Self {
        Self {
            name: info.name.as_str().to_owned(),
            head: info.head,
            people: info.people,
            last_activity: info.last_at_ms.map(|ms| ms / 1000),
        }
    }
}

/// The rooms that have messages or people and that one may see, by name
#[utoipa::path(get, path = "/api/v1/rooms", tag = "rooms",
    params(
        ("after" = Option<String>, Query, description = "Only rooms whose name comes after this one"),
        ("limit" = Option<u64>, Query, minimum = 1, description = "How many at most; without it 100, never more than 999"),
    ),
    responses(
        (status = 200, description = "A page", body = RoomPage),
        (status = 400, description = "A bad name or number", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No good token, where tokens are asked for", body = Problem, content_type = "application/problem+json",
            headers(("WWW-Authenticate" = String, description = "`Bearer`"))),
        (status = 503, description = "The store does not answer", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn rooms(
    State(app): State<App>,
    caller: Caller,
    query: Query,
) -> Result<Json<RoomPage>, Problem> {
    let limit = limit::of(&query, DEFAULT, MOST)?;
    let after = query.get("after").map(RoomName::parse).transpose()?;
    let mut rooms = app.chat.rooms(&caller.named(None)?, after.as_ref(), limit + 1).await?;
    let more = rooms.len() > limit;
    rooms.truncate(limit);
    Ok(Json(RoomPage { rooms: rooms.into_iter().map(Room::from).collect(), more }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::Config, http::testing, lifecycle::Stop};
    use axum::{extract::FromRequestParts, http::Request};
    use roomcast::testing::store::{append, message};

    #[tokio::test]
    async fn an_answer_holds_so_many_rooms() {
        let app = App::new(testing::chat(), &Config::default(), Stop::new());
        let page = async |query: &str| {
            let (mut parts, ()) = Request::get(format!("/{query}")).body(()).unwrap().into_parts();
            let query = Query::from_request_parts(&mut parts, &()).await.unwrap();
            let page = rooms(State(app.clone()), Caller::Guest, query).await.unwrap().0;
            (page.rooms.len(), page.more)
        };
        for (n, more) in [(DEFAULT, false), (DEFAULT + 1, true)] {
            fill(&app, n).await;
            assert_eq!(page("").await, (DEFAULT, more));
        }
        for (n, more) in [(MOST, false), (MOST + 1, true)] {
            fill(&app, n).await;
            assert_eq!(page("?limit=5000").await, (MOST, more));
        }
    }

    /// So many rooms in all.
    async fn fill(app: &App, n: usize) {
        let batch = (0..n).map(|n| message(&format!("room-{n}"), "ann", "hello")).collect();
        append(app.chat.store(), batch).await;
    }
}
