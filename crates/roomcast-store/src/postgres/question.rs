//! What can be asked, in SQL. No transactions: each statement sees at least what the one before it
//! saw, and only retention takes something away.

use super::error::Failure;
use roomcast::store::{
    Change, Changes, FIRST_HASH_BYTES, Kind, MAX_PAGE, Page, Position, Range, Record, Retention, Span,
    Summary, Swept,
};
use roomcast_protocol::{RoomName, UserName};
use sqlx::PgConnection;
use std::{collections::HashMap, sync::Arc};
use tokio::sync::oneshot;

/// Where an answer goes.
pub(super) type Reply<T> = oneshot::Sender<Result<T, Arc<str>>>;

/// A question to whichever reader is free.
pub(super) enum Question {
    /// The floor of a room, and where it stands.
    Bounds(RoomName, Reply<(u64, Position)>),
    /// Where rooms stand, in the order asked.
    Heads(Vec<RoomName>, Reply<Vec<Position>>),
    /// Changes of a room after a number.
    Changes(RoomName, u64, usize, Reply<Changes>),
    /// A page of a room.
    Page(RoomName, Range, usize, Reply<Page>),
    /// Rooms that have messages, by name.
    Rooms(Option<RoomName>, usize, Reply<Vec<Summary>>),
    /// A step of retention.
    Retain(Retention, u64, Option<RoomName>, Reply<Swept>),
}

pub(super) async fn bounds(
    connection: &mut PgConnection,
    room: &RoomName,
) -> Result<(u64, Position), Failure> {
    Ok(standing(connection, room).await?.map_or_else(Default::default, |room| (room.floor, room.position())))
}

pub(super) async fn heads(
    connection: &mut PgConnection,
    rooms: &[RoomName],
) -> Result<Vec<Position>, Failure> {
    let names: Vec<&str> = rooms.iter().map(RoomName::as_str).collect();
    let sql = "SELECT coalesce(rooms.head, 0), coalesce(rooms.change, 0)
               FROM unnest($1::text[]) WITH ORDINALITY AS asked (name, i)
               LEFT JOIN rooms ON rooms.name = asked.name ORDER BY i";
    let heads: Vec<(i64, i64)> = sqlx::query_as(sql).bind(names).fetch_all(connection).await?;
    let position =
        |(seq, change): (i64, i64)| Position { seq: seq.cast_unsigned(), change: change.cast_unsigned() };
    Ok(heads.into_iter().map(position).collect())
}

pub(super) async fn changes(
    connection: &mut PgConnection,
    room: &RoomName,
    after: u64,
    limit: usize,
) -> Result<Changes, Failure> {
    let Some(room) = standing(connection, room).await? else {
        return Ok(Changes { changes: Vec::new(), newest: 0 });
    };
    let (after, newest, limit) = (after.min(room.change), room.change, limit.min(MAX_PAGE));
    let changes = changes_after(connection, room.id, after, newest, limit).await?;
    // One that is missing is damage, and whoever lacks it must not be led past it.
    let is_dense = changes.windows(2).all(|two| two[1].number == two[0].number + 1);
    let is_whole = after == newest || limit == 0 || !changes.is_empty();
    if is_dense && is_whole {
        Ok(Changes { changes, newest })
    } else {
        Err(Failure::Damaged("changes of a room are missing"))
    }
}

/// Changes of a room from after one number up to another, the oldest first.
pub(super) async fn changes_after(
    connection: &mut PgConnection,
    room_id: i64,
    after: u64,
    upto: u64,
    limit: usize,
) -> sqlx::Result<Vec<Change>> {
    let sql = "SELECT c.change, c.after, c.seq, u.identity, coalesce(c.name, u.name), c.at, c.kind, c.content
               FROM changes AS c JOIN users AS u ON u.id = c.user_id
               WHERE c.room_id = $1 AND c.change > $2 AND c.change <= $3 ORDER BY c.change LIMIT $4";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let (after, upto) = (after.cast_signed(), upto.cast_signed());
    let find = sqlx::query_as(sql).bind(room_id).bind(after).bind(upto).bind(limit);
    let rows: Vec<ChangeRow> = find.fetch_all(connection).await?;
    Ok(rows.into_iter().map(change).collect())
}

type ChangeRow = (i64, i64, i64, String, String, i64, String, Option<String>);

fn change((number, after, seq, identity, name, at, kind, content): ChangeRow) -> Change {
    // The table's own check lets no third kind in.
    let kind = match &*kind {
        "edit" => Kind::Edit { content: content.map(Arc::from) },
        _ => Kind::Delete,
    };
    Change {
        number: number.cast_unsigned(),
        after: after.cast_unsigned(),
        seq: seq.cast_unsigned(),
        user: Arc::new(UserName::from_parts(identity, name)),
        at_ms: at.cast_unsigned(),
        kind,
    }
}

pub(super) async fn page(
    connection: &mut PgConnection,
    room: &RoomName,
    range: Range,
    limit: usize,
) -> Result<Page, Failure> {
    let mut seen = None;
    while let Some(Standing { id, floor, head, .. }) = standing(connection, room).await? {
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
    pub(super) change: u64,
}

impl Standing {
    fn new((id, floor, head, change): (i64, i64, i64, i64)) -> Self {
        let (floor, head, change) = (floor.cast_unsigned(), head.cast_unsigned(), change.cast_unsigned());
        Self { id, floor, head, change }
    }

    fn position(&self) -> Position {
        Position { seq: self.head, change: self.change }
    }
}

/// The room that comes after another one by name, or the first.
pub(super) async fn next_standing(
    connection: &mut PgConnection,
    after: Option<&RoomName>,
) -> Result<Option<(RoomName, Standing)>, Failure> {
    let sql = "SELECT name, id, floor, head, change FROM rooms WHERE name > $1 ORDER BY name LIMIT 1";
    // No name is empty.
    let after = after.map_or("", RoomName::as_str);
    let row: Option<(String, i64, i64, i64, i64)> =
        sqlx::query_as(sql).bind(after).fetch_optional(connection).await?;
    let Some((name, id, floor, head, change)) = row else { return Ok(None) };
    Ok(Some((room_name(&name)?, Standing::new((id, floor, head, change)))))
}

pub(super) async fn standing(
    connection: &mut PgConnection,
    room: &RoomName,
) -> sqlx::Result<Option<Standing>> {
    let sql = "SELECT id, floor, head, change FROM rooms WHERE name = $1";
    let row: Option<(i64, i64, i64, i64)> =
        sqlx::query_as(sql).bind(room.as_str()).fetch_optional(connection).await?;
    Ok(row.map(Standing::new))
}

type Row = (i64, String, String, i64, Option<String>, Option<i64>, String, Option<i64>, Option<i64>);

/// The messages of a span.
pub(super) async fn records(
    connection: &mut PgConnection,
    room_id: i64,
    span: Span,
) -> sqlx::Result<Vec<Record>> {
    let sql = "SELECT m.seq, u.identity, coalesce(m.name, u.name), m.at, m.nonce, m.reply_to, m.content, m.edited, m.deleted
               FROM messages AS m JOIN users AS u ON u.id = m.user_id
               WHERE m.room_id = $1 AND m.seq > $2 AND m.seq <= $3 ORDER BY m.seq";
    let (after, upto) = (span.after.cast_signed(), span.upto.cast_signed());
    let rows: Vec<Row> =
        sqlx::query_as(sql).bind(room_id).bind(after).bind(upto).fetch_all(connection).await?;
    Ok(rows.into_iter().map(record).collect())
}

/// What is kept of the first contents of the messages of a span, by their numbers.
pub(super) async fn first_hashes(
    connection: &mut PgConnection,
    room_id: i64,
    span: Span,
) -> Result<HashMap<u64, [u8; FIRST_HASH_BYTES]>, Failure> {
    let sql = "SELECT seq, first_hash FROM messages
               WHERE room_id = $1 AND seq > $2 AND seq <= $3 AND first_hash IS NOT NULL";
    let (after, upto) = (span.after.cast_signed(), span.upto.cast_signed());
    let rows: Vec<(i64, Vec<u8>)> =
        sqlx::query_as(sql).bind(room_id).bind(after).bind(upto).fetch_all(connection).await?;
    let hash = |(seq, hash): (i64, Vec<u8>)| Some((seq.cast_unsigned(), hash.try_into().ok()?));
    let hashes: Option<_> = rows.into_iter().map(hash).collect();
    hashes.ok_or(Failure::Damaged("a hash of a first content is none"))
}

fn record((seq, identity, name, at, nonce, reply_to, content, edited, deleted): Row) -> Record {
    Record {
        seq: seq.cast_unsigned(),
        user: Arc::new(UserName::from_parts(identity, name)),
        at_ms: at.cast_unsigned(),
        content: content.into(),
        nonce: nonce.map(Arc::from),
        reply_to: reply_to.map(i64::cast_unsigned),
        edited_ms: edited.map(i64::cast_unsigned),
        deleted_ms: deleted.map(i64::cast_unsigned),
    }
}

fn summary((name, head, at): (String, i64, i64)) -> Result<Summary, Failure> {
    Ok(Summary { room: room_name(&name)?, head: head.cast_unsigned(), last_at_ms: at.cast_unsigned() })
}

pub(super) fn room_name(name: &str) -> Result<RoomName, Failure> {
    RoomName::parse(name).map_err(|_| Failure::Damaged("a room has a name that is none"))
}
