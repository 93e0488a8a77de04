//! Where the data is, for commands that work on it without a server.

use super::{Exit, Failure};
use crate::config::{Flag, Sources, StoreUrl};
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

impl Data {
    /// The directory.
    pub(super) fn dir(self) -> Result<PathBuf, Failure> {
        let given = self.data_dir.is_some();
        let flag = |value| Flag { name: "--data-dir", key: "server.data_dir", value };
        let flags = self.data_dir.map(flag).into_iter().collect();
        let config = Sources::of_process(self.config, flags).load()?.config;
        match config.store.url {
            StoreUrl::Memory if !given => Err(Failure::new(
                Exit::Config,
                "the configuration keeps messages in memory: there is nothing on the disk",
                "set store.url, or say where the data is with --data-dir DIR",
            )),
            _ => Ok(config.server.data_dir),
        }
    }
}
