//! Why the server does not start, or ends by itself.

use crate::auth::KeyError;
use roomcast::store::StoreError;
use roomcast_store::{postgres, sqlite::OpenError};
use std::{fmt, io, net::SocketAddr};

/// Which listener is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The one people connect to.
    Chat,
    /// The one for health and metrics.
    Admin,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Chat => "the chat",
            Self::Admin => "the admin listener",
        })
    }
}

/// Why the server does not start, or ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Guests name themselves, and the address is open to more than this machine.
    #[error("{listen} can be reached from other machines, and guests need no password")]
    Public {
        /// The address.
        listen: SocketAddr,
    },
    /// An address cannot be had.
    #[error("cannot listen on {address} for {what}: {}", reason(.source))]
    Bind {
        /// For what.
        what: What,
        /// Which.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// There is no key that tokens could be checked with.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The messages cannot be had.
    #[error("{}", store_cause(.0))]
    Store(#[from] OpenError),
    /// The database cannot be had.
    #[error("{0}")]
    Database(#[from] postgres::OpenError),
    /// The store did not end as it should.
    #[error("the last messages may not have been kept: {0}")]
    Close(#[from] StoreError),
    /// The operating system gave us no thread, timer or socket.
    #[error("the operating system refuses what the server needs: {0}")]
    Start(#[from] io::Error),
    /// A shard ended while it should have run.
    #[error("a thread that serves connections has ended by itself")]
    Shard,
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => "another program has it".to_owned(),
        io::ErrorKind::PermissionDenied => "this user may not".to_owned(),
        _ => error.to_string(),
    }
}

/// The first half of what the store says, which then goes on with what to do.
fn store_cause(error: &OpenError) -> String {
    store_texts(error).0
}

/// What is wrong with the store, and what to do about it.
pub(crate) fn store_texts(error: &OpenError) -> (String, String) {
    let text = error.to_string();
    let otherwise = "check the disk, the limits of this process, or choose another directory with --data-dir";
    match (error, text.rsplit_once(": ")) {
        (OpenError::Io { .. } | OpenError::Sqlite { .. }, _) | (_, None) => (text, otherwise.to_owned()),
        (_, Some((cause, help))) => (cause.to_owned(), help.to_owned()),
    }
}
