//! Everything in a database, as it was at one moment: one long transaction that only reads, on a connection of its own.
//! Servers may go on writing meanwhile; what they delete stays on the disk until this ends.

use super::{
    Address,
    error::Failure,
    link::Link,
    migrations::{self, KNOWN},
    opening, origin,
    question::{Standing, changes_after, first_hashes, next_standing, records, standing},
};
use crate::transfer::{Entry, Item, Source, TransferError, are_dense};
use roomcast::store::{MAX_PAGE, Range, Record};
use roomcast_protocol::RoomName;
use sqlx::{Executor as _, PgConnection};
use std::collections::VecDeque;

/// The messages of a database and the changes to them, or those of one room in it.
pub struct Snapshot {
    link: Link,
    epoch: String,
    only: Option<RoomName>,
    at: Option<Place>,
    page: VecDeque<Item>,
}

/// How far a room was read: its floor is the number of the last message.
struct Place {
    room: RoomName,
    standing: Standing,
    /// The number of the last change that was read.
    change: u64,
}

impl Place {
    fn begin((room, standing): (RoomName, Standing)) -> Self {
        Self { room, standing, change: 0 }
    }

    /// Reads on; nothing where the room was read to its end.
    async fn next_page(&mut self, connection: &mut PgConnection) -> Result<VecDeque<Item>, Failure> {
        if self.standing.floor < self.standing.head {
            self.messages(connection).await
        } else if self.change < self.standing.change {
            self.changes(connection).await
        } else {
            Ok(VecDeque::new())
        }
    }

    async fn messages(&mut self, connection: &mut PgConnection) -> Result<VecDeque<Item>, Failure> {
        let at = &mut self.standing;
        let span = Range::After(at.floor).span(at.floor, at.head, MAX_PAGE);
        let records = records(connection, at.id, span).await?;
        if records.len() != span.count() {
            return Err(Failure::Damaged("messages of a room are missing"));
        }
        let mut hashes = first_hashes(connection, at.id, span).await?;
        at.floor = span.upto;
        let item = |record: Record| Item::Message { first_hash: hashes.remove(&record.seq), record };
        Ok(records.into_iter().map(item).collect())
    }

    async fn changes(&mut self, connection: &mut PgConnection) -> Result<VecDeque<Item>, Failure> {
        let Standing { id, change: newest, .. } = self.standing;
        let changes = changes_after(connection, id, self.change, newest, MAX_PAGE).await?;
        if !are_dense(&changes, self.change) {
            return Err(Failure::Damaged("changes of a room are missing"));
        }
        self.change = changes.last().map_or(newest, |change| change.number);
        Ok(changes.into_iter().map(Item::Change).collect())
    }
}

impl Snapshot {
    /// Connects to a database, whether servers use it or not. It blocks the thread, which must not be in a runtime.
    ///
    /// # Errors
    /// Where it cannot be reached, is none that this program can read, or does not have the room `only`.
    pub fn open(address: &Address, only: Option<RoomName>) -> Result<Self, TransferError> {
        let mut link = Link::connect(address)?;
        link.take_time()?;
        link.run(async |connection| {
            Ok(connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await.map(drop)?)
        })?;
        let epoch = check(&mut link)?;
        let mut snapshot = Self { link, epoch, only: None, at: None, page: VecDeque::new() };
        if let Some(room) = only {
            let found = snapshot.link.run(async |connection| Ok(standing(connection, &room).await?))?;
            let found = found.ok_or(TransferError::NoRoom { room: room.clone() })?;
            snapshot.at = Some(Place::begin((room.clone(), found)));
            snapshot.only = Some(room);
        }
        Ok(snapshot)
    }

    /// Goes to the next room; false where there is none.
    fn next_room(&mut self) -> Result<bool, TransferError> {
        if self.only.is_some() {
            return Ok(false);
        }
        let after = self.at.take().map(|place| place.room);
        let next = self.link.run(async |connection| next_standing(connection, after.as_ref()).await)?;
        self.at = next.map(Place::begin);
        Ok(self.at.is_some())
    }

    fn next_page(&mut self) -> Result<(), TransferError> {
        let Self { link, at: Some(place), .. } = self else { return Ok(()) };
        self.page = link.run(async |connection| place.next_page(connection).await)?;
        Ok(())
    }
}

impl Source for Snapshot {
    fn epoch(&self) -> &str {
        &self.epoch
    }

    fn next(&mut self) -> Result<Option<Entry>, TransferError> {
        while self.page.is_empty() {
            self.next_page()?;
            if self.page.is_empty() && !self.next_room()? {
                return Ok(None);
            }
        }
        let room = self.at.as_ref().map(|place| place.room.clone());
        Ok(room.zip(self.page.pop_front()).map(|(room, item)| Entry { room, item, line: None }))
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        self.link.end_reading();
    }
}

/// Whether there is a log that this program can read, and its name.
fn check(link: &mut Link) -> Result<String, TransferError> {
    let address = link.address().clone();
    link.open(async |connection| opening::check_kind(connection, &address).await)?;
    match link.open(async |connection| migrations::version(connection, &address).await)? {
        0 => return Err(TransferError::NoTables { address }),
        KNOWN => {}
        found => {
            let (what, found) = (format!("the database {address}"), found.unsigned_abs());
            return Err(TransferError::Older { what, found, known: KNOWN.unsigned_abs() });
        }
    }
    let name = link.run(async |connection| Ok(origin::name(connection).await?))?;
    name.map(|epoch| epoch.to_string()).ok_or(TransferError::Copied { address })
}
