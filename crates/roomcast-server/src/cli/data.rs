//! Where the data is, for commands that work on it without a server.

use super::{Exit, Failure, place::Place};
use crate::config::{Config, Flag, Sources, StoreUrl};
use std::path::PathBuf;

/// The data directory, as the server finds it.
#[derive(Debug, clap::Args)]
pub(super) struct Data {
    /// Where the data lives [default: as for the server]
    #[arg(long, value_name = "DIR", value_parser = super::serve::of("server.data_dir"))]
    data_dir: Option<String>,
    /// The configuration file [default: ./roomcast.toml, if it is there]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// The store, as the server finds it.
#[derive(Debug, clap::Args)]
pub(super) struct Kept {
    /// Where messages are kept: sqlite, postgres://USER@HOST/DB [default: as for the server]
    #[arg(long, value_name = "STORE", value_parser = super::secret::STORE)]
    store: Option<String>,
    #[command(flatten)]
    data: Data,
}

impl Kept {
    /// The store. Where only a directory was named, that is it, whatever the configuration says.
    pub(super) fn place(self) -> Result<Place, Failure> {
        let only_dir = self.store.is_none() && self.data.data_dir.is_some();
        let config = self.data.load(self.store)?;
        match config.store.url {
            StoreUrl::Postgres(address) if !only_dir => Ok(Place::Postgres(address)),
            StoreUrl::Memory if !only_dir => Err(in_memory()),
            _ => Ok(Place::Sqlite(config.server.data_dir)),
        }
    }
}

impl Data {
    /// The directory, for what only a database in a file can do.
    pub(super) fn dir(self) -> Result<PathBuf, Failure> {
        let given = self.data_dir.is_some();
        let config = self.load(None)?;
        match config.store.url {
            StoreUrl::Memory if !given => Err(in_memory()),
            StoreUrl::Postgres(address) if !given => Err(Failure::new(
                Exit::Config,
                format!("the configuration keeps messages in {address}, not in a file"),
                "back that up with pg_dump, or say where a file is with --data-dir DIR",
            )),
            _ => Ok(config.server.data_dir),
        }
    }

    fn load(self, store: Option<String>) -> Result<Config, Failure> {
        let given = [("--data-dir", "server.data_dir", self.data_dir), ("--store", "store.url", store)];
        let flag = |(name, key, value)| Some(Flag { name, key, value: value? });
        let flags = given.into_iter().filter_map(flag).collect();
        Ok(Sources::of_process(self.config, flags).load()?.config)
    }
}

fn in_memory() -> Failure {
    Failure::new(
        Exit::Config,
        "the configuration keeps messages in memory: there is nothing on the disk",
        "set store.url, or say where the data is with --data-dir DIR",
    )
}
