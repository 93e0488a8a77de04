//! Why there is no verdict.

use crate::{LoadError, PlanError, history::Malformed};
use std::io;

/// Why there is no verdict. The program's exit code is 2.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The plan makes no sense.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// This process may not open as many sockets as the plan needs.
    #[error(transparent)]
    Files(#[from] LoadError),
    /// The history cannot be written.
    #[error("the history cannot be written: {0}")]
    Write(#[from] io::Error),
    /// No thread for a client.
    #[error("a client cannot be started: {0}")]
    Thread(io::Error),
    /// A server did not answer at the end.
    #[error("the final history of {server} cannot be read: {why}")]
    Last {
        /// Which.
        server: String,
        /// What the last attempt met.
        why: String,
    },
    /// There was nothing to judge.
    #[error("{0}")]
    Empty(#[from] Malformed),
}

impl VerifyError {
    /// What to do about it, in a line.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        match self {
            Self::Plan(_) => "`roomcast verify --help` shows every option with its bounds",
            Self::Files(_) => "ask for fewer publishers or readers, or raise the limit",
            Self::Write(_) => "check the directory of --history and the space on its disk",
            Self::Thread(_) => {
                "ask for fewer publishers or readers, or raise the limit of processes (ulimit -u)"
            }
            Self::Last { .. } => {
                "the server must be up when --duration is over; --patience says how long is waited"
            }
            Self::Empty(_) => "is a server running at --against, and may guests publish there?",
        }
    }
}
