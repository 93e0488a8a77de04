//! What a writer knows without asking: rooms and users.

use roomcast_protocol::{RoomName, UserName};
use std::{collections::HashMap, sync::Arc};

/// Rooms and users, each, that are remembered. Past this the memory starts anew: looking one up costs little.
const MAX_REMEMBERED: usize = 65_536;

/// A writer's own memory of the database. After a commit that failed it must be forgotten: the rows may never have
/// been there.
#[derive(Debug)]
pub(super) struct Cache<Room> {
    pub(super) rooms: HashMap<RoomName, Room>,
    /// By identity.
    pub(super) users: HashMap<Arc<str>, User>,
}

/// A user's row.
#[derive(Clone, Debug)]
pub(super) struct User {
    pub(super) id: i64,
    /// The name in the row.
    pub(super) name: Arc<str>,
}

impl User {
    /// The name that a message of theirs is kept with: none where it is the one in the row.
    pub(super) fn other_name<'a>(&self, shown: &'a UserName) -> Option<&'a str> {
        Some(shown.name()).filter(|name| *name != &*self.name)
    }
}

impl<Room> Default for Cache<Room> {
    fn default() -> Self {
        Self { rooms: HashMap::new(), users: HashMap::new() }
    }
}

impl<Room> Cache<Room> {
    /// Forgets everything.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Keeps the bound. For the time between commits.
    pub(super) fn trim(&mut self) {
        if self.rooms.len() > MAX_REMEMBERED {
            self.rooms = HashMap::new();
        }
        if self.users.len() > MAX_REMEMBERED {
            self.users = HashMap::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(n: usize) -> (RoomName, ()) {
        (RoomName::parse(&format!("room-{n}")).unwrap(), ())
    }

    fn user(n: usize) -> (Arc<str>, User) {
        (n.to_string().into(), User { id: 0, name: "name".into() })
    }

    #[test]
    fn so_much_is_remembered_and_with_one_more_the_memory_starts_anew() {
        let mut cache = Cache::default();
        cache.rooms.extend((0..MAX_REMEMBERED).map(room));
        cache.users.extend((0..MAX_REMEMBERED).map(user));
        cache.trim();
        assert_eq!((cache.rooms.len(), cache.users.len()), (MAX_REMEMBERED, MAX_REMEMBERED));
        cache.rooms.extend([room(MAX_REMEMBERED)]);
        cache.trim();
        assert_eq!((cache.rooms.len(), cache.users.len()), (0, MAX_REMEMBERED));
        cache.users.extend([user(MAX_REMEMBERED)]);
        cache.trim();
        assert!(cache.users.is_empty());
    }
}
