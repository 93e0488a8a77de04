//! Rows of an import, many with one statement.

use super::{cache::Cache, error::Failure};
use crate::transfer::{Entry, Item};
use roomcast::store::{Change, FIRST_HASH_BYTES, Kind, Record};
use roomcast_protocol::{RoomName, UserName};
use sqlx::PgConnection;
use std::collections::HashMap;

/// What there is to write of one room: messages that follow each other, and then changes.
pub(super) struct Piece<'a> {
    pub(super) room: &'a RoomName,
    /// Where the room stands with it.
    pub(super) extent: Extent,
    pub(super) entries: &'a [Entry],
}

/// Where a room stands.
#[derive(Clone, Copy)]
pub(super) struct Extent {
    /// The number before the first message that the room keeps.
    floor: u64,
    head: u64,
    change: u64,
}

impl Extent {
    /// That of a room without messages whose next one has this number.
    pub(super) fn before(seq: u64) -> Self {
        Self { floor: seq - 1, head: seq - 1, change: 0 }
    }

    pub(super) fn add(mut self, entry: &Entry) -> Self {
        match &entry.item {
            Item::Message { record, .. } => self.head = record.seq,
            Item::Change(change) => self.change = change.number,
        }
        self
    }
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

/// Writes rooms, each once, their messages and changes. Gives the place of the first message that is not there afterwards:
/// its nonce is that of another one.
pub(super) async fn write(
    connection: &mut PgConnection,
    cache: &mut Cache,
    pieces: &[Piece<'_>],
) -> Result<Option<usize>, Failure> {
    let room_ids = rooms(connection, pieces).await?;
    let entries: Vec<&Entry> = pieces.iter().flat_map(|piece| piece.entries).collect();
    cache.trim();
    cache.learn_users(connection, entries.iter().map(|entry| user(entry))).await?;
    let (mut messages, mut changes) = (Messages::default(), Changes::default());
    for (place, entry) in entries.into_iter().enumerate() {
        let room = *room_ids.get(entry.room.as_str()).ok_or(Failure::Damaged("a room is gone"))?;
        match &entry.item {
            Item::Message { record, first_hash } => {
                messages.push(place, room, cache, record, first_hash.as_ref());
            }
            Item::Change(change) => changes.push(room, cache, change),
        }
    }
    changes.insert(connection).await?;
    if messages.insert(connection).await? == messages.places.len() as u64 {
        return Ok(None);
    }
    messages.first_missing(connection).await
}

fn user(entry: &Entry) -> &UserName {
    match &entry.item {
        Item::Message { record, .. } => &record.user,
        Item::Change(change) => &change.user,
    }
}

/// Writes where rooms stand, made where there are none, and gives their ids.
async fn rooms(connection: &mut PgConnection, pieces: &[Piece<'_>]) -> Result<HashMap<String, i64>, Failure> {
    let names: Vec<&str> = pieces.iter().map(|piece| piece.room.as_str()).collect();
    let column = |of: fn(&Extent) -> u64| -> Vec<i64> {
        pieces.iter().map(|piece| of(&piece.extent).cast_signed()).collect()
    };
    let sql = "INSERT INTO rooms (name, floor, head, change)
               SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[])
               ON CONFLICT (name) DO UPDATE
                   SET floor = excluded.floor, head = excluded.head, change = excluded.change
               RETURNING name, id";
    let write = sqlx::query_as(sql)
        .bind(names)
        .bind(column(|extent| extent.floor))
        .bind(column(|extent| extent.head))
        .bind(column(|extent| extent.change));
    let rows: Vec<(String, i64)> = write.fetch_all(connection).await?;
    Ok(rows.into_iter().collect())
}

/// Messages, column by column.
#[derive(Default)]
struct Messages<'a> {
    /// Where they are among everything that is written.
    places: Vec<usize>,
    rooms: Vec<i64>,
    seqs: Vec<i64>,
    users: Vec<i64>,
    times: Vec<i64>,
    names: Vec<Option<&'a str>>,
    nonces: Vec<Option<&'a str>>,
    replies: Vec<Option<i64>>,
    contents: Vec<&'a str>,
    edited: Vec<Option<i64>>,
    deleted: Vec<Option<i64>>,
    first_hashes: Vec<Option<&'a [u8]>>,
}

impl<'a> Messages<'a> {
    fn push(
        &mut self,
        place: usize,
        room: i64,
        cache: &Cache,
        record: &'a Record,
        first_hash: Option<&'a [u8; FIRST_HASH_BYTES]>,
    ) {
        let user = &cache.users[record.user.identity()];
        self.places.push(place);
        self.rooms.push(room);
        self.seqs.push(record.seq.cast_signed());
        self.users.push(user.id);
        self.times.push(record.at_ms.cast_signed());
        self.names.push(user.other_name(&record.user));
        self.nonces.push(record.nonce.as_deref());
        self.replies.push(record.reply_to.map(u64::cast_signed));
        self.contents.push(&record.content);
        self.edited.push(record.edited_ms.map(u64::cast_signed));
        self.deleted.push(record.deleted_ms.map(u64::cast_signed));
        self.first_hashes.push(first_hash.map(<[u8; FIRST_HASH_BYTES]>::as_slice));
    }

    /// Inserts what can be inserted, in order, and says how many that were.
    async fn insert(&self, connection: &mut PgConnection) -> Result<u64, Failure> {
        let sql = "INSERT INTO messages
                       (room_id, seq, user_id, at, name, nonce, reply_to, content, edited, deleted, first_hash)
                   SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[],
                       $7::bigint[], $8::text[], $9::bigint[], $10::bigint[], $11::bytea[])
                   ON CONFLICT DO NOTHING";
        let insert = sqlx::query(sql)
            .bind(&self.rooms)
            .bind(&self.seqs)
            .bind(&self.users)
            .bind(&self.times)
            .bind(&self.names)
            .bind(&self.nonces)
            .bind(&self.replies)
            .bind(&self.contents)
            .bind(&self.edited)
            .bind(&self.deleted)
            .bind(&self.first_hashes);
        Ok(insert.execute(connection).await?.rows_affected())
    }

    async fn first_missing(&self, connection: &mut PgConnection) -> Result<Option<usize>, Failure> {
        let sql = "SELECT min(i) FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS given (room_id, seq, i)
                   WHERE NOT EXISTS (SELECT FROM messages AS m WHERE m.room_id = given.room_id AND m.seq = given.seq)";
        let first: Option<i64> =
            sqlx::query_scalar(sql).bind(&self.rooms).bind(&self.seqs).fetch_one(connection).await?;
        let first = first.and_then(|i| usize::try_from(i - 1).ok());
        Ok(first.map(|i| self.places[i]))
    }
}

/// Changes, column by column.
#[derive(Default)]
struct Changes<'a> {
    rooms: Vec<i64>,
    numbers: Vec<i64>,
    afters: Vec<i64>,
    seqs: Vec<i64>,
    users: Vec<i64>,
    times: Vec<i64>,
    names: Vec<Option<&'a str>>,
    kinds: Vec<&'static str>,
    contents: Vec<Option<&'a str>>,
}

impl<'a> Changes<'a> {
    fn push(&mut self, room: i64, cache: &Cache, change: &'a Change) {
        let user = &cache.users[change.user.identity()];
        let (kind, content) = match &change.kind {
            Kind::Edit { content } => ("edit", content.as_deref()),
            Kind::Delete => ("delete", None),
        };
        self.rooms.push(room);
        self.numbers.push(change.number.cast_signed());
        self.afters.push(change.after.cast_signed());
        self.seqs.push(change.seq.cast_signed());
        self.users.push(user.id);
        self.times.push(change.at_ms.cast_signed());
        self.names.push(user.other_name(&change.user));
        self.kinds.push(kind);
        self.contents.push(content);
    }

    async fn insert(&self, connection: &mut PgConnection) -> Result<(), Failure> {
        if self.rooms.is_empty() {
            return Ok(());
        }
        let sql = "INSERT INTO changes (room_id, change, after, seq, user_id, at, name, kind, content)
                   SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[],
                       $6::bigint[], $7::text[], $8::text[], $9::text[])";
        let insert = sqlx::query(sql)
            .bind(&self.rooms)
            .bind(&self.numbers)
            .bind(&self.afters)
            .bind(&self.seqs)
            .bind(&self.users)
            .bind(&self.times)
            .bind(&self.names)
            .bind(&self.kinds)
            .bind(&self.contents);
        Ok(insert.execute(connection).await.map(drop)?)
    }
}
