//! Rows of an import, many with one statement.

use super::{cache::Cache, error::Failure};
use crate::transfer::Entry;
use roomcast_protocol::RoomName;
use sqlx::PgConnection;
use std::collections::HashMap;

/// What there is to write of one room: messages that follow each other.
pub(super) struct Piece<'a> {
    pub(super) room: &'a RoomName,
    /// The number before the first message that the room keeps.
    pub(super) floor: u64,
    pub(super) entries: &'a [Entry],
}

/// A room that is there: its id, and whether it has messages.
pub(super) type Known = (i64, bool);

/// Which of these rooms are there.
pub(super) async fn known(
    connection: &mut PgConnection,
    names: &[&str],
) -> Result<HashMap<String, Known>, Failure> {
    let sql = "SELECT name, id, head > floor FROM rooms WHERE name = ANY ($1)";
    let rows: Vec<(String, i64, bool)> = sqlx::query_as(sql).bind(names).fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(name, id, has_messages)| (name, (id, has_messages))).collect())
}

/// Writes rooms, each once, and their messages. Gives the place of the first message that is not there afterwards:
/// its nonce is that of another one.
pub(super) async fn write(
    connection: &mut PgConnection,
    cache: &mut Cache,
    pieces: &[Piece<'_>],
) -> Result<Option<usize>, Failure> {
    let room_ids = rooms(connection, pieces).await?;
    let entries: Vec<&Entry> = pieces.iter().flat_map(|piece| piece.entries).collect();
    cache.trim();
    cache.learn_users(connection, entries.iter().map(|entry| &*entry.record.user)).await?;
    let columns = Columns::of(&room_ids, cache, &entries)?;
    if columns.insert(connection).await? == entries.len() as u64 {
        return Ok(None);
    }
    columns.first_missing(connection).await
}

/// Writes the floors and heads of rooms, made where there are none, and gives their ids.
async fn rooms(connection: &mut PgConnection, pieces: &[Piece<'_>]) -> Result<HashMap<String, i64>, Failure> {
    let names: Vec<&str> = pieces.iter().map(|piece| piece.room.as_str()).collect();
    let floors: Vec<i64> = pieces.iter().map(|piece| piece.floor.cast_signed()).collect();
    let head = |piece: &Piece<'_>| piece.entries.last().map_or(piece.floor, |last| last.record.seq);
    let heads: Vec<i64> = pieces.iter().map(|piece| head(piece).cast_signed()).collect();
    let sql = "INSERT INTO rooms (name, floor, head) SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[])
               ON CONFLICT (name) DO UPDATE SET floor = excluded.floor, head = excluded.head RETURNING name, id";
    let rows: Vec<(String, i64)> =
        sqlx::query_as(sql).bind(names).bind(floors).bind(heads).fetch_all(connection).await?;
    Ok(rows.into_iter().collect())
}

/// Messages, column by column.
struct Columns<'a> {
    rooms: Vec<i64>,
    seqs: Vec<i64>,
    users: Vec<i64>,
    times: Vec<i64>,
    names: Vec<Option<&'a str>>,
    nonces: Vec<Option<&'a str>>,
    replies: Vec<Option<i64>>,
    contents: Vec<&'a str>,
}

impl<'a> Columns<'a> {
    fn of(rooms: &HashMap<String, i64>, cache: &Cache, entries: &[&'a Entry]) -> Result<Self, Failure> {
        let room = |entry: &&Entry| rooms.get(entry.room.as_str()).copied();
        let user = |entry: &&Entry| cache.users[entry.record.user.identity()].clone();
        let other_name = |entry: &&'a Entry| user(entry).other_name(&entry.record.user);
        Ok(Self {
            rooms: entries
                .iter()
                .map(room)
                .collect::<Option<_>>()
                .ok_or(Failure::Damaged("a room is gone"))?,
            seqs: entries.iter().map(|entry| entry.record.seq.cast_signed()).collect(),
            users: entries.iter().map(|entry| user(entry).id).collect(),
            times: entries.iter().map(|entry| entry.record.at_ms.cast_signed()).collect(),
            names: entries.iter().map(other_name).collect(),
            nonces: entries.iter().map(|entry| entry.record.nonce.as_deref()).collect(),
            replies: entries.iter().map(|entry| entry.record.reply_to.map(u64::cast_signed)).collect(),
            contents: entries.iter().map(|entry| &*entry.record.content).collect(),
        })
    }

    /// Inserts what can be inserted, in order, and says how many that were.
    async fn insert(&self, connection: &mut PgConnection) -> Result<u64, Failure> {
        let sql = "INSERT INTO messages (room_id, seq, user_id, at, name, nonce, reply_to, content)
                   SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[],
                       $7::bigint[], $8::text[])
                   ON CONFLICT DO NOTHING";
        let insert = sqlx::query(sql)
            .bind(&self.rooms)
            .bind(&self.seqs)
            .bind(&self.users)
            .bind(&self.times)
            .bind(&self.names)
            .bind(&self.nonces)
            .bind(&self.replies)
            .bind(&self.contents);
        Ok(insert.execute(connection).await?.rows_affected())
    }

    async fn first_missing(&self, connection: &mut PgConnection) -> Result<Option<usize>, Failure> {
        let sql = "SELECT min(i) FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS given (room_id, seq, i)
                   WHERE NOT EXISTS (SELECT FROM messages AS m WHERE m.room_id = given.room_id AND m.seq = given.seq)";
        let first: Option<i64> =
            sqlx::query_scalar(sql).bind(&self.rooms).bind(&self.seqs).fetch_one(connection).await?;
        Ok(first.and_then(|i| usize::try_from(i - 1).ok()))
    }
}
