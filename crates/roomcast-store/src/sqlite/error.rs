//! Why a store could not be opened, in words for the one who has to do something about it.

use rusqlite::ErrorCode;
use std::{io, path::Path, path::PathBuf};

/// Why [`Sqlite::open`](super::Sqlite::open) failed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another server has the data directory.
    #[error(
        "{} is in use by another roomcast server{}: stop that one first, or give this one a data directory of its own",
        .dir.display(), .pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
    )]
    InUse {
        /// The data directory.
        dir: PathBuf,
        /// The process that holds it, where its lock file says so.
        pid: Option<u32>,
    },
    /// The path, or one above it, is there and is something else.
    #[error("{} is not a directory: move it away or choose another data directory", .dir.display())]
    NotADirectory {
        /// The path given as data directory.
        dir: PathBuf,
    },
    /// This user may not write there.
    #[error("{} is not writable by this user: change its owner or mode, or choose another data directory", .path.display())]
    NotWritable {
        /// The directory or file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A newer Roomcast wrote this database, and going back would lose what only that one understands.
    #[error(
        "{} has schema version {found}, this roomcast knows versions up to {known}: run a newer roomcast, or restore a \
         backup from before the upgrade", .path.display()
    )]
    Newer {
        /// The database file.
        path: PathBuf,
        /// The version it has.
        found: u32,
        /// The newest version that this program knows.
        known: u32,
    },
    /// The file is damaged, or is no database.
    #[error("{} is damaged or not a database ({reason}): restore a backup, or move the file away to start anew", .path.display())]
    Corrupt {
        /// The database file.
        path: PathBuf,
        /// What SQLite said.
        reason: String,
    },
    /// The options cannot be had.
    #[error("SQLite keeps messages on disk: durability is full or relaxed")]
    Durability,
    /// SQLite before 3.51.3 can corrupt a database when it starts its log anew.
    #[error("SQLite {found} is too old: 3.51.3 or newer is needed")]
    SqliteTooOld {
        /// The version that is linked.
        found: &'static str,
    },
    /// Reading or writing failed otherwise.
    #[error("{} could not be opened: {source}", .path.display())]
    Io {
        /// The directory or file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// SQLite failed otherwise.
    #[error("{} could not be opened: {source}", .path.display())]
    Sqlite {
        /// The database file.
        path: PathBuf,
        /// What SQLite said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl OpenError {
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::NotWritable { path, source }
            }
            io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => Self::NotADirectory { dir: path },
            _ => Self::Io { path, source },
        }
    }

    pub(super) fn sqlite(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                Self::Corrupt { path, reason: source.to_string() }
            }
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
                Self::NotWritable { path, source: io::Error::new(io::ErrorKind::PermissionDenied, source) }
            }
            _ => Self::Sqlite { path, source: source.into() },
        }
    }
}
