//! `GET /api/v1/rooms/{room}/messages`: a page of what was said, in the shape of the frame `history`.

use super::limit;
use crate::http::{App, Problem, auth::Caller, names::Room, query::Query};
use axum::{
    body::Bytes,
    extract::State,
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use roomcast::{
    auth::Verb,
    store::{Page, Range, Record},
};
use roomcast_protocol::{
    DEFAULT_HISTORY, ErrorCode, MAX_HISTORY, RoomName,
    server::{History, HistoryMessage},
};
use std::borrow::Cow;

/// What was said in a room, oldest first
///
/// At most one of `before`, `after` and `around`; without them the newest messages. `nonce` is told to nobody here.
#[utoipa::path(get, path = "/api/v1/rooms/{room}/messages", tag = "rooms",
    params(
        ("room" = String, Path, description = "The room"),
        ("limit" = Option<u64>, Query, minimum = 1, description = "How many at most; without it 50, never more than 200"),
        ("before" = Option<u64>, Query, description = "The newest ones before this `seq`"),
        ("after" = Option<u64>, Query, description = "The oldest ones after this `seq`"),
        ("around" = Option<u64>, Query, description = "Half before this `seq`, the rest from it on"),
    ),
    responses(
        (status = 200, description = "A page; of a room where nothing was said, an empty one", body = ref("#/components/schemas/History")),
        (status = 400, description = "A bad name or number", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No good token, where tokens are asked for", body = Problem, content_type = "application/problem+json",
            headers(("WWW-Authenticate" = String, description = "`Bearer`"))),
        (status = 403, description = "The token does not allow it", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The store does not answer, or too many answers wait to be taken", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn messages(
    State(app): State<App>,
    caller: Caller,
    room: Result<Room, Problem>,
    query: Query,
) -> Result<Response, Problem> {
    let Room(room) = room?;
    caller.check(&room, Verb::Read)?;
    let limit = limit::of(&query, DEFAULT_HISTORY as usize, MAX_HISTORY as usize)?;
    let json = |page: &Page| encode(&room, page);
    let json = app.chat.history(&room, range(&query)?, limit, json).await?;
    Ok(([(CONTENT_TYPE, "application/json")], json).into_response())
}

fn encode(room: &RoomName, page: &Page) -> Bytes {
    let history = History {
        id: None,
        room: Cow::Borrowed(room.as_str()),
        messages: page.messages.iter().map(message).collect(),
        more: page.more,
    };
    serde_json::to_vec(&history).expect("texts and numbers can be written as JSON").into()
}

fn range(query: &Query) -> Result<Range, Problem> {
    let asked = (query.number("before")?, query.number("after")?, query.number("around")?);
    match asked {
        (None, None, None) => Ok(Range::Newest),
        (Some(seq), None, None) => Ok(Range::Before(seq)),
        (None, Some(seq), None) => Ok(Range::After(seq)),
        (None, None, Some(seq)) => Ok(Range::Around(seq)),
        _ => {
            Err(Problem::new(ErrorCode::BadFrame, "give one of `before`, `after` and `around`, not several"))
        }
    }
}

/// A record as everyone sees it.
fn message(record: &Record) -> HistoryMessage<'_> {
    HistoryMessage {
        seq: record.seq,
        user: Cow::Borrowed(record.user.name()),
        content: Cow::Borrowed(&record.content),
        timestamp: record.at_ms / 1000,
        nonce: None,
        reply_to: record.reply_to,
        edited: record.edited_ms.map(|ms| ms / 1000),
        deleted: record.deleted_ms.is_some(),
    }
}
