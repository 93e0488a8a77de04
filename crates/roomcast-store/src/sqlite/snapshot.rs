//! Everything in a database, as it was at one moment: one long read transaction on a connection of its own. A server may
//! go on writing meanwhile; its write-ahead log grows until this ends.

use super::{
    OpenError, connection,
    directory::DATABASE,
    migrations::KNOWN,
    question::{records, room_name, standing},
    reader::MAX_REMEMBERED,
    run,
};
use crate::transfer::{Entry, Source, TransferError};
use roomcast::store::{MAX_PAGE, Range, Record};
use roomcast_protocol::{RoomName, UserName};
use rusqlite::{Connection, OptionalExtension as _};
use std::{
    collections::{HashMap, VecDeque},
    path::{Path, PathBuf},
    sync::Arc,
};

/// The messages of a data directory, or of one room in it.
pub struct Snapshot {
    connection: Connection,
    path: PathBuf,
    epoch: String,
    only: Option<RoomName>,
    users: HashMap<i64, Arc<UserName>>,
    at: Option<Place>,
    page: VecDeque<Record>,
}

/// How far a room was read.
struct Place {
    room: RoomName,
    id: i64,
    floor: u64,
    head: u64,
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
        let standing = standing(&self.connection, room).map_err(|e| TransferError::sqlite(&self.path, e))?;
        Ok(standing.map(|(id, floor, head)| Place { room: room.clone(), id, floor, head }))
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

    fn next_page(&mut self) -> Result<(), TransferError> {
        let Some(place) = &mut self.at else { return Ok(()) };
        if self.users.len() > MAX_REMEMBERED {
            self.users = HashMap::new();
        }
        let span = Range::After(place.floor).span(place.floor, place.head, MAX_PAGE);
        let page = records(&self.connection, &mut self.users, place.id, span);
        self.page = page.map_err(|error| TransferError::sqlite(&self.path, error))?.into();
        place.floor = span.upto;
        Ok(())
    }
}

impl Source for Snapshot {
    fn epoch(&self) -> &str {
        &self.epoch
    }

    fn next(&mut self) -> Result<Option<Entry>, TransferError> {
        while self.page.is_empty() {
            if self.at.as_ref().is_some_and(|place| place.floor < place.head) {
                self.next_page()?;
            } else if !self.next_room()? {
                return Ok(None);
            }
        }
        let room = self.at.as_ref().map(|place| place.room.clone());
        Ok(room.zip(self.page.pop_front()).map(|(room, record)| Entry { room, record, line: None }))
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

fn next_name(connection: &Connection, after: &str) -> rusqlite::Result<Option<RoomName>> {
    let sql = "SELECT name FROM rooms WHERE name > ?1 ORDER BY name LIMIT 1";
    connection.prepare_cached(sql)?.query_row([after], room_name).optional()
}
