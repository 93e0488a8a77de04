//! What can be asked of a reader, in SQL. Every answer comes from one moment: a transaction, or one statement.

use super::reader::Reader;
use roomcast::store::{
    Change, Changes, FIRST_HASH_BYTES, Kind, MAX_PAGE, Page, Position, Range, Record, Span, Summary,
};
use roomcast_protocol::{RoomName, UserName};
use rusqlite::{Connection, OptionalExtension as _, Row, TransactionBehavior, params};
use std::{collections::HashMap, sync::Arc};

/// A room's row: the id, the floor and the head.
pub(super) type Standing = (i64, u64, u64);

impl Reader {
    /// The floor of a room, and where it stands.
    pub(super) fn bounds(&mut self, room: &RoomName) -> rusqlite::Result<(u64, Position)> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
        let Some((room_id, floor, seq)) = standing(&transaction, room)? else {
            return Ok((0, Position::default()));
        };
        Ok((floor, Position { seq, change: newest_change(&transaction, room_id)? }))
    }

    /// Where rooms stand, in the order asked.
    pub(super) fn heads(&mut self, rooms: &[RoomName]) -> rusqlite::Result<Vec<Position>> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
        let head = |room| match standing(&transaction, room)? {
            Some((room_id, _, seq)) => Ok(Position { seq, change: newest_change(&transaction, room_id)? }),
            None => Ok(Position::default()),
        };
        rooms.iter().map(head).collect()
    }

    /// Changes of a room after a number.
    pub(super) fn changes(&mut self, room: &RoomName, after: u64, limit: usize) -> rusqlite::Result<Changes> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
        let Some((room_id, ..)) = standing(&transaction, room)? else {
            return Ok(Changes { changes: Vec::new(), newest: 0 });
        };
        let newest = newest_change(&transaction, room_id)?;
        let changes =
            changes(&transaction, &mut self.users, room_id, after.min(newest), limit.min(MAX_PAGE))?;
        let is_dense = changes.windows(2).all(|two| two[1].number == two[0].number + 1);
        // One that is missing is damage, and whoever lacks it must not be led past it.
        if is_dense { Ok(Changes { changes, newest }) } else { Err(rusqlite::Error::QueryReturnedNoRows) }
    }

    /// A page of a room.
    pub(super) fn page(&mut self, room: &RoomName, range: Range, limit: usize) -> rusqlite::Result<Page> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
        let Some((room_id, floor, head)) = standing(&transaction, room)? else {
            return Ok(Page { messages: Vec::new(), more: false, head: 0 });
        };
        let span = range.span(floor, head, limit);
        let messages = records(&transaction, &mut self.users, room_id, span)?;
        Ok(Page { messages, more: span.more, head })
    }

    /// Rooms that have messages, by name.
    pub(super) fn rooms(&mut self, after: Option<&RoomName>, limit: usize) -> rusqlite::Result<Vec<Summary>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT rooms.name, messages.seq, messages.at
             FROM rooms CROSS JOIN messages ON messages.room_id = rooms.id
                 AND messages.seq = (SELECT max(seq) FROM messages WHERE room_id = rooms.id)
             WHERE rooms.name > ?1 ORDER BY rooms.name LIMIT ?2",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        // No name is empty.
        let rooms = statement.query_map(params![after.map_or("", RoomName::as_str), limit], summary)?;
        rooms.collect()
    }
}

pub(super) fn standing(connection: &Connection, room: &RoomName) -> rusqlite::Result<Option<Standing>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, floor, coalesce((SELECT max(seq) FROM messages WHERE room_id = rooms.id), floor)
         FROM rooms WHERE name = ?1",
    )?;
    statement.query_row([room.as_str()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()
}

pub(super) fn newest_change(connection: &Connection, room_id: i64) -> rusqlite::Result<u64> {
    let sql = "SELECT coalesce(max(change), 0) FROM changes WHERE room_id = ?1";
    connection.prepare_cached(sql)?.query_row([room_id], |row| row.get(0))
}

/// Changes of a room after a number, the oldest first.
pub(super) fn changes(
    connection: &Connection,
    users: &mut HashMap<i64, Arc<UserName>>,
    room_id: i64,
    after: u64,
    limit: usize,
) -> rusqlite::Result<Vec<Change>> {
    let mut statement = connection.prepare_cached(
        "SELECT change, user_id, at, name, after, seq, kind, content FROM changes
         WHERE room_id = ?1 AND change > ?2 ORDER BY change LIMIT ?3",
    )?;
    let mut rows = statement.query(params![room_id, after, limit])?;
    let mut changes = Vec::new();
    while let Some(row) = rows.next()? {
        let user = user(connection, users, row)?;
        changes.push(change(row, user)?);
    }
    Ok(changes)
}

fn change(row: &Row<'_>, user: Arc<UserName>) -> rusqlite::Result<Change> {
    let kind = match row.get_ref(6)?.as_str()? {
        "edit" => Kind::Edit { content: row.get(7)? },
        "delete" => Kind::Delete,
        // The table's own check lets nothing else in.
        kind => return Err(rusqlite::Error::InvalidColumnName(kind.to_owned())),
    };
    Ok(Change { number: row.get(0)?, after: row.get(4)?, seq: row.get(5)?, user, at_ms: row.get(2)?, kind })
}

/// The messages of a span, all of them: one that is missing is damage, and must not look like the end of the log.
pub(super) fn records(
    connection: &Connection,
    users: &mut HashMap<i64, Arc<UserName>>,
    room_id: i64,
    span: Span,
) -> rusqlite::Result<Vec<Record>> {
    let mut statement = connection.prepare_cached(
        "SELECT seq, user_id, at, name, nonce, reply_to, content, edited, deleted FROM messages
         WHERE room_id = ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq",
    )?;
    let mut rows = statement.query(params![room_id, span.after, span.upto])?;
    let mut records = Vec::with_capacity(span.count());
    while let Some(row) = rows.next()? {
        let user = user(connection, users, row)?;
        records.push(record(row, user)?);
    }
    if records.len() == span.count() { Ok(records) } else { Err(rusqlite::Error::QueryReturnedNoRows) }
}

/// What is kept of the first contents of the messages of a span, by their numbers.
pub(super) fn first_hashes(
    connection: &Connection,
    room_id: i64,
    span: Span,
) -> rusqlite::Result<HashMap<u64, [u8; FIRST_HASH_BYTES]>> {
    let mut statement = connection.prepare_cached(
        "SELECT seq, first_hash FROM messages
         WHERE room_id = ?1 AND seq > ?2 AND seq <= ?3 AND first_hash IS NOT NULL",
    )?;
    let rows =
        statement.query_map(params![room_id, span.after, span.upto], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

fn record(row: &Row<'_>, user: Arc<UserName>) -> rusqlite::Result<Record> {
    Ok(Record {
        seq: row.get(0)?,
        user,
        at_ms: row.get(2)?,
        nonce: row.get(4)?,
        reply_to: row.get(5)?,
        content: row.get(6)?,
        edited_ms: row.get(7)?,
        deleted_ms: row.get(8)?,
    })
}

/// Who wrote a row or made a change, under the name of then.
fn user(
    connection: &Connection,
    users: &mut HashMap<i64, Arc<UserName>>,
    row: &Row<'_>,
) -> rusqlite::Result<Arc<UserName>> {
    let id: i64 = row.get(1)?;
    let user = match users.get(&id) {
        Some(user) => Arc::clone(user),
        None => find_user(connection, id)?,
    };
    users.entry(id).or_insert_with(|| Arc::clone(&user));
    Ok(match row.get::<_, Option<Arc<str>>>(3)? {
        Some(name) => Arc::new(UserName::from_parts(user.identity(), name)),
        None => user,
    })
}

fn find_user(connection: &Connection, id: i64) -> rusqlite::Result<Arc<UserName>> {
    let mut statement = connection.prepare_cached("SELECT identity, name FROM users WHERE id = ?1")?;
    statement.query_row([id], |row| {
        let (identity, name): (Arc<str>, Arc<str>) = (row.get(0)?, row.get(1)?);
        Ok(Arc::new(UserName::from_parts(identity, name)))
    })
}

fn summary(row: &Row<'_>) -> rusqlite::Result<Summary> {
    Ok(Summary { room: room_name(row)?, head: row.get(1)?, last_at_ms: row.get(2)? })
}

/// A room's name from the first column.
pub(super) fn room_name(row: &Row<'_>) -> rusqlite::Result<RoomName> {
    let name: String = row.get(0)?;
    RoomName::parse(&name).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
    })
}
