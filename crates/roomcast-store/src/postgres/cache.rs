//! The writer's memory, and where it comes from: the ids of rooms and users, which never change. Heads are not in it:
//! another server may write to the same rooms.

use super::error::Failure;
use crate::cache::{self, User};
use roomcast::store::Append;
use roomcast_protocol::{RoomName, UserName};
use sqlx::PgConnection;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What the writer to a PostgreSQL database knows without asking: of a room, its id.
pub(super) type Cache = cache::Cache<i64>;

/// Rows are only ever added.
const GONE: Failure = Failure::Damaged("rows of rooms or users are gone");

impl Cache {
    /// Gets to know the rooms and users of these messages; rows are made where there are none. Each in a transaction
    /// of its own: a row without messages harms nobody, and a lock on it would.
    pub(super) async fn learn(
        &mut self,
        connection: &mut PgConnection,
        messages: &[&Append],
    ) -> Result<(), Failure> {
        self.trim();
        self.learn_rooms(connection, messages).await?;
        self.learn_users(connection, messages.iter().map(|message| &*message.user)).await
    }

    /// The room of a message that was learnt.
    pub(super) fn room(&self, message: &Append) -> i64 {
        self.rooms[&message.room]
    }

    /// The user of a message that was learnt.
    pub(super) fn user(&self, message: &Append) -> &User {
        &self.users[message.user.identity()]
    }

    async fn learn_rooms(
        &mut self,
        connection: &mut PgConnection,
        messages: &[&Append],
    ) -> Result<(), Failure> {
        let rooms = messages.iter().map(|message| &message.room);
        let unknown: BTreeSet<&RoomName> = rooms.filter(|room| !self.rooms.contains_key(*room)).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let names: Vec<&str> = unknown.iter().map(|room| room.as_str()).collect();
        let ids = room_ids(connection, &names).await?;
        self.rooms.extend(unknown.into_iter().cloned().zip(ids));
        Ok(())
    }

    /// Gets to know users; rows are made where there are none, under the name that comes first.
    pub(super) async fn learn_users<'a>(
        &mut self,
        connection: &mut PgConnection,
        users: impl Iterator<Item = &'a UserName>,
    ) -> Result<(), Failure> {
        let mut unknown: BTreeMap<&str, &str> = BTreeMap::new();
        for user in users {
            if !self.users.contains_key(user.identity()) {
                unknown.entry(user.identity()).or_insert(user.name());
            }
        }
        if unknown.is_empty() {
            return Ok(());
        }
        let rows = user_rows(connection, &unknown).await?;
        self.users.extend(unknown.into_keys().map(Arc::from).zip(rows));
        Ok(())
    }
}

/// The ids of rooms, in the order of the names, which are sorted: two servers that make the same rooms then wait for
/// each other in the same order (P5).
async fn room_ids(connection: &mut PgConnection, names: &[&str]) -> Result<Vec<i64>, Failure> {
    let make =
        "INSERT INTO rooms (name) SELECT name FROM unnest($1::text[]) WITH ORDINALITY AS given (name, i)
                WHERE NOT EXISTS (SELECT FROM rooms WHERE rooms.name = given.name)
                ORDER BY i ON CONFLICT (name) DO NOTHING";
    sqlx::query(make).bind(names).execute(&mut *connection).await?;
    // A statement of its own, which sees what another server has just made.
    let find = "SELECT rooms.id FROM unnest($1::text[]) WITH ORDINALITY AS given (name, i)
                JOIN rooms ON rooms.name = given.name ORDER BY i";
    let ids = sqlx::query_scalar(find).bind(names).fetch_all(connection).await?;
    if ids.len() == names.len() { Ok(ids) } else { Err(GONE) }
}

/// The rows of users, in the order of their identities.
async fn user_rows(
    connection: &mut PgConnection,
    users: &BTreeMap<&str, &str>,
) -> Result<Vec<User>, Failure> {
    let (identities, names): (Vec<&str>, Vec<&str>) = users.iter().unzip();
    let make = "INSERT INTO users (identity, name)
                SELECT identity, name FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS given (identity, name, i)
                WHERE NOT EXISTS (SELECT FROM users WHERE users.identity = given.identity)
                ORDER BY i ON CONFLICT (identity) DO NOTHING";
    sqlx::query(make).bind(&identities).bind(&names).execute(&mut *connection).await?;
    let find = "SELECT users.id, users.name FROM unnest($1::text[]) WITH ORDINALITY AS given (identity, i)
                JOIN users ON users.identity = given.identity ORDER BY i";
    let rows: Vec<(i64, String)> = sqlx::query_as(find).bind(&identities).fetch_all(connection).await?;
    if rows.len() != users.len() {
        return Err(GONE);
    }
    Ok(rows.into_iter().map(|(id, name)| User { id, name: name.into() }).collect())
}
