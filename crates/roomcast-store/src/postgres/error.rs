//! What can go wrong: at the start, in words for the operator; later, as a reason to refuse.

use super::Address;
use sqlx::{
    error::DatabaseError,
    postgres::{PgDatabaseError, PgSeverity},
};
use std::io;

/// Why [`Postgres::open`](super::Postgres::open) failed. No text contains a password.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Nobody answers there, or the login is refused.
    #[error("the database {address} cannot be reached ({reason})")]
    Unreachable {
        /// The database.
        address: Address,
        /// What the system or PostgreSQL said.
        reason: String,
    },
    /// This is a replica.
    #[error("the database {address} is a standby, which cannot be written to")]
    Standby {
        /// The database.
        address: Address,
    },
    /// Messages are moved out of it or into it.
    #[error("messages are just being moved into {address} or out of it")]
    Taken {
        /// The database.
        address: Address,
    },
    /// Somebody is there, and one who moves messages has to be alone.
    #[error("the database {address} is in use, by a server or by another command")]
    InUse {
        /// The database.
        address: Address,
    },
    /// The server may lose what it has committed.
    #[error("the PostgreSQL server of {address} runs with {setting}, so that a power cut loses messages")]
    NotDurable {
        /// The database.
        address: Address,
        /// The setting that is to be changed.
        setting: &'static str,
    },
    /// The database cannot hold every text.
    #[error("the database {address} is not encoded in UTF8 but in {found}")]
    Encoding {
        /// The database.
        address: Address,
        /// The encoding it has.
        found: String,
    },
    /// A newer Roomcast wrote this database, and going back would lose what only that one understands.
    #[error("the database {address} has schema version {found}, this roomcast knows versions up to {known}")]
    Newer {
        /// The database.
        address: Address,
        /// The version it has.
        found: i32,
        /// The newest version that this program knows.
        known: i32,
    },
    /// Making or reading the tables failed.
    #[error("the tables in {address} cannot be used ({reason})")]
    Tables {
        /// The database.
        address: Address,
        /// What PostgreSQL said.
        reason: String,
    },
    /// The system gave us no thread.
    #[error("no thread can be started ({0})")]
    Thread(#[from] io::Error),
}

impl OpenError {
    /// What to do about it, in a line.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => {
                "check that PostgreSQL runs there and that the user, the password and the database are right \
                 (psql takes the same address)"
            }
            Self::Standby { .. } => "give the address of the primary",
            Self::Taken { .. } => {
                "wait until `roomcast import` or `roomcast move` has ended, and start again"
            }
            Self::InUse { .. } => {
                "stop every roomcast that uses it (SELECT client_addr FROM pg_stat_activity WHERE \
                 application_name = 'roomcast')"
            }
            Self::NotDurable { .. } => "set it to on in postgresql.conf and restart PostgreSQL",
            Self::Encoding { .. } => {
                "make another: CREATE DATABASE roomcast ENCODING 'UTF8' TEMPLATE template0"
            }
            Self::Newer { .. } => "run a newer roomcast, or restore a backup from before the upgrade",
            Self::Tables { .. } => "let the user own the database: ALTER DATABASE roomcast OWNER TO roomcast",
            Self::Thread(_) => "raise the limits of this process (ulimit -u)",
        }
    }
}

/// Why something was not done, once the store is open.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("{0}")]
    Sql(#[from] sqlx::Error),
    #[error("PostgreSQL did not answer in time")]
    TimedOut,
    #[error("PostgreSQL could not be reached a moment ago")]
    Paused,
    #[error(
        "this is not the log that the server was started with (a restored backup, a failover): restart the server"
    )]
    OtherLog,
    #[error("messages are just being moved into the database or out of it")]
    Taken,
    #[error("the PostgreSQL server may lose what it has committed: {0}")]
    NotDurable(&'static str),
    #[error("damaged: {0}")]
    Damaged(&'static str),
}

impl Failure {
    /// Whether the session is over, or nobody answers: what was asked may have been done or not, and the next one would
    /// not fare better.
    pub(super) fn is_gone(&self) -> bool {
        match self {
            Self::Sql(sqlx::Error::Database(error)) => ends_the_session(&**error),
            Self::Damaged(_) => false,
            _ => true,
        }
    }

    /// Whether the transaction was undone because of another one, and should simply be tried again.
    pub(super) fn is_conflict(&self) -> bool {
        let Self::Sql(sqlx::Error::Database(error)) = self else { return false };
        matches!(error.code().as_deref(), Some("23505" | "40001" | "40P01"))
    }
}

/// After a fatal error PostgreSQL closes the connection. It may come after the commit, from a server that is stopped or
/// that cannot write its log.
fn ends_the_session(error: &dyn DatabaseError) -> bool {
    let error = error.try_downcast_ref::<PgDatabaseError>();
    error.is_none_or(|error| matches!(error.severity(), PgSeverity::Fatal | PgSeverity::Panic))
}
