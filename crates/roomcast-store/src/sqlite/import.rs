//! Messages and changes into a data directory, with their numbers, times and nonces, in one transaction.

use super::{OpenError, cache::Cache, connection, directory::Directory, migrations, question::standing, run};
use crate::transfer::{Entry, ImportOptions, Item, Sink, Totals, TransferError};
use roomcast::store::{Change, Durability, FIRST_HASH_BYTES, Kind, Record, epoch::new_epoch};
use roomcast_protocol::{RoomName, UserName};
use rusqlite::{Connection, ffi, params};
use std::path::{Path, PathBuf};

/// A data directory that is filled. It is locked for as long as this lives; what is not finished is undone.
pub struct Import {
    connection: Connection,
    cache: Cache,
    dir: PathBuf,
    path: PathBuf,
    options: ImportOptions,
    epoch: String,
    /// The store had no messages.
    empty: bool,
    /// The first id of a room that this import has made.
    first_new: i64,
    room: Option<(RoomName, i64)>,
    _directory: Directory,
}

impl Import {
    /// Opens the database in this directory, made where there is none.
    ///
    /// # Errors
    /// [`OpenError`], for example while a server has it.
    pub fn open(dir: &Path, options: ImportOptions) -> Result<Self, OpenError> {
        connection::check_version()?;
        let directory = Directory::lock(dir)?;
        let path = directory.database()?;
        let failed = |error| OpenError::sqlite(&path, error);
        let mut connection = connection::writer(&path).map_err(failed)?;
        migrations::run(&mut connection, &path)?;
        let boot = run::boot_id();
        let epoch = run::begin(&mut connection, Durability::Full, boot.as_deref()).map_err(failed)?;
        let (empty, first_new) = look(&connection).map_err(failed)?;
        let (cache, dir, epoch) = (Cache::default(), dir.to_owned(), epoch.to_string());
        Ok(Self {
            connection,
            cache,
            dir,
            path,
            options,
            epoch,
            empty,
            first_new,
            room: None,
            _directory: directory,
        })
    }

    /// The name of the log.
    #[must_use]
    pub fn epoch(&self) -> &str {
        &self.epoch
    }

    fn failed(&self, error: rusqlite::Error) -> TransferError {
        TransferError::sqlite(&self.path, error)
    }

    /// The id of the room that an item goes into.
    fn enter(&mut self, Entry { room, item, .. }: &Entry) -> Result<i64, TransferError> {
        if let Some((_, id)) = self.room.as_ref().filter(|(name, _)| name == room) {
            return Ok(*id);
        }
        let standing = standing(&self.connection, room).map_err(|error| self.failed(error))?;
        let id = match (standing, item) {
            (Some((id, ..)), _) if id >= self.first_new => {
                return Err(TransferError::Scattered { room: room.clone() });
            }
            (Some((_, floor, head)), _) if head > floor => {
                return Err(TransferError::RoomExists { room: room.clone() });
            }
            (_, Item::Message { record, .. }) => {
                make_room(&self.connection, room, record.seq - 1).map_err(|error| self.failed(error))?
            }
            // Its messages come first.
            (_, Item::Change(_)) => return Err(TransferError::Scattered { room: room.clone() }),
        };
        self.room = Some((room.clone(), id));
        Ok(id)
    }

    fn take(&mut self, entry: &Entry) -> Result<(), TransferError> {
        let room_id = self.enter(entry)?;
        self.cache.trim();
        match &entry.item {
            Item::Message { record, first_hash } => {
                self.insert(room_id, record, first_hash.as_ref()).map_err(|error| {
                    if is_taken(&error) {
                        TransferError::nonce(&entry.room, record)
                    } else {
                        self.failed(error)
                    }
                })
            }
            Item::Change(change) => self.insert_change(room_id, change).map_err(|error| self.failed(error)),
        }
    }

    fn insert(
        &mut self,
        room_id: i64,
        record: &Record,
        first_hash: Option<&[u8; FIRST_HASH_BYTES]>,
    ) -> rusqlite::Result<()> {
        let (user_id, other_name) = self.user(&record.user)?;
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO messages (room_id, seq, user_id, at, name, nonce, reply_to, content, edited, deleted, first_hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?;
        insert.execute(params![
            room_id,
            record.seq,
            user_id,
            record.at_ms,
            other_name,
            record.nonce,
            record.reply_to,
            record.content,
            record.edited_ms,
            record.deleted_ms,
            first_hash
        ])?;
        Ok(())
    }

    fn insert_change(&mut self, room_id: i64, change: &Change) -> rusqlite::Result<()> {
        let (user_id, other_name) = self.user(&change.user)?;
        let Change { number, after, seq, at_ms, .. } = change;
        let (kind, content) = match &change.kind {
            Kind::Edit { content } => ("edit", content.as_deref()),
            Kind::Delete => ("delete", None),
        };
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO changes (room_id, change, after, seq, user_id, at, name, kind, content)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        insert.execute(params![room_id, number, after, seq, user_id, at_ms, other_name, kind, content])?;
        Ok(())
    }

    /// The id of a user, and the name where it is another one than the user's row has.
    fn user<'a>(&mut self, user: &'a UserName) -> rusqlite::Result<(i64, Option<&'a str>)> {
        let known = self.cache.user(&self.connection, user)?;
        Ok((known.id, known.other_name(user)))
    }
}

impl Sink for Import {
    fn begin(&mut self, epoch: &str) -> Result<(), TransferError> {
        if self.options.into_empty && !self.empty {
            return Err(TransferError::NotEmpty { what: self.dir.display().to_string() });
        }
        self.connection.execute_batch("BEGIN IMMEDIATE").map_err(|error| self.failed(error))?;
        if self.empty {
            self.epoch = if self.options.new_epoch { new_epoch().to_string() } else { epoch.to_owned() };
            run::set_epoch(&self.connection, &self.epoch).map_err(|error| self.failed(error))?;
        }
        Ok(())
    }

    fn put(&mut self, entry: &Entry) -> Result<(), TransferError> {
        self.take(entry).map_err(|error| error.in_line(entry.line))
    }

    fn finish(&mut self, _: Totals) -> Result<(), TransferError> {
        let ended = run::end(&self.connection).and_then(|()| self.connection.execute_batch("COMMIT"));
        ended.map_err(|error| self.failed(error))
    }
}

/// Whether there are no messages, and the id that the next new room gets at least.
fn look(connection: &Connection) -> rusqlite::Result<(bool, i64)> {
    let sql = "SELECT NOT EXISTS (SELECT 1 FROM messages), (SELECT coalesce(max(id), 0) + 1 FROM rooms)";
    connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Makes a room that keeps what comes after its floor. One that is there has no messages.
fn make_room(connection: &Connection, room: &RoomName, floor: u64) -> rusqlite::Result<i64> {
    let mut make = connection.prepare_cached(
        "INSERT INTO rooms (name, floor) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET floor = excluded.floor RETURNING id",
    )?;
    make.query_row(params![room.as_str(), floor], |row| row.get(0))
}

/// Whether the index of nonces refused a row.
fn is_taken(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| error.extended_code == ffi::SQLITE_CONSTRAINT_UNIQUE)
}
