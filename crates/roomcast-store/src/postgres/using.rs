//! Who uses a database: servers share it, and whoever moves messages out of it or into it has it alone. By advisory
//! locks, which PostgreSQL lets go of with the connection, however that ends.

use sqlx::{AssertSqlSafe, PgConnection};

/// What is locked: the log, whatever its tables.
const LOCK: i64 = 0x726f_6f6d_6361_7375;
/// `lock_not_available`.
const IN_THE_WAY: &str = "55P03";

/// How a database is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// As a server, beside others.
    Shared,
    /// With nobody beside.
    Alone,
}

/// Begins to use it, until the connection ends. False where somebody is in the way for more than a second: who has just
/// ended lets go a moment later. The connection is of no use then.
pub(super) async fn begin(connection: &mut PgConnection, how: Use) -> sqlx::Result<bool> {
    let lock = if how == Use::Alone { "pg_advisory_lock" } else { "pg_advisory_lock_shared" };
    let sql = format!("BEGIN; SET LOCAL lock_timeout = '1s'; SELECT {lock}({LOCK}); COMMIT");
    match sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await {
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(IN_THE_WAY) => Ok(false),
        locked => locked.map(|_| true),
    }
}

/// Ends using it alone. False where that had ended already.
pub(super) async fn end(connection: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT pg_advisory_unlock($1)").bind(LOCK).fetch_one(connection).await
}
