//! Why data was not moved, and what to do about it.

use crate::sqlite::OpenError;
use roomcast_protocol::RoomName;
use rusqlite::ErrorCode;
use std::{error::Error, io, path::Path, path::PathBuf};

/// Why data was not backed up, restored, exported, imported or moved.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// A database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
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
    /// A database is not whole, or is not one of Roomcast's.
    #[error("{} is no database of Roomcast's, or is damaged: {reason}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A database is older than this program, which would have to change it first.
    #[error("{} has schema version {found}, older than this roomcast's {known}", .path.display())]
    Older {
        /// The file.
        path: PathBuf,
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
            Self::Exists { .. } => "choose another name, or add --force to replace it",
            Self::Itself { .. } => "choose another name",
            Self::NoDatabase { .. } => "say where the data is with --data-dir DIR",
            Self::Damaged { .. } => "take another backup: what `roomcast backup` wrote",
            Self::Older { .. } => "start this roomcast on it once, or use the roomcast that wrote it",
            Self::NoRoom { .. } => {
                "leave --room out to get all rooms, or see GET /api/v1/rooms for their names"
            }
            Self::RoomExists { .. } => "import into a new data directory, or take the room out of the file",
            Self::NotEmpty { .. } => "choose one without messages: rooms are never mixed",
            Self::Scattered { .. } | Self::Nonce { .. } | Self::Line { .. } => {
                "nothing was imported; correct the line, or export again, and try once more"
            }
            Self::Io { .. } | Self::Store { .. } => {
                "check the path, its permissions and the space on the disk"
            }
        }
    }
}
