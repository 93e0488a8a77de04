//! Stores that messages are moved out of and into.

use roomcast_protocol::RoomName;
use roomcast_store::{
    postgres::{self, Address},
    sqlite::{self, Directory},
    transfer::{ImportOptions, Sink, Source, TransferError},
};
use std::{fmt, path::PathBuf};

/// A store, as the command line names it. Its text has no password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A data directory.
    Sqlite(PathBuf),
    /// A database.
    Postgres(Address),
}

impl Place {
    /// Reads `sqlite:DIR` or `postgres://…`. An error does not repeat the text.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let how = "write sqlite:DIR, DIR being the data directory, or postgres://USER@HOST/DATABASE";
        match text.split_once(':') {
            Some(("sqlite", dir)) if !dir.is_empty() => Ok(Self::Sqlite(dir.into())),
            Some(("postgres" | "postgresql", _)) => {
                Address::parse(text).map(Self::Postgres).map_err(|error| error.to_string())
            }
            _ => Err(how.to_owned()),
        }
    }

    /// Its messages, or those of one room.
    pub(super) fn source(&self, only: Option<RoomName>) -> Result<Box<dyn Source>, TransferError> {
        Ok(match self {
            Self::Sqlite(dir) => Box::new(sqlite::Snapshot::open(dir, only)?),
            Self::Postgres(address) => Box::new(postgres::Snapshot::open(address, only)?),
        })
    }

    /// To be filled.
    pub(super) fn import(&self, options: ImportOptions) -> Result<Import, TransferError> {
        Ok(match self {
            Self::Sqlite(dir) => Import::Sqlite(sqlite::Import::open(dir, options)?),
            Self::Postgres(address) => Import::Postgres(postgres::Import::open(address, options)?),
        })
    }

    /// Keeps everybody else out.
    pub(super) fn hold(&self) -> Result<Hold, TransferError> {
        Ok(match self {
            Self::Sqlite(dir) => Hold::Sqlite(Directory::lock(dir)?),
            Self::Postgres(address) => Hold::Postgres(postgres::Hold::take(address)?),
        })
    }

    /// Whether both are the same, as far as their names tell.
    pub(super) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Sqlite(one), Self::Sqlite(other)) => {
                let path = |dir: &PathBuf| dir.canonicalize().ok();
                path(one).is_some() && path(one) == path(other)
            }
            (one, other) => one == other,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(dir) => write!(f, "sqlite:{}", dir.display()),
            Self::Postgres(address) => address.fmt(f),
        }
    }
}

/// A store that is filled.
pub(super) enum Import {
    Sqlite(sqlite::Import),
    Postgres(postgres::Import),
}

impl Import {
    /// The name of its log.
    pub(super) fn epoch(&self) -> &str {
        match self {
            Self::Sqlite(import) => import.epoch(),
            Self::Postgres(import) => import.epoch(),
        }
    }

    pub(super) fn sink(&mut self) -> &mut dyn Sink {
        match self {
            Self::Sqlite(import) => import,
            Self::Postgres(import) => import,
        }
    }
}

/// A store that nobody else may use.
pub(super) enum Hold {
    Sqlite(Directory),
    Postgres(postgres::Hold),
}

impl Hold {
    /// Lets others in again. An error says that they may have been there.
    pub(super) fn release(self) -> Result<(), TransferError> {
        match self {
            Self::Sqlite(directory) => {
                drop(directory);
                Ok(())
            }
            Self::Postgres(hold) => hold.release(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_named_with_its_kind() {
        assert_eq!(Place::parse("sqlite:/var/lib"), Ok(Place::Sqlite("/var/lib".into())));
        assert_eq!(Place::parse("sqlite:.").unwrap().to_string(), "sqlite:.");
        let database = Place::parse("postgres://ann:s3cret@db.example/chat").unwrap();
        assert_eq!(database.to_string(), "postgres://ann:***@db.example:5432/chat");
        for wrong in ["", "sqlite", "sqlite:", "/var/lib", "mysql://x"] {
            assert!(Place::parse(wrong).unwrap_err().contains("sqlite:DIR"), "{wrong}");
        }
        for wrong in
            ["postgres://ann:s3cret@db", "postgers://ann:s3cret@db/chat", "postgres://ann:s3/cret@db/chat"]
        {
            assert!(!Place::parse(wrong).unwrap_err().contains("s3"), "{wrong}");
        }
    }
}
