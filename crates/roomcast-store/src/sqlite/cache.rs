//! What the writer knows without asking: the ids of rooms and users, and the rooms' heads.

use roomcast_protocol::{RoomName, UserName};
use rusqlite::{Connection, OptionalExtension as _, params};
use std::{collections::HashMap, sync::Arc};

/// Rooms and users, each, that are remembered. Past this the memory starts anew: looking one up costs a few
/// microseconds.
const MAX_REMEMBERED: usize = 65_536;

/// The writer's own memory of the database. A transaction changes it as it goes; one that fails must be followed by
/// [`Cache::forget`], because then nothing in it can be trusted: not the heads, and not the ids of new rows.
#[derive(Debug, Default)]
pub(super) struct Cache {
    rooms: HashMap<RoomName, Room>,
    users: HashMap<Arc<str>, User>,
}

/// A room's row, and its newest message's number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    pub(super) id: i64,
    pub(super) head: i64,
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

    /// Keeps the bound. For the time between transactions.
    pub(super) fn trim(&mut self) {
        if self.rooms.len() > MAX_REMEMBERED {
            self.rooms = HashMap::new();
        }
        if self.users.len() > MAX_REMEMBERED {
            self.users = HashMap::new();
        }
    }

    /// A room, its row made where there is none.
    pub(super) fn room(&mut self, transaction: &Connection, name: &RoomName) -> rusqlite::Result<&mut Room> {
        if !self.rooms.contains_key(name) {
            let room = find_room(transaction, name.as_str())?;
            self.rooms.insert(name.clone(), room);
        }
        Ok(self.rooms.get_mut(name).expect("it was just put there"))
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

fn find_room(transaction: &Connection, name: &str) -> rusqlite::Result<Room> {
    let sql = "SELECT id, coalesce((SELECT max(seq) FROM messages WHERE room_id = rooms.id), floor)
               FROM rooms WHERE name = ?1";
    let read = |row: &rusqlite::Row<'_>| Ok(Room { id: row.get(0)?, head: row.get(1)? });
    if let Some(room) = transaction.prepare_cached(sql)?.query_row([name], read).optional()? {
        return Ok(room);
    }
    let id = transaction.prepare_cached("INSERT INTO rooms (name) VALUES (?1)")?.insert([name])?;
    Ok(Room { id, head: 0 })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn room_name(n: usize) -> RoomName {
        RoomName::parse(&format!("room-{n}")).unwrap()
    }

    fn database() -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        super::super::migrations::run(&mut connection, std::path::Path::new("test")).unwrap();
        connection
    }

    #[test]
    fn so_many_rooms_are_remembered_and_with_one_more_they_are_looked_up_afresh() {
        let (connection, mut cache) = (database(), Cache::default());
        let id = cache.room(&connection, &room_name(0)).unwrap().id;
        cache.rooms.extend((1..MAX_REMEMBERED).map(|n| (room_name(n), Room { id: 0, head: 0 })));
        cache.trim();
        assert_eq!(cache.rooms.len(), MAX_REMEMBERED);
        cache.room(&connection, &room_name(MAX_REMEMBERED)).unwrap();
        cache.trim();
        assert!(cache.rooms.is_empty());
        assert_eq!(cache.room(&connection, &room_name(0)).unwrap().id, id);
    }

    #[test]
    fn so_many_users_are_remembered_and_with_one_more_they_are_looked_up_afresh() {
        let (connection, mut cache) = (database(), Cache::default());
        let ann = UserName::parse("ann").unwrap();
        let id = cache.user(&connection, &ann).unwrap().id;
        let other = |n: usize| (n.to_string().into(), User { id: 0, name: "other".into() });
        cache.users.extend((1..MAX_REMEMBERED).map(other));
        cache.trim();
        assert_eq!(cache.users.len(), MAX_REMEMBERED);
        cache.user(&connection, &UserName::parse("bob").unwrap()).unwrap();
        cache.trim();
        assert!(cache.users.is_empty());
        assert_eq!(cache.user(&connection, &ann).unwrap().id, id);
    }
}
