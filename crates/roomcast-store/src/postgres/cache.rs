//! What the writer knows without asking: the ids of rooms and users, which never change. Heads it does not know: another
//! server may write to the same rooms.

use roomcast::store::Append;
use roomcast_protocol::RoomName;
use sqlx::PgConnection;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

/// Rooms and users, each, that are remembered. Past this the memory starts anew.
const MAX_REMEMBERED: usize = 65_536;

/// The writer's memory. After a failure it must be forgotten: the database may be a restored one.
#[derive(Debug, Default)]
pub(super) struct Cache {
    rooms: HashMap<RoomName, i64>,
    users: HashMap<Arc<str>, User>,
}

/// A user's row.
#[derive(Clone, Debug)]
pub(super) struct User {
    pub(super) id: i64,
    /// The name in the row.
    pub(super) name: Arc<str>,
}

impl Cache {
    /// Forgets everything.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Gets to know the rooms and users of these messages; rows are made where there are none. Each in a transaction
    /// of its own: a row without messages harms nobody, and a lock on it would.
    pub(super) async fn learn(
        &mut self,
        connection: &mut PgConnection,
        messages: &[&Append],
    ) -> sqlx::Result<()> {
        self.trim();
        self.learn_rooms(connection, messages).await?;
        self.learn_users(connection, messages).await
    }

    /// The room of a message that was learnt.
    pub(super) fn room(&self, message: &Append) -> i64 {
        self.rooms[&message.room]
    }

    /// The user of a message that was learnt.
    pub(super) fn user(&self, message: &Append) -> &User {
        &self.users[message.user.identity()]
    }

    fn trim(&mut self) {
        if self.rooms.len() > MAX_REMEMBERED {
            self.rooms = HashMap::new();
        }
        if self.users.len() > MAX_REMEMBERED {
            self.users = HashMap::new();
        }
    }

    async fn learn_rooms(&mut self, connection: &mut PgConnection, messages: &[&Append]) -> sqlx::Result<()> {
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

    async fn learn_users(&mut self, connection: &mut PgConnection, messages: &[&Append]) -> sqlx::Result<()> {
        let mut unknown: BTreeMap<&str, &str> = BTreeMap::new();
        for user in messages.iter().map(|message| &message.user) {
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
async fn room_ids(connection: &mut PgConnection, names: &[&str]) -> sqlx::Result<Vec<i64>> {
    let make =
        "INSERT INTO rooms (name) SELECT name FROM unnest($1::text[]) WITH ORDINALITY AS given (name, i)
                WHERE NOT EXISTS (SELECT FROM rooms WHERE rooms.name = given.name)
                ORDER BY i ON CONFLICT (name) DO NOTHING";
    sqlx::query(make).bind(names).execute(&mut *connection).await?;
    // A statement of its own, which sees what another server has just made.
    let find = "SELECT rooms.id FROM unnest($1::text[]) WITH ORDINALITY AS given (name, i)
                JOIN rooms ON rooms.name = given.name ORDER BY i";
    let ids = sqlx::query_scalar(find).bind(names).fetch_all(connection).await?;
    if ids.len() == names.len() { Ok(ids) } else { Err(sqlx::Error::RowNotFound) }
}

/// The rows of users, in the order of their identities.
async fn user_rows(connection: &mut PgConnection, users: &BTreeMap<&str, &str>) -> sqlx::Result<Vec<User>> {
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
        return Err(sqlx::Error::RowNotFound);
    }
    Ok(rows.into_iter().map(|(id, name)| User { id, name: name.into() }).collect())
}
