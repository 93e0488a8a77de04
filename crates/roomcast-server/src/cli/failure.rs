//! What went wrong, for people: a line with the cause, a line with what to do, and an exit code.

use crate::{
    config::ConfigError,
    server::{ServerError, What, store_texts},
};
use roomcast_store::transfer::TransferError;
use std::{io::ErrorKind, net::SocketAddr, process::ExitCode};

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// As it was meant.
    Ok = 0,
    /// Something failed that may work another time.
    Runtime = 1,
    /// The command line makes no sense; of `verify`: there is no verdict.
    Usage = 2,
    /// The configuration makes no sense (`EX_CONFIG`).
    Config = 78,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A cause and what to do about it, a line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// What is wrong.
    pub cause: String,
    /// What to do.
    pub help: String,
}

/// Why a command failed.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    explained: Vec<Explained>,
}

impl Failure {
    /// One cause and what to do about it.
    pub fn new(exit: Exit, cause: impl Into<String>, help: impl Into<String>) -> Self {
        Self { exit, explained: vec![Explained { cause: cause.into(), help: help.into() }] }
    }

    /// Tells it on stderr, in colour on a terminal unless `NO_COLOR` is set.
    pub fn report(&self) -> Exit {
        for Explained { cause, help } in &self.explained {
            anstream::eprintln!(
                "\u{1b}[1;31merror\u{1b}[0m: {}\n \u{1b}[1;36mhelp\u{1b}[0m: {}",
                escaped(cause),
                escaped(help)
            );
        }
        self.exit
    }
}

/// Control characters, which file names and values may have, do not reach the terminal.
fn escaped(text: &str) -> String {
    text.chars()
        .flat_map(|c| if c.is_control() { c.escape_default().collect::<Vec<_>>() } else { vec![c] })
        .collect()
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let explain =
            |mistake: crate::config::Mistake| Explained { cause: mistake.to_string(), help: mistake.help };
        Self { exit: Exit::Config, explained: error.mistakes.into_iter().map(explain).collect() }
    }
}

impl From<ServerError> for Failure {
    fn from(error: ServerError) -> Self {
        let (exit, help) = match &error {
            ServerError::Public { .. } => (
                Exit::Config,
                "set auth.mode to \"jwt\", or listen on 127.0.0.1 behind a proxy that asks who people are, or add --i-know if everyone may come in".to_owned(),
            ),
            ServerError::Bind { what, address, source } => (Exit::Runtime, bind_help(*what, *address, source.kind())),
            ServerError::Keys(error) => (Exit::Config, error.help.to_owned()),
            ServerError::Store(error) => (Exit::Runtime, store_texts(error).1),
            ServerError::Database(error) => (Exit::Runtime, error.help().to_owned()),
            ServerError::Close(_) => {
                (Exit::Runtime, "see the lines above, and check the disk before the next start".to_owned())
            }
            ServerError::Start(_) => (Exit::Runtime, "raise the limits of this process (ulimit -n, ulimit -u)".to_owned()),
            ServerError::Shard => (Exit::Runtime, "see the lines above, and report it: this is a bug".to_owned()),
        };
        Self { exit, explained: vec![Explained { cause: error.to_string(), help }] }
    }
}

impl From<TransferError> for Failure {
    fn from(error: TransferError) -> Self {
        match &error {
            TransferError::Open(open) => {
                let (cause, help) = store_texts(open);
                Self::new(Exit::Runtime, cause, help)
            }
            _ => Self::new(Exit::Runtime, error.to_string(), error.help()),
        }
    }
}

fn bind_help(what: What, address: SocketAddr, kind: ErrorKind) -> String {
    let (flag, other) = match what {
        What::Chat => ("--listen", "127.0.0.1:8080"),
        What::Admin => ("--admin-listen", "127.0.0.1:9091"),
    };
    match kind {
        ErrorKind::AddrInUse => {
            format!(
                "choose another with {flag} {other}, or stop what has it (ss -ltnp 'sport = :{}')",
                address.port()
            )
        }
        ErrorKind::PermissionDenied => {
            format!("ports below 1024 need a privilege: choose {flag} {other}, or grant CAP_NET_BIND_SERVICE")
        }
        ErrorKind::AddrNotAvailable => {
            format!("no interface of this machine has it: choose another with {flag} {other}")
        }
        _ => format!("choose another with {flag} {other}"),
    }
}
