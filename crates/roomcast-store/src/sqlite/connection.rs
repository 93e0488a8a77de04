//! How connections are set up. The measurements behind the numbers: `docs/store.md` §3 and §4.

use super::OpenError;
use roomcast::store::Durability;
use rusqlite::{Connection, OpenFlags};
use std::{path::Path, thread, time::Duration};

/// How long a connection that found the database locked waits before it looks again. SQLite's own waiting grows to
/// 100 ms a step: too long between a writer and a checkpoint, each of which holds the lock for some milliseconds.
const LOCK_PAUSE: Duration = Duration::from_micros(200);
/// How often the writer and the readers look again: 5 s together. Only a checkpoint or a foreign program is in the way.
const PATIENCE: i32 = 25_000;
/// How often a checkpoint looks again, 100 ms together: while it waits for readers, nobody writes.
const CHECKPOINT_PATIENCE: i32 = 500;

/// The first version without the bug that corrupts a database when its log starts anew.
const OLDEST_SQLITE: i32 = 3_051_003;

pub(super) fn check_version() -> Result<(), OpenError> {
    let too_old = rusqlite::version_number() < OLDEST_SQLITE;
    if too_old { Err(OpenError::SqliteTooOld { found: rusqlite::version() }) } else { Ok(()) }
}

/// The connection that writes, in mode `full` until [`set_durability`] says otherwise.
pub(super) fn writer(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_handler(Some(|n| wait(n, PATIENCE)))?;
    // Checkpoints are the business of checkpoint.rs; the automatic one, at 128 MB, is for when that falls behind.
    // What is deleted is overwritten, pages that are given up included: a page that is split later must not keep a copy.
    connection.execute_batch(
        "PRAGMA page_size = 4096;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA cache_size = -65536;
         PRAGMA temp_store = MEMORY;
         PRAGMA mmap_size = 0;
         PRAGMA secure_delete = ON;
         PRAGMA wal_autocheckpoint = 32000;
         PRAGMA journal_size_limit = 268435456;",
    )?;
    Ok(connection)
}

/// What a commit of this connection survives.
pub(super) fn set_durability(connection: &Connection, durability: Durability) -> rusqlite::Result<()> {
    let synchronous = if durability == Durability::Full { "FULL" } else { "NORMAL" };
    connection.pragma_update(None, "synchronous", synchronous)
}

/// A connection that only reads. Open it after the writer's, which makes the files it needs.
pub(super) fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_handler(Some(|n| wait(n, PATIENCE)))?;
    connection.execute_batch(
        "PRAGMA query_only = ON; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0;",
    )?;
    Ok(connection)
}

/// A connection that only checkpoints.
pub(super) fn checkpointer(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_handler(Some(|n| wait(n, CHECKPOINT_PATIENCE)))?;
    connection
        .execute_batch("PRAGMA synchronous = FULL; PRAGMA cache_size = -1024; PRAGMA mmap_size = 0;")?;
    Ok(connection)
}

/// Waits for the `n`th time; false gives up.
fn wait(n: i32, patience: i32) -> bool {
    thread::sleep(LOCK_PAUSE);
    n < patience
}
