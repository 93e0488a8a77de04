//! The schema, version by version: plain SQL, run in order, each file in one transaction.

use super::OpenError;
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// `MIGRATIONS[n]` leads from version n to version n + 1. What was released never changes.
const MIGRATIONS: [&str; 2] = [
    include_str!("../../migrations/sqlite/0001_init.sql"),
    include_str!("../../migrations/sqlite/0002_changes.sql"),
];

/// The newest version.
pub(super) const KNOWN: u32 = MIGRATIONS.len() as u32;

/// Brings a database to the newest version, under the lock of the data directory.
pub(super) fn run(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let failed = |error| OpenError::sqlite(path, error);
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)?;
    if found > KNOWN {
        return Err(OpenError::Newer { path: path.to_owned(), found, known: KNOWN });
    }
    for version in found..KNOWN {
        step(connection, version).map_err(failed)?;
        tracing::info!(path = %path.display(), version = version + 1, "the database has a new schema version");
    }
    Ok(())
}

fn step(connection: &mut Connection, version: u32) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(MIGRATIONS[version as usize])?;
    transaction.pragma_update(None, "user_version", version + 1)?;
    transaction.commit()
}
