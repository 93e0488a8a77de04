//! The writer's memory, and where it comes from. A transaction changes it as it goes, the heads too: one that fails
//! must be followed by [`Cache::forget`].

use crate::cache::{self, User};
use roomcast_protocol::{RoomName, UserName};
use rusqlite::{Connection, OptionalExtension as _, params};

/// What the writer of a SQLite database knows without asking.
pub(super) type Cache = cache::Cache<Room>;

/// A room's row, and the numbers of its newest message and change.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    pub(super) id: i64,
    pub(super) head: i64,
    pub(super) change: i64,
}

impl Cache {
    /// A room, its row made where there is none.
    pub(super) fn room(&mut self, transaction: &Connection, name: &RoomName) -> rusqlite::Result<&mut Room> {
        if self.known_room(transaction, name)?.is_none() {
            let id = transaction
                .prepare_cached("INSERT INTO rooms (name) VALUES (?1)")?
                .insert([name.as_str()])?;
            self.rooms.insert(name.clone(), Room { id, head: 0, change: 0 });
        }
        Ok(self.rooms.get_mut(name).expect("it was just put there"))
    }

    /// A room, where it has a row.
    pub(super) fn known_room(
        &mut self,
        transaction: &Connection,
        name: &RoomName,
    ) -> rusqlite::Result<Option<&mut Room>> {
        if !self.rooms.contains_key(name)
            && let Some(room) = find_room(transaction, name.as_str())?
        {
            self.rooms.insert(name.clone(), room);
        }
        Ok(self.rooms.get_mut(name))
    }

    /// A user, its row made where there is none.
    pub(super) fn user(&mut self, transaction: &Connection, user: &UserName) -> rusqlite::Result<&User> {
        if !self.users.contains_key(user.identity()) {
            let found = find_user(transaction, user)?;
            self.users.insert(user.identity().into(), found);
        }
        Ok(&self.users[user.identity()])
    }
}

fn find_room(transaction: &Connection, name: &str) -> rusqlite::Result<Option<Room>> {
    let sql = "SELECT id, coalesce((SELECT max(seq) FROM messages WHERE room_id = rooms.id), floor),
               coalesce((SELECT max(change) FROM changes WHERE room_id = rooms.id), 0)
               FROM rooms WHERE name = ?1";
    let read = |row: &rusqlite::Row<'_>| Ok(Room { id: row.get(0)?, head: row.get(1)?, change: row.get(2)? });
    transaction.prepare_cached(sql)?.query_row([name], read).optional()
}

fn find_user(transaction: &Connection, user: &UserName) -> rusqlite::Result<User> {
    let read = |row: &rusqlite::Row<'_>| Ok(User { id: row.get(0)?, name: row.get(1)? });
    let mut find = transaction.prepare_cached("SELECT id, name FROM users WHERE identity = ?1")?;
    if let Some(found) = find.query_row([user.identity()], read).optional()? {
        return Ok(found);
    }
    let mut insert = transaction.prepare_cached("INSERT INTO users (identity, name) VALUES (?1, ?2)")?;
    let id = insert.insert(params![user.identity(), user.name()])?;
    Ok(User { id, name: user.name().into() })
}
