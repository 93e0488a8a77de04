//! Which log this is (I12), and whether the server keeps what it commits.
//!
//! The epoch is a random name in the table `meta`, beside the place for which it was made: the cluster, its timeline,
//! the database and the table. A failover or a recovery to a point in time moves the timeline; a copy by `CREATE DATABASE
//! … TEMPLATE` is another database; a restored dump makes another table, though it be in the same database. Each may have
//! lost messages that somebody has seen, so each gets a new epoch.

use super::error::Failure;
use roomcast::store::{Epoch, epoch::new_epoch};
use sqlx::PgConnection;

/// Names the log that a store was opened with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) epoch: Epoch,
    place: String,
}

/// The timeline comes from the log's position, because the control file learns of a promotion only later.
const PLACE: &str = "SELECT concat_ws('/', system_identifier, left(pg_walfile_name(pg_current_wal_lsn()), 8),
                         pg_database.oid, 'roomcast.messages'::regclass::oid)
                     FROM pg_control_system(), pg_database WHERE datname = current_database()";

async fn place(connection: &mut PgConnection) -> sqlx::Result<String> {
    sqlx::query_scalar(PLACE).fetch_one(connection).await
}

/// What is written there. An empty epoch is nobody's.
pub(super) async fn read(connection: &mut PgConnection) -> Result<Origin, Failure> {
    let epoch = get(connection, "epoch").await?.unwrap_or_default();
    Ok(Origin { epoch: epoch.into(), place: place(connection).await? })
}

/// Writes down whose log this is, under a new epoch where it is not the one that was left here, and gives it. The
/// caller is alone, in a transaction.
pub(super) async fn settle(connection: &mut PgConnection) -> sqlx::Result<Origin> {
    let epoch = name(connection).await?.unwrap_or_else(new_epoch);
    let place = place(connection).await?;
    set_name(connection, &epoch).await?;
    set(connection, "place", &place).await?;
    Ok(Origin { epoch, place })
}

/// The epoch, where the log is the one that was left here.
pub(super) async fn name(connection: &mut PgConnection) -> sqlx::Result<Option<Epoch>> {
    let place = place(connection).await?;
    let is_same = get(connection, "place").await?.is_some_and(|kept| kept == place);
    let kept = if is_same { get(connection, "epoch").await? } else { None };
    Ok(kept.filter(|epoch| !epoch.is_empty()).map(Epoch::from))
}

/// Gives the log another name. It stays where it is.
pub(super) async fn set_name(connection: &mut PgConnection, epoch: &str) -> sqlx::Result<()> {
    set(connection, "epoch", epoch).await
}

async fn get(connection: &mut PgConnection, key: &str) -> sqlx::Result<Option<String>> {
    let value = sqlx::query_scalar("SELECT value FROM roomcast.meta WHERE key = $1").bind(key);
    value.fetch_optional(connection).await
}

async fn set(connection: &mut PgConnection, key: &str, value: &str) -> sqlx::Result<()> {
    let sql = "INSERT INTO roomcast.meta (key, value) VALUES ($1, $2)
               ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    sqlx::query(sql).bind(key).bind(value).execute(connection).await.map(drop)
}

/// The setting with which an acknowledged message could be lost, if there is one. The second was set by us; a server
/// that does not take it is not what it says.
pub(super) async fn not_durable(connection: &mut PgConnection) -> sqlx::Result<Option<&'static str>> {
    let sql = "SELECT current_setting('fsync'), current_setting('synchronous_commit'),
               current_setting('full_page_writes')";
    let (fsync, commit, pages): (String, String, String) = sqlx::query_as(sql).fetch_one(connection).await?;
    Ok(match (&*fsync, &*commit, &*pages) {
        ("on", "on", "on") => None,
        ("on", "on", _) => Some("full_page_writes=off"),
        ("on", _, _) => Some("synchronous_commit=off"),
        _ => Some("fsync=off"),
    })
}
