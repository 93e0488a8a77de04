//! Why a run could not be made. A run that was made and found faults is not an error: its report says so.

use std::net::SocketAddr;

/// A plan that makes no sense. The program's exit code is 2.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The URL is not `ws://HOST:PORT`.
    #[error("{0:?} is no address to connect to: write ws://127.0.0.1:3000")]
    Url(String),
    /// The host has no address.
    #[error("{0} cannot be resolved: {1}")]
    Resolve(String, String),
    /// The server is not on this machine and nobody said that he may put it under load.
    #[error("{0} is not on this machine; if the server is yours, say so with --i-own-this-server")]
    Foreign(SocketAddr),
    /// A number beyond its bounds.
    #[error("{what} is {given}, must be {bounds}")]
    OutOfBounds {
        /// The field of the plan.
        what: &'static str,
        /// What it is.
        given: String,
        /// What it must be.
        bounds: String,
    },
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The plan makes no sense.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// This process may not open as many sockets as the plan needs.
    #[error("{needed} open files are needed, {limit} are allowed: raise the hard limit (ulimit -Hn)")]
    Files {
        /// Sockets and a few files of our own.
        needed: u64,
        /// The hard limit.
        limit: u64,
    },
    /// Not everyone came in.
    #[error("{joined} of {wanted} connections were made; the first failure: {reason}")]
    Connect {
        /// Connections that came in.
        joined: u64,
        /// Connections that the plan asks for.
        wanted: u64,
        /// Why the first of the others did not.
        reason: String,
    },
    /// The system refused something.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// How it was refused.
        source: std::io::Error,
    },
}

impl LoadError {
    /// The program's exit code: 2 for a plan that makes no sense, else 1.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Plan(_) => 2,
            _ => 1,
        }
    }

    /// What to do about it, in a line.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::Plan(_) => "`roomcast bench --help` shows every option with its bounds",
            Self::Files { .. } => "ask for fewer rooms or members, or raise the limit",
            Self::Connect { reason, .. } if reason.contains("429") || reason.contains("503") => {
                "the server caps connections: start it with ROOMCAST_LIMITS__PER_IP=100000 ROOMCAST_LIMITS__CONNECTIONS=100000"
            }
            Self::Connect { .. } => "is a server running at --url?",
            Self::System { .. } => "look at the limits of this process and of the machine",
        }
    }
}

/// Turns a refusal of the system into a [`LoadError`].
pub(crate) fn system<E: Into<std::io::Error>>(what: &'static str) -> impl FnOnce(E) -> LoadError {
    move |source| LoadError::System { what, source: source.into() }
}
