//! Why data was not moved, and what to do about it.

use crate::{
    postgres::{self, Address},
    sqlite::OpenError,
};
use roomcast::store::Record;
use roomcast_protocol::RoomName;
use rusqlite::ErrorCode;
use std::{error::Error, io, path::Path, path::PathBuf};

/// Why data was not backed up, restored, exported, imported or moved.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// A database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A PostgreSQL database cannot be opened.
    #[error(transparent)]
    Postgres(#[from] postgres::OpenError),
    /// Something is where the result should go.
    #[error("{} is there already", .path.display())]
    Exists {
        /// What is there.
        path: PathBuf,
    },
    /// The database would be overwritten with itself.
    #[error("{} is the database itself", .path.display())]
    Itself {
        /// The database.
        path: PathBuf,
    },
    /// There is nothing to read.
    #[error("there is no database in {}", .dir.display())]
    NoDatabase {
        /// The data directory.
        dir: PathBuf,
    },
    /// The same in a PostgreSQL database.
    #[error("no roomcast has been started on the database {address}: there are no tables")]
    NoTables {
        /// The database.
        address: Address,
    },
    /// A PostgreSQL database was copied, and its log has no name of its own yet.
    #[error("the database {address} was restored or copied, and no server has been started on it since")]
    Copied {
        /// The database.
        address: Address,
    },
    /// A database is not whole, or is not one of Roomcast's.
    #[error("{} is no database of Roomcast's, or is damaged: {reason}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A database is older than this program, which would have to change it first.
    #[error("{what} has schema version {found}, older than this roomcast's {known}")]
    Older {
        /// The database.
        what: String,
        /// The version it has.
        found: u32,
        /// The version that this program writes.
        known: u32,
    },
    /// A room is not there.
    #[error("there is no room {room}")]
    NoRoom {
        /// The room.
        room: RoomName,
    },
    /// A room has messages already.
    #[error("the room {room} has messages already")]
    RoomExists {
        /// The room.
        room: RoomName,
    },
    /// The messages of a room come in several pieces.
    #[error("the messages of the room {room} do not stand together")]
    Scattered {
        /// The room.
        room: RoomName,
    },
    /// A store that was to be filled has messages.
    #[error("{what} has messages already")]
    NotEmpty {
        /// The store.
        what: String,
    },
    /// A message has the nonce of another one.
    #[error("the nonce {nonce:?} of {user} names an earlier message of the room {room}")]
    Nonce {
        /// The room.
        room: RoomName,
        /// The user.
        user: String,
        /// The nonce.
        nonce: String,
    },
    /// A line makes no sense.
    #[error("line {number}: {what}")]
    Line {
        /// Which, counted from 1.
        number: u64,
        /// What is wrong with it.
        what: String,
    },
    /// A file cannot be read or written.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A PostgreSQL database does not do what it should.
    #[error("the database {address}: {reason}")]
    Database {
        /// The database.
        address: Address,
        /// What it said.
        reason: String,
    },
    /// Nobody was kept out of a PostgreSQL database for a while.
    #[error("the connection that kept others out of the database {address} was lost")]
    Unheld {
        /// The database.
        address: Address,
    },
    /// Nobody said whether the commit of an import happened.
    #[error("the database {address} was lost during the commit, which may have happened or not ({reason})")]
    Uncertain {
        /// The database.
        address: Address,
        /// What was the matter.
        reason: String,
    },
    /// A database cannot be read or written.
    #[error("{what}: {source}")]
    Store {
        /// The store.
        what: String,
        /// What it said.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl TransferError {
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }

    pub(crate) fn sqlite(path: &Path, source: rusqlite::Error) -> Self {
        match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                Self::Damaged { path: path.to_owned(), reason: source.to_string() }
            }
            _ => Self::Store { what: path.display().to_string(), source: source.into() },
        }
    }

    /// The nonce of this message is that of another one.
    pub(crate) fn nonce(room: &RoomName, message: &Record) -> Self {
        let user = message.user.identity().to_owned();
        let nonce = message.nonce.as_deref().unwrap_or_default().to_owned();
        Self::Nonce { room: room.clone(), user, nonce }
    }

    /// The same about a line, where it is about what the line says.
    pub(crate) fn in_line(self, number: Option<u64>) -> Self {
        match (&self, number) {
            (Self::RoomExists { .. } | Self::Scattered { .. } | Self::Nonce { .. }, Some(number)) => {
                Self::Line { number, what: self.to_string() }
            }
            _ => self,
        }
    }

    /// What to do about it, in a line.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::Open(_) => "stop the server that has it, or choose another directory with --data-dir",
            Self::Postgres(error) => error.help(),
            Self::Exists { .. } => "choose another name, or add --force to replace it",
            Self::Itself { .. } => "choose another name",
            Self::NoDatabase { .. } => "say where the data is with --data-dir DIR",
            Self::NoTables { .. } => "check the name of the database",
            Self::Copied { .. } => {
                "start roomcast on it once: its log gets a new name, because messages may be missing"
            }
            Self::Damaged { .. } => "take another backup: what `roomcast backup` wrote",
            Self::Older { .. } => "start this roomcast on it once, or use the roomcast that wrote it",
            Self::NoRoom { .. } => {
                "leave --room out to get all rooms, or see GET /api/v1/rooms for their names"
            }
            Self::RoomExists { .. } => "import into an empty store, or take the room out of the file",
            Self::NotEmpty { .. } => "choose one without messages: rooms are never mixed",
            Self::Scattered { .. } | Self::Nonce { .. } | Self::Line { .. } => {
                "nothing was imported; correct the line, or export again, and try once more"
            }
            Self::Database { .. } => "check that PostgreSQL is well, and try again: nothing was changed",
            Self::Unheld { .. } => {
                "messages may have come in meanwhile: stop every roomcast, empty the other store, and try again"
            }
            Self::Uncertain { .. } => "see with `roomcast export` what is there: all of it, or nothing",
            Self::Io { .. } | Self::Store { .. } => {
                "check the path, its permissions and the space on the disk"
            }
        }
    }
}
