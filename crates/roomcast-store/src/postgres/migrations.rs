//! The schema, version by version: plain SQL, run in order. sqlx has a migrator, too; with it comes a second SQLite,
//! which cannot be linked beside ours.

use super::{Address, error::OpenError};
use sqlx::{AssertSqlSafe, Executor as _, PgConnection};

/// `MIGRATIONS[n]` leads from version n to version n + 1. What was released never changes.
const MIGRATIONS: [&str; 2] = [
    include_str!("../../migrations/postgres/0001_init.sql"),
    include_str!("../../migrations/postgres/0002_changes.sql"),
];
pub(super) const KNOWN: i32 = MIGRATIONS.len() as i32;

/// Held while a server begins, so that of several that begin together one migrates and the others wait.
const LOCK: i64 = 0x726f_6f6d_6361_7374;

/// Lets one server at a time go on, until its transaction ends. A statement of its own, so that the next one sees what
/// the server before it has done (P2).
pub(super) async fn lock(connection: &mut PgConnection) -> sqlx::Result<()> {
    // Longer than usual: a large table takes its time to change.
    connection.execute("SET LOCAL statement_timeout = '10min'").await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(connection).await.map(drop)
}

/// The version of the schema; 0 where there is none.
///
/// # Errors
/// [`OpenError::Newer`] before anything is touched, and what PostgreSQL says.
pub(super) async fn version(connection: &mut PgConnection, address: &Address) -> Result<i32, OpenError> {
    let failed = |error| failed(address, &error);
    let exists: bool = sqlx::query_scalar("SELECT to_regclass('roomcast.schema_version') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await
        .map_err(failed)?;
    if !exists {
        return Ok(0);
    }
    let sql = "SELECT coalesce(max(version), 0) FROM roomcast.schema_version";
    let found: i32 = sqlx::query_scalar(sql).fetch_one(connection).await.map_err(failed)?;
    if found > KNOWN {
        return Err(OpenError::Newer { address: address.clone(), found, known: KNOWN });
    }
    Ok(found)
}

/// Brings the schema from a version to the newest one. The caller is alone, in a transaction, so that all of it
/// happens or nothing.
pub(super) async fn run(connection: &mut PgConnection, found: i32) -> sqlx::Result<()> {
    if found == 0 {
        let sql = "CREATE SCHEMA IF NOT EXISTS roomcast;
                   CREATE TABLE roomcast.schema_version (version integer PRIMARY KEY, at timestamptz DEFAULT now());";
        connection.execute(sql).await?;
    }
    for version in found..KNOWN {
        let sql = MIGRATIONS[version.unsigned_abs() as usize];
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *connection).await?;
        let note = "INSERT INTO roomcast.schema_version (version) VALUES ($1)";
        sqlx::query(note).bind(version + 1).execute(&mut *connection).await?;
        tracing::info!(version = version + 1, "the database has a new schema version");
    }
    Ok(())
}

pub(super) fn failed(address: &Address, error: &sqlx::Error) -> OpenError {
    OpenError::Tables { address: address.clone(), reason: error.to_string() }
}
