//! `roomcast config`: check, write or show the configuration.

use super::{Exit, Failure, print};
use crate::{
    auth::Tokens,
    config::{Sources, show, template},
    server::ServerError,
};
use roomcast::clock::SystemClock;
use std::{fs::OpenOptions, io::Write, path::PathBuf, sync::Arc};

/// Check, write or show the configuration.
#[derive(Debug, clap::Args)]
#[command(
    disable_help_subcommand = true,
    after_help = "Example:\n  roomcast config check --config /etc/roomcast/roomcast.toml"
)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Find every mistake in the file, the environment and the keys for tokens: exit code 0 or 78
    #[command(after_help = "Example:\n  roomcast config check --config /etc/roomcast/roomcast.toml")]
    Check {
        /// The configuration file [default: ./roomcast.toml, if it is there]
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Write a file with every key, its default and what it does
    #[command(after_help = "Example:\n  roomcast config init && $EDITOR roomcast.toml")]
    Init {
        /// The file to write; one that exists is left alone
        #[arg(long, value_name = "FILE", default_value = "roomcast.toml")]
        config: PathBuf,
    },
    /// Print what is in force: flag, variable, file and default merged
    #[command(after_help = "Example:\n  ROOMCAST_LIMITS__PER_IP=5 roomcast config show --origin")]
    Show {
        /// The configuration file [default: ./roomcast.toml, if it is there]
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// Print where each value came from, too
        #[arg(long)]
        origin: bool,
    },
}

/// Does it.
pub(super) fn run(args: Args) -> Result<(), Failure> {
    match args.command {
        Command::Check { config } => check(config),
        Command::Init { config } => init(&config),
        Command::Show { config, origin } => {
            print(&show(&Sources::of_process(config, Vec::new()).load()?, origin))
        }
    }
}

fn check(config: Option<PathBuf>) -> Result<(), Failure> {
    let loaded = Sources::of_process(config, Vec::new()).load()?;
    Tokens::open(&loaded.config, Arc::new(SystemClock)).map_err(ServerError::from)?;
    match &loaded.file {
        Some(path) => anstream::eprintln!("{}: no mistakes", path.display()),
        None => anstream::eprintln!("no configuration file: the defaults are in force"),
    }
    Ok(())
}

fn init(path: &PathBuf) -> Result<(), Failure> {
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(template().as_bytes())).map_err(|error| {
        let help = match error.kind() {
            std::io::ErrorKind::AlreadyExists => "remove it first, or write another with --config FILE",
            _ => "check the path and its permissions, or write another with --config FILE",
        };
        Failure::new(Exit::Runtime, format!("cannot write {}: {error}", path.display()), help)
    })?;
    anstream::eprintln!("wrote {}", path.display());
    Ok(())
}
