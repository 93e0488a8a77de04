//! The command line: one file a command.

mod failure;
mod secret;
mod serve;
mod root;
mod config;
mod healthcheck;
mod token;
mod data;
mod place;
mod backup;
mod restore;
mod export;
mod import;
mod moving;
mod bench;
mod verify;
mod completions;

pub use failure::{Exit, Explained, Failure};

use clap::{CommandFactory, Parser, Subcommand};
use std::process::ExitCode;

/// A real-time chat server: rooms over WebSocket, with history, presence and a page to talk in.
#[derive(Debug, Parser)]
#[command(name = "roomcast", version, args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
#[command(override_usage = "roomcast [serve] [OPTIONS]\n       roomcast <COMMAND>", after_help = EXAMPLE)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::Args,
}

const EXAMPLE: &str = "Example:\n  roomcast                               serve on http://127.0.0.1:3000/\n  \
                       roomcast --listen 127.0.0.1:8080       the same on another port\n  \
                       roomcast config init                   write ./roomcast.toml, every key in it";

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the chat (what happens without a command)
    Serve(serve::Args),
    /// Check, write or show the configuration
    Config(config::Args),
    /// Ask a running server whether it is ready: exit code 0 or 1
    Healthcheck(healthcheck::Args),
    /// Make or check a token
    Token(token::Args),
    /// Write everything into one file, while the server runs or not
    Backup(backup::Args),
    /// Put a backup in place of the data; clients load afresh
    Restore(restore::Args),
    /// Write messages as lines of JSON
    Export(export::Args),
    /// Take in what `export` wrote
    Import(import::Args),
    /// Copy all messages from one store into another, and prove it
    Move(moving::Args),
    /// Put a running server under load, and check every delivery
    Bench(roomcast_load::cli::Args),
    /// Verify what a running server promises, while it may die and come back
    Verify(roomcast_load::verify::cli::Args),
    /// Print completions for a shell
    Completions(completions::Args),
}

/// The program: reads the command line, does what it says, and turns what went wrong into two lines and an exit code.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command.unwrap_or(Command::Serve(cli.serve)) {
        Command::Serve(args) => serve::run(args),
        Command::Config(args) => config::run(args),
        Command::Healthcheck(args) => healthcheck::run(&args),
        Command::Token(args) => token::run(args),
        Command::Backup(args) => backup::run(args),
        Command::Restore(args) => restore::run(args),
        Command::Export(args) => export::run(args),
        Command::Import(args) => import::run(args),
        Command::Move(args) => moving::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Completions(args) => completions::run(&args, Cli::command()),
    };
    done.map_or_else(|failure| failure.report(), |()| Exit::Ok).into()
}

/// Writes data to stdout. A reader that has gone away (`| head`) is not a failure.
fn print(text: &str) -> Result<(), Failure> {
    use std::io::{ErrorKind, Write, stdout};
    match stdout().write_all(text.as_bytes()).and_then(|()| stdout().flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::new(
            Exit::Runtime,
            format!("cannot write to stdout: {error}"),
            "check where the output goes to",
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn serve_is_what_happens_without_a_command() {
        let bare = Cli::try_parse_from(["roomcast", "--listen", "127.0.0.1:1"]).unwrap();
        assert!(bare.command.is_none());
        let named = Cli::try_parse_from(["roomcast", "serve", "--listen", "127.0.0.1:1"]).unwrap();
        assert!(matches!(named.command, Some(Command::Serve(_))));
        assert!(Cli::try_parse_from(["roomcast", "--listen", "here"]).is_err());
    }
}
