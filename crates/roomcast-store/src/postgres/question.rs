//! What can be asked, in SQL. No transactions: messages never change, each statement sees at least what the one before it
//! saw, and only retention takes something away.

use super::error::Failure;
use roomcast::store::{Page, Range, Record, Retention, Span, Summary, Swept};
use roomcast_protocol::{RoomName, UserName};
use sqlx::PgConnection;
use std::sync::Arc;
use tokio::sync::oneshot;

/// Where an answer goes.
pub(super) type Reply<T> = oneshot::Sender<Result<T, Arc<str>>>;

/// A question to whichever reader is free.
pub(super) enum Question {
    /// The floor and the head of a room.
    Bounds(RoomName, Reply<(u64, u64)>),
    /// The heads of rooms, in the order asked.
    Heads(Vec<RoomName>, Reply<Vec<u64>>),
    /// A page of a room.
    Page(RoomName, Range, usize, Reply<Page>),
    /// Rooms that have messages, by name.
    Rooms(Option<RoomName>, usize, Reply<Vec<Summary>>),
    /// A step of retention.
    Retain(Retention, u64, Option<RoomName>, Reply<Swept>),
}

pub(super) async fn bounds(connection: &mut PgConnection, room: &RoomName) -> Result<(u64, u64), Failure> {
    Ok(standing(connection, room).await?.map_or((0, 0), |room| (room.floor, room.head)))
}

pub(super) async fn heads(connection: &mut PgConnection, rooms: &[RoomName]) -> Result<Vec<u64>, Failure> {
    let names: Vec<&str> = rooms.iter().map(RoomName::as_str).collect();
    let sql = "SELECT coalesce(rooms.head, 0) FROM unnest($1::text[]) WITH ORDINALITY AS asked (name, i)
               LEFT JOIN rooms ON rooms.name = asked.name ORDER BY i";
    let heads: Vec<i64> = sqlx::query_scalar(sql).bind(names).fetch_all(connection).await?;
    Ok(heads.into_iter().map(i64::cast_unsigned).collect())
}

pub(super) async fn page(
    connection: &mut PgConnection,
    room: &RoomName,
    range: Range,
    limit: usize,
) -> Result<Page, Failure> {
    let mut seen = None;
    while let Some(Standing { id, floor, head }) = standing(connection, room).await? {
        if seen == Some(floor) {
            // One that is missing must not look like the end of the log.
            return Err(Failure::Damaged("messages of a room are missing"));
        }
        let span = range.span(floor, head, limit);
        let messages = records(connection, id, span).await?;
        if messages.len() == span.count() {
            return Ok(Page { messages, more: span.more, head });
        }
        // Retention may have taken them meanwhile.
        seen = Some(floor);
    }
    Ok(Page { messages: Vec::new(), more: false, head: 0 })
}

pub(super) async fn rooms(
    connection: &mut PgConnection,
    after: Option<&RoomName>,
    limit: usize,
) -> Result<Vec<Summary>, Failure> {
    let sql = "SELECT rooms.name, rooms.head, messages.at
               FROM rooms JOIN messages ON messages.room_id = rooms.id AND messages.seq = rooms.head
               WHERE rooms.name > $1 ORDER BY rooms.name LIMIT $2";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    // No name is empty.
    let after = after.map_or("", RoomName::as_str);
    let rows: Vec<(String, i64, i64)> =
        sqlx::query_as(sql).bind(after).bind(limit).fetch_all(connection).await?;
    rows.into_iter().map(summary).collect()
}

/// A room's row.
pub(super) struct Standing {
    pub(super) id: i64,
    pub(super) floor: u64,
    pub(super) head: u64,
}

/// The room that comes after another one by name, or the first.
pub(super) async fn next_standing(
    connection: &mut PgConnection,
    after: Option<&RoomName>,
) -> Result<Option<(RoomName, Standing)>, Failure> {
    let sql = "SELECT name, id, floor, head FROM rooms WHERE name > $1 ORDER BY name LIMIT 1";
    // No name is empty.
    let after = after.map_or("", RoomName::as_str);
    let row: Option<(String, i64, i64, i64)> =
        sqlx::query_as(sql).bind(after).fetch_optional(connection).await?;
    let Some((name, id, floor, head)) = row else { return Ok(None) };
    let standing = Standing { id, floor: floor.cast_unsigned(), head: head.cast_unsigned() };
    Ok(Some((room_name(&name)?, standing)))
}

pub(super) async fn standing(
    connection: &mut PgConnection,
    room: &RoomName,
) -> sqlx::Result<Option<Standing>> {
    let sql = "SELECT id, floor, head FROM rooms WHERE name = $1";
    let row: Option<(i64, i64, i64)> =
        sqlx::query_as(sql).bind(room.as_str()).fetch_optional(connection).await?;
    Ok(row.map(|(id, floor, head)| Standing { id, floor: floor.cast_unsigned(), head: head.cast_unsigned() }))
}

type Row = (i64, String, String, i64, Option<String>, Option<i64>, String);

/// The messages of a span.
pub(super) async fn records(
    connection: &mut PgConnection,
    room_id: i64,
    span: Span,
) -> sqlx::Result<Vec<Record>> {
    let sql = "SELECT m.seq, u.identity, coalesce(m.name, u.name), m.at, m.nonce, m.reply_to, m.content
               FROM messages AS m JOIN users AS u ON u.id = m.user_id
               WHERE m.room_id = $1 AND m.seq > $2 AND m.seq <= $3 ORDER BY m.seq";
    let (after, upto) = (span.after.cast_signed(), span.upto.cast_signed());
    let rows: Vec<Row> =
        sqlx::query_as(sql).bind(room_id).bind(after).bind(upto).fetch_all(connection).await?;
    Ok(rows.into_iter().map(record).collect())
}

fn record((seq, identity, name, at, nonce, reply_to, content): Row) -> Record {
    Record {
        seq: seq.cast_unsigned(),
        user: Arc::new(UserName::from_parts(identity, name)),
        at_ms: at.cast_unsigned(),
        content: content.into(),
        nonce: nonce.map(Arc::from),
        reply_to: reply_to.map(i64::cast_unsigned),
    }
}

fn summary((name, head, at): (String, i64, i64)) -> Result<Summary, Failure> {
    Ok(Summary { room: room_name(&name)?, head: head.cast_unsigned(), last_at_ms: at.cast_unsigned() })
}

pub(super) fn room_name(name: &str) -> Result<RoomName, Failure> {
    RoomName::parse(name).map_err(|_| Failure::Damaged("a room has a name that is none"))
}
