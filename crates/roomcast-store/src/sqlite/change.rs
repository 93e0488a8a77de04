//! Changes to messages, inside a commit: a few look-ups and writes each, and none for messages that are not changed.

use super::{
    cache::{Cache, Room},
    transaction::integer,
};
use crate::batch::Verdict;
use roomcast::store::{Append, AppendError, Appended, FIRST_HASH_BYTES, first_hash};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use std::sync::Arc;

/// A message says something else.
pub(super) fn edit(
    transaction: &Connection,
    cache: &mut Cache,
    change: &Append,
    seq: u64,
    content: &str,
) -> rusqlite::Result<Verdict> {
    let (room, found) = match find(transaction, cache, change, seq)? {
        Ok(found) => found,
        Err(error) => return Ok(Err(error)),
    };
    if found.deleted.is_some() {
        return Ok(Err(AppendError::NoSuchMessage));
    }
    if *found.content == *content {
        return Ok(Ok(repeated(room, seq, found.edited.unwrap_or(found.at))));
    }
    let sql =
        "UPDATE messages SET content = ?3, edited = ?4, first_hash = ?5 WHERE room_id = ?1 AND seq = ?2";
    let mut update = transaction.prepare_cached(sql)?;
    update.execute(params![room.id, seq, content, integer(change.at_ms), found.first_hash()])?;
    record(transaction, room, change, &found, ("edit", Some(content))).map(Ok)
}

/// A message is taken away, and what it said is erased.
pub(super) fn delete(
    transaction: &Connection,
    cache: &mut Cache,
    change: &Append,
    seq: u64,
) -> rusqlite::Result<Verdict> {
    let (room, found) = match find(transaction, cache, change, seq)? {
        Ok(found) => found,
        Err(error) => return Ok(Err(error)),
    };
    if let Some(first) = found.deleted {
        return Ok(Ok(repeated(room, seq, first)));
    }
    let sql = "UPDATE messages SET content = '', edited = NULL, deleted = ?3, first_hash = ?4
               WHERE room_id = ?1 AND seq = ?2";
    let mut update = transaction.prepare_cached(sql)?;
    update.execute(params![room.id, seq, integer(change.at_ms), found.first_hash()])?;
    let sql = "UPDATE changes SET content = NULL WHERE room_id = ?1 AND seq = ?2";
    transaction.prepare_cached(sql)?.execute(params![room.id, seq])?;
    record(transaction, room, change, &found, ("delete", None)).map(Ok)
}

/// The message that is to be changed.
struct Found {
    seq: u64,
    user_id: i64,
    /// The author's name in the row of users.
    name: Arc<str>,
    at: i64,
    edited: Option<i64>,
    deleted: Option<i64>,
    nonce: Option<Arc<str>>,
    first_hash: Option<[u8; FIRST_HASH_BYTES]>,
    content: Arc<str>,
}

impl Found {
    /// What is to be kept of its first content: what is kept already, or a hash of what it says still.
    fn first_hash(&self) -> Option<[u8; FIRST_HASH_BYTES]> {
        self.first_hash.or_else(|| self.nonce.as_deref().map(|nonce| first_hash(nonce, &self.content)))
    }
}

/// The room and the message, where the message is there and is this person's. Makes no rows: whoever changes what is there
/// has written before.
fn find<'c>(
    transaction: &Connection,
    cache: &'c mut Cache,
    change: &Append,
    seq: u64,
) -> rusqlite::Result<Result<(&'c mut Room, Found), AppendError>> {
    let Some(room) = cache.known_room(transaction, &change.room)? else {
        return Ok(Err(AppendError::NoSuchMessage));
    };
    let mut find = transaction.prepare_cached(
        "SELECT seq, user_id, users.name, at, edited, deleted, nonce, first_hash, content, identity
         FROM messages JOIN users ON users.id = user_id WHERE room_id = ?1 AND seq = ?2",
    )?;
    let read = |row: &Row<'_>| {
        let is_own = *row.get::<_, Arc<str>>(9)? == *change.user.identity();
        Ok(if is_own { Ok(found(row)?) } else { Err(AppendError::NotTheAuthor) })
    };
    let found = find.query_row(params![room.id, integer(seq)], read).optional()?;
    Ok(found.unwrap_or(Err(AppendError::NoSuchMessage)).map(|found| (room, found)))
}

fn found(row: &Row<'_>) -> rusqlite::Result<Found> {
    Ok(Found {
        seq: row.get(0)?,
        user_id: row.get(1)?,
        name: row.get(2)?,
        at: row.get(3)?,
        edited: row.get(4)?,
        deleted: row.get(5)?,
        nonce: row.get(6)?,
        first_hash: row.get(7)?,
        content: row.get(8)?,
    })
}

/// Writes the change down behind the newest message. The number is taken only by a row that is there.
fn record(
    transaction: &Connection,
    room: &mut Room,
    change: &Append,
    of: &Found,
    (kind, content): (&str, Option<&str>),
) -> rusqlite::Result<Appended> {
    let mut insert = transaction.prepare_cached(
        "INSERT INTO changes (room_id, change, after, seq, user_id, at, name, kind, content)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    let (number, at) = (room.change + 1, integer(change.at_ms));
    let other_name = (*of.name != *change.user.name()).then(|| change.user.name());
    insert.execute(params![room.id, number, room.head, of.seq, of.user_id, at, other_name, kind, content])?;
    room.change = number;
    Ok(Appended { seq: of.seq, at: room.position(), at_ms: at.cast_unsigned(), repeated: false })
}

/// The answer to a change that is made already.
fn repeated(room: &Room, seq: u64, first: i64) -> Appended {
    Appended { seq, at: room.position(), at_ms: first.cast_unsigned(), repeated: true }
}
