//! Everything in a database, as it was at one moment: one long transaction that only reads, on a connection of its own.
//! Servers may go on writing meanwhile; what they delete stays on the disk until this ends.

use super::{
    Address,
    link::Link,
    migrations::{self, KNOWN},
    opening, origin,
    question::{Standing, next_standing, records, standing},
};
use crate::transfer::{Entry, Source, TransferError};
use roomcast::store::{MAX_PAGE, Range, Record};
use roomcast_protocol::RoomName;
use sqlx::Executor as _;
use std::collections::VecDeque;

/// The messages of a database, or of one room in it.
pub struct Snapshot {
    link: Link,
    epoch: String,
    only: Option<RoomName>,
    /// How far a room was read: its floor is the number of the last message.
    at: Option<(RoomName, Standing)>,
    page: VecDeque<Record>,
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
            snapshot.at = Some((room.clone(), found));
            snapshot.only = Some(room);
        }
        Ok(snapshot)
    }

    /// Goes to the next room; false where there is none.
    fn next_room(&mut self) -> Result<bool, TransferError> {
        if self.only.is_some() {
            return Ok(false);
        }
        let after = self.at.take().map(|(room, _)| room);
        self.at = self.link.run(async |connection| next_standing(connection, after.as_ref()).await)?;
        Ok(self.at.is_some())
    }

    fn next_page(&mut self) -> Result<(), TransferError> {
        let Some((room, at)) = &mut self.at else { return Ok(()) };
        let span = Range::After(at.floor).span(at.floor, at.head, MAX_PAGE);
        let page = self.link.run(async |connection| Ok(records(connection, at.id, span).await?))?;
        if page.len() != span.count() {
            let reason = format!("damaged: messages of the room {room} are missing");
            return Err(TransferError::Database { address: self.link.address().clone(), reason });
        }
        at.floor = span.upto;
        self.page = page.into();
        Ok(())
    }
}

impl Source for Snapshot {
    fn epoch(&self) -> &str {
        &self.epoch
    }

    fn next(&mut self) -> Result<Option<Entry>, TransferError> {
        while self.page.is_empty() {
            if self.at.as_ref().is_some_and(|(_, at)| at.floor < at.head) {
                self.next_page()?;
            } else if !self.next_room()? {
                return Ok(None);
            }
        }
        let room = self.at.as_ref().map(|(room, _)| room.clone());
        Ok(room.zip(self.page.pop_front()).map(|(room, record)| Entry { room, record, line: None }))
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
