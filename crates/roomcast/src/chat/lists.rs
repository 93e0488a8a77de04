//! What a program can ask: rooms, people, what was said.

use super::{Chat, Refusal};
use crate::{
    auth::{Identity, Verb},
    store::{MAX_PAGE, Page, Range},
};
use bytes::Bytes;
use roomcast_protocol::{ErrorCode, RoomName};
use std::collections::BTreeMap;

/// A room as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomInfo {
    /// Its name.
    pub name: RoomName,
    /// Its newest message's number, 0 where nothing was said.
    pub head: u64,
    /// How many people are there.
    pub people: usize,
    /// When something was said last: milliseconds since the Unix epoch, UTC.
    pub last_at_ms: Option<u64>,
}

impl Chat {
    /// A page of what was said, encoded for the one who asked. Over all askers, at most
    /// [`ANSWERS_BYTES`](crate::ANSWERS_BYTES) are out and not dropped.
    ///
    /// # Errors
    /// When the store does not answer, or too many answers are out.
    pub async fn history(
        &self,
        room: &RoomName,
        range: Range,
        limit: usize,
        encode: impl FnOnce(&Page) -> Bytes,
    ) -> Result<Bytes, Refusal> {
        if limit == 0 {
            return Err(Refusal::new(ErrorCode::BadFrame, "`limit` must be at least 1"));
        }
        let _turn = self.0.answers.turn().await?;
        let page = self.0.store.page(room.clone(), range, limit).await?;
        self.0.answers.keep(encode(&page))
    }

    /// Rooms that have messages or people and that somebody may read, by name, those after `after`, at most `limit` of them.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn rooms(
        &self,
        who: &Identity,
        after: Option<&RoomName>,
        limit: usize,
    ) -> Result<Vec<RoomInfo>, Refusal> {
        let (mut found, mut after) = (Vec::new(), after.cloned());
        while found.len() < limit {
            let page = self.all_rooms(after.as_ref(), limit).await?;
            let last = page.len() < limit;
            after = page.last().map(|info| info.name.clone());
            found.extend(page.into_iter().filter(|info| who.may(&info.name, Verb::Read)));
            if last {
                break;
            }
        }
        found.truncate(limit);
        Ok(found)
    }

    async fn all_rooms(&self, after: Option<&RoomName>, limit: usize) -> Result<Vec<RoomInfo>, Refusal> {
        let mut rooms = BTreeMap::new();
        for s in self.0.store.rooms(after.cloned(), limit).await? {
            rooms.insert(
                s.room.clone(),
                RoomInfo { name: s.room, head: s.head, people: 0, last_at_ms: Some(s.last_at_ms) },
            );
        }
        for room in self.0.rooms.all() {
            let people = room.count();
            if people == 0 || after.is_some_and(|a| room.name <= *a) {
                continue;
            }
            let empty =
                RoomInfo { name: room.name.clone(), head: room.cursor().seq, people: 0, last_at_ms: None };
            rooms.entry(room.name.clone()).or_insert(empty).people = people;
        }
        Ok(rooms.into_values().take(limit).collect())
    }

    /// The names of all rooms that have messages or people and that somebody may read, sorted.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn room_names(&self, who: &Identity) -> Result<Vec<RoomName>, Refusal> {
        let mut names: Vec<RoomName> = Vec::new();
        loop {
            let page = self.rooms(who, names.last(), MAX_PAGE).await?;
            let last = page.len() < MAX_PAGE;
            names.extend(page.into_iter().map(|info| info.name));
            if last {
                return Ok(names);
            }
        }
    }

    /// Names of the people in a room, sorted, those after `after`, at most `limit`; and how many are there in all.
    #[must_use]
    pub fn people(&self, room: &RoomName, after: Option<&str>, limit: usize) -> (Vec<String>, usize) {
        self.open_room(room).map_or((Vec::new(), 0), |room| room.people(after, limit))
    }
}
