//! What the store remembers from one run of the server to the next, in the table `meta`: the log's epoch, and
//! whether the tail of the log can be trusted.

use roomcast::store::{Durability, Epoch, epoch::new_epoch};
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};
use std::fs;

/// Names this boot of the kernel. `None` where the system does not say: then every start counts as a new boot.
pub(super) fn boot_id() -> Option<String> {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").ok().map(|id| id.trim().to_owned())
}

/// Begins a run and gives the log's epoch. The epoch is new (I12) where a power loss may have taken acknowledged
/// messages: the last run did not end cleanly, was not `full`, and the kernel has booted since. In mode `relaxed` a
/// crash of the process alone loses nothing, because the kernel still has what was written.
pub(super) fn begin(
    connection: &mut Connection,
    durability: Durability,
    boot: Option<&str>,
) -> rusqlite::Result<Epoch> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let kept = if tail_may_be_lost(&transaction, boot)? { None } else { get(&transaction, "epoch")? };
    let epoch = kept.map_or_else(new_epoch, Epoch::from);
    set(&transaction, "epoch", &epoch)?;
    set(&transaction, "durability", durability.as_str())?;
    set(&transaction, "boot_id", boot.unwrap_or_default())?;
    set(&transaction, "clean", "no")?;
    transaction.commit()?;
    Ok(epoch)
}

/// Makes the next [`begin`] give a new epoch, because acknowledged messages are lost. It also empties the write-ahead
/// log, so that what lies behind the damage is not found a second time.
pub(super) fn lose_epoch(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM meta WHERE key = 'epoch'", [])?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}

/// Marks the run as cleanly ended. The caller has set the connection to mode `full`, so this makes everything before
/// it durable, too.
pub(super) fn end(connection: &Connection) -> rusqlite::Result<()> {
    set(connection, "clean", "yes")
}

/// The log's name.
pub(super) fn epoch(connection: &Connection) -> rusqlite::Result<Option<String>> {
    get(connection, "epoch")
}

/// Gives the log another name.
pub(super) fn set_epoch(connection: &Connection, epoch: &str) -> rusqlite::Result<()> {
    set(connection, "epoch", epoch)
}

fn tail_may_be_lost(connection: &Connection, boot: Option<&str>) -> rusqlite::Result<bool> {
    let was = |key, value: &str| get(connection, key).map(|found| found.as_deref() == Some(value));
    let same_boot = match boot {
        Some(boot) => was("boot_id", boot)?,
        None => false,
    };
    Ok(!same_boot && !was("clean", "yes")? && !was("durability", Durability::Full.as_str())?)
}

fn get(connection: &Connection, key: &str) -> rusqlite::Result<Option<String>> {
    connection.query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0)).optional()
}

fn set(connection: &Connection, key: &str, value: &str) -> rusqlite::Result<()> {
    let sql = "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    connection.execute(sql, params![key, value]).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Durability::{Full, Relaxed};

    fn database() -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        super::super::migrations::run(&mut connection, std::path::Path::new("test")).unwrap();
        connection
    }

    /// Whether the epoch of a run is still that of the run before it.
    fn keeps_epoch(last: Durability, clean: bool, boots: [Option<&str>; 2]) -> bool {
        let mut connection = database();
        let first = begin(&mut connection, last, boots[0]).unwrap();
        if clean {
            end(&connection).unwrap();
        }
        first == begin(&mut connection, Full, boots[1]).unwrap()
    }

    #[test]
    fn the_epoch_changes_only_where_acknowledged_messages_may_be_lost() {
        let (same, other, unknown) = ([Some("a"); 2], [Some("a"), Some("b")], [None; 2]);
        assert!(keeps_epoch(Relaxed, false, same), "kill -9");
        assert!(keeps_epoch(Relaxed, true, other), "a clean stop, then a reboot");
        assert!(keeps_epoch(Full, false, other), "power loss in mode full");
        assert!(!keeps_epoch(Relaxed, false, other), "power loss in mode relaxed");
        assert!(!keeps_epoch(Relaxed, false, unknown), "a crash, and nobody knows whether the kernel booted");
    }

    #[test]
    fn every_run_starts_unclean() {
        let mut connection = database();
        begin(&mut connection, Relaxed, Some("a")).unwrap();
        end(&connection).unwrap();
        let second = begin(&mut connection, Relaxed, Some("a")).unwrap();
        assert_ne!(begin(&mut connection, Relaxed, Some("b")).unwrap(), second);
    }
}
