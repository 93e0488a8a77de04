//! Everything in a database, as it was at one moment: one long read transaction on a connection of its own. A server may
//! go on writing meanwhile; its write-ahead log grows until this ends.

use super::{
    OpenError, connection,
    directory::DATABASE,
    migrations::KNOWN,
    question::{changes, first_hashes, newest_change, records, room_name, standing},
    reader::MAX_REMEMBERED,
    run,
};
use crate::transfer::{Entry, Item, Source, TransferError, are_dense};
use roomcast::store::{MAX_PAGE, Range, Record};
use roomcast_protocol::{RoomName, UserName};
use rusqlite::{Connection, OptionalExtension as _};
use std::{
    collections::{HashMap, VecDeque},
    path::{Path, PathBuf},
    sync::Arc,
};

type Users = HashMap<i64, Arc<UserName>>;

/// The messages of a data directory and the changes to them, or those of one room in it.
pub struct Snapshot {
    connection: Connection,
    path: PathBuf,
    epoch: String,
    only: Option<RoomName>,
    users: Users,
    at: Option<Place>,
    page: VecDeque<Item>,
}

/// How far a room was read.
struct Place {
    room: RoomName,
    id: i64,
    /// The number of the last message that was read.
    floor: u64,
    head: u64,
    /// The number of the last change that was read.
    change: u64,
    newest_change: u64,
}

impl Snapshot {
    /// Opens the database in a directory, whether a server has it or not.
    ///
    /// # Errors
    /// Where there is none, or none that this program can read, or not the room `only`.
    pub fn open(dir: &Path, only: Option<RoomName>) -> Result<Self, TransferError> {
        let (connection, path) = begin(dir)?;
        let found = version(&connection, &path)?;
        if found < KNOWN {
            return Err(TransferError::Older { what: path.display().to_string(), found, known: KNOWN });
        }
        let epoch = epoch(&connection, &path)?;
        let (users, page) = (HashMap::new(), VecDeque::new());
        let mut snapshot = Self { connection, path, epoch, only: None, users, at: None, page };
        if let Some(room) = only {
            snapshot.at = Some(snapshot.place(&room)?.ok_or(TransferError::NoRoom { room: room.clone() })?);
            snapshot.only = Some(room);
        }
        Ok(snapshot)
    }

    fn place(&self, room: &RoomName) -> Result<Option<Place>, TransferError> {
        place(&self.connection, room).map_err(|error| TransferError::sqlite(&self.path, error))
    }

    /// Goes to the next room; false where there is none.
    fn next_room(&mut self) -> Result<bool, TransferError> {
        if self.only.is_some() {
            return Ok(false);
        }
        // No name is empty.
        let after = self.at.as_ref().map_or("", |place| place.room.as_str());
        let next = next_name(&self.connection, after).map_err(|e| TransferError::sqlite(&self.path, e))?;
        let Some(room) = next else { return Ok(false) };
        self.at = self.place(&room)?;
        Ok(true)
    }

    /// Reads on in the room; nothing where it was read to its end.
    fn next_page(&mut self) -> Result<(), TransferError> {
        let Self { connection, users, at: Some(place), .. } = self else { return Ok(()) };
        if users.len() > MAX_REMEMBERED {
            *users = HashMap::new();
        }
        let page = if place.floor < place.head {
            place.messages(connection, users)
        } else if place.change < place.newest_change {
            place.changes(connection, users)
        } else {
            return Ok(());
        };
        self.page = page.map_err(|error| TransferError::sqlite(&self.path, error))?;
        Ok(())
    }
}

impl Place {
    fn messages(&mut self, connection: &Connection, users: &mut Users) -> rusqlite::Result<VecDeque<Item>> {
        let span = Range::After(self.floor).span(self.floor, self.head, MAX_PAGE);
        let records = records(connection, users, self.id, span)?;
        let mut hashes = first_hashes(connection, self.id, span)?;
        self.floor = span.upto;
        let item = |record: Record| Item::Message { first_hash: hashes.remove(&record.seq), record };
        Ok(records.into_iter().map(item).collect())
    }

    fn changes(&mut self, connection: &Connection, users: &mut Users) -> rusqlite::Result<VecDeque<Item>> {
        let changes = changes(connection, users, self.id, self.change, MAX_PAGE)?;
        if !are_dense(&changes, self.change) {
            return Err(rusqlite::Error::QueryReturnedNoRows);
        }
        self.change = changes.last().map_or(self.newest_change, |change| change.number);
        Ok(changes.into_iter().map(Item::Change).collect())
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

/// A connection to the database in a directory that sees it as it is now, and its path.
pub(super) fn begin(dir: &Path) -> Result<(Connection, PathBuf), TransferError> {
    let path = dir.join(DATABASE);
    if !path.exists() {
        return Err(TransferError::NoDatabase { dir: dir.to_owned() });
    }
    let failed = |error| TransferError::sqlite(&path, error);
    let connection = connection::reader(&path).map_err(failed)?;
    connection.execute_batch("BEGIN").map_err(failed)?;
    version(&connection, &path)?;
    Ok((connection, path))
}

/// The version of a database's schema, which begins the transaction where there is one.
pub(super) fn version(connection: &Connection, path: &Path) -> Result<u32, TransferError> {
    let failed = |error| TransferError::sqlite(path, error);
    let found = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)?;
    match found {
        0 => Err(TransferError::Damaged { path: path.to_owned(), reason: "it has no tables".to_owned() }),
        1..=KNOWN => Ok(found),
        _ => Err(OpenError::Newer { path: path.to_owned(), found, known: KNOWN }.into()),
    }
}

/// The name of a database's log.
pub(super) fn epoch(connection: &Connection, path: &Path) -> Result<String, TransferError> {
    let epoch = run::epoch(connection).map_err(|error| TransferError::sqlite(path, error))?;
    epoch.ok_or_else(|| TransferError::Damaged {
        path: path.to_owned(),
        reason: "its log has no name".to_owned(),
    })
}

fn place(connection: &Connection, room: &RoomName) -> rusqlite::Result<Option<Place>> {
    let Some((id, floor, head)) = standing(connection, room)? else { return Ok(None) };
    let newest_change = newest_change(connection, id)?;
    Ok(Some(Place { room: room.clone(), id, floor, head, change: 0, newest_change }))
}

fn next_name(connection: &Connection, after: &str) -> rusqlite::Result<Option<RoomName>> {
    let sql = "SELECT name FROM rooms WHERE name > ?1 ORDER BY name LIMIT 1";
    connection.prepare_cached(sql)?.query_row([after], room_name).optional()
}
