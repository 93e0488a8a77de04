//! Backups: the whole database as one file, and back.

use super::{
    connection,
    directory::{DATABASE, Directory},
    run,
    snapshot::{self, epoch, version},
};
use crate::transfer::{NewFile, Totals, TransferError, sync_folder};
use roomcast::store::epoch::new_epoch;
use rusqlite::{
    Connection, OpenFlags,
    backup::{Backup, StepResult},
};
use std::{
    fs, io,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

/// Pages that are copied at once, 1 MiB: between two pieces others get at the disk.
const PAGES: i32 = 256;
/// Before a piece is tried again that another program was in the way of.
const PAUSE: Duration = Duration::from_millis(5);

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// The name of the log.
    pub epoch: String,
    /// Rooms, messages and changes.
    pub totals: Totals,
}

/// What was restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// What is there now, under a new name of the log.
    pub contents: Contents,
    /// Where the database is that was there before.
    pub aside: Option<PathBuf>,
}

/// Writes what the database in a directory holds at this moment into a file, whether a server has it or not. The file is
/// checked, durable and for its owner alone before it has its name.
///
/// # Errors
/// Where there is no database that this program knows, the file is there already and not to be replaced, or reading or
/// writing fails.
pub fn backup(dir: &Path, file: &Path, replace: bool) -> Result<Contents, TransferError> {
    let (source, path) = snapshot::begin(dir)?;
    if fs::canonicalize(file).ok().is_some_and(|file| fs::canonicalize(&path).ok() == Some(file)) {
        return Err(TransferError::Itself { path });
    }
    let new = NewFile::create(file, replace)?;
    let contents = copy(&source, &path, new.partial(), |_| Ok(()))?;
    new.finish()?;
    Ok(contents)
}

/// Puts what [`backup`] wrote into a directory, under a new name of the log (I12): what clients know of the old one means
/// nothing any more. With `replace`, a database that is there is kept beside it under a name with the date, `now_ms`.
///
/// # Errors
/// While a server has the directory; where a database is there that is not to be replaced; where the file is no whole
/// database that this program knows.
pub fn restore(dir: &Path, file: &Path, replace: bool, now_ms: u64) -> Result<Restored, TransferError> {
    let failed = |error| TransferError::sqlite(file, error);
    fs::metadata(file).map_err(|error| TransferError::io(file, error))?;
    let source = connection::reader(file).map_err(failed)?;
    version(&source, file)?;
    let _directory = Directory::lock(dir)?;
    let path = dir.join(DATABASE);
    let new = NewFile::create(&path, replace)?;
    let contents = copy(&source, file, new.partial(), |copy| {
        run::set_epoch(copy, &new_epoch())?;
        run::end(copy)
    })?;
    let aside = set_aside(&path, now_ms)?;
    new.finish()?;
    Ok(Restored { contents, aside })
}

/// Copies a database, as the connection sees it, into an empty file, changes it there, and checks what came of it.
fn copy(
    source: &Connection,
    path: &Path,
    into: &Path,
    change: impl FnOnce(&Connection) -> rusqlite::Result<()>,
) -> Result<Contents, TransferError> {
    let failed = |error| TransferError::sqlite(path, error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut copy = Connection::open_with_flags(into, flags).map_err(failed)?;
    // Whoever called makes the file durable, once.
    copy.execute_batch("PRAGMA synchronous = OFF").map_err(failed)?;
    copy_pages(source, &mut copy).map_err(failed)?;
    // In one file, without a log beside it.
    copy.pragma_update(None, "journal_mode", "DELETE").map_err(failed)?;
    change(&copy).map_err(failed)?;
    let contents = Contents { epoch: epoch(&copy, path)?, totals: check(&copy, path)? };
    copy.close().map_err(|(_, error)| failed(error))?;
    Ok(contents)
}

fn copy_pages(source: &Connection, copy: &mut Connection) -> rusqlite::Result<()> {
    let backup = Backup::new(source, copy)?;
    loop {
        match backup.step(PAGES)? {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            _ => thread::sleep(PAUSE),
        }
    }
}

/// What a database holds, if it is whole.
fn check(connection: &Connection, path: &Path) -> Result<Totals, TransferError> {
    let failed = |error| TransferError::sqlite(path, error);
    let damaged = |reason| TransferError::Damaged { path: path.to_owned(), reason };
    let verdict = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get::<_, String>(0));
    match verdict.map_err(failed)? {
        ok if ok == "ok" => {}
        reason => return Err(damaged(reason)),
    }
    let (rooms, messages, numbers) = count(connection).map_err(failed)?;
    if messages != numbers {
        return Err(damaged(format!("it should have {numbers} messages and has {messages}")));
    }
    let (changes, numbers) = count_changes(connection).map_err(failed)?;
    if changes != numbers {
        return Err(damaged(format!("it should have {numbers} changes and has {changes}")));
    }
    Ok(Totals { rooms, messages, changes })
}

/// How many rooms and messages there are, and how many messages the rooms' numbers stand for.
fn count(connection: &Connection) -> rusqlite::Result<(u64, u64, u64)> {
    let sql = "SELECT count(head), (SELECT count(*) FROM messages), coalesce(sum(head - floor), 0)
               FROM (SELECT floor, (SELECT max(seq) FROM messages WHERE room_id = rooms.id) AS head FROM rooms)";
    connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
}

/// How many changes there are, and how many their numbers stand for.
fn count_changes(connection: &Connection) -> rusqlite::Result<(u64, u64)> {
    // An older database knows none.
    if !connection.table_exists(None, "changes")? {
        return Ok((0, 0));
    }
    let sql = "SELECT coalesce(sum(n), 0), coalesce(sum(numbers), 0)
               FROM (SELECT count(*) AS n, max(change) - min(change) + 1 AS numbers FROM changes GROUP BY room_id)";
    connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Keeps a database beside its place, whole and under a name with the date.
fn set_aside(path: &Path, now_ms: u64) -> Result<Option<PathBuf>, TransferError> {
    let failed = |error| TransferError::io(path, error);
    let aside = with_suffix(path, &format!(".{}", date(now_ms)));
    let is_there = path.exists();
    if is_there {
        fold_log(path);
    }
    // A log that is left, of a damaged database or of none, would be taken for that of the new one.
    move_if_there(&with_suffix(path, "-wal"), &with_suffix(&aside, "-wal")).map_err(failed)?;
    remove_if_there(&with_suffix(path, "-shm")).map_err(failed)?;
    if is_there {
        // It has its old name, too, until the new one takes that: at no moment is there none.
        fs::hard_link(path, &aside).map_err(failed)?;
    }
    sync_folder(path)?;
    Ok(Some(aside).filter(|_| is_there))
}

/// Moves the write-ahead log into its database, if that can still be done.
fn fold_log(path: &Path) {
    let folded = connection::writer(path).and_then(|connection| {
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        connection.close().map_err(|(_, error)| error)
    });
    if let Err(error) = folded {
        tracing::warn!(%error, path = %path.display(), "the database is kept as it is, with its log beside it");
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn move_if_there(from: &Path, to: &Path) -> io::Result<()> {
    unless_missing(fs::rename(from, to))
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    unless_missing(fs::remove_file(path))
}

fn unless_missing(outcome: io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// A time as part of a file's name, `20260102T030405Z`.
fn date(ms: u64) -> String {
    let sql = "SELECT strftime('%Y%m%dT%H%M%SZ', ?1, 'unixepoch')";
    let written = Connection::open_in_memory()
        .and_then(|calendar| calendar.query_row(sql, [ms / 1000], |row| row.get::<_, String>(0)));
    written.unwrap_or_else(|_| ms.to_string())
}
