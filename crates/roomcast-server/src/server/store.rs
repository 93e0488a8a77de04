//! The store that the configuration asks for.

use super::ServerError;
use crate::config::{Config, Durability, StoreUrl};
use roomcast::store::{self, Store, memory::Memory};
use roomcast_store::{
    postgres::{Address, Postgres},
    sqlite::{Options, Sqlite},
};
use std::sync::Arc;

/// A store, and whether it began empty.
pub(super) struct Opened {
    pub(super) store: Arc<dyn Store>,
    pub(super) is_new: bool,
}

/// Opens it. It answers from here on, on threads of its own.
pub(super) fn open(config: &Config) -> Result<Opened, ServerError> {
    match &config.store.url {
        StoreUrl::Memory => Ok(Opened { store: Arc::new(Memory::default()), is_new: true }),
        StoreUrl::Sqlite => sqlite(config),
        StoreUrl::Postgres(address) => postgres(address.clone()),
    }
}

fn postgres(address: Address) -> Result<Opened, ServerError> {
    let store = Postgres::open(address)?;
    let is_new = store.is_new();
    Ok(Opened { store: Arc::new(store), is_new })
}

fn sqlite(config: &Config) -> Result<Opened, ServerError> {
    let durability = match config.store.durability {
        Durability::Full => store::Durability::Full,
        Durability::Relaxed => store::Durability::Relaxed,
    };
    let is_new = !config.server.data_dir.join("roomcast.db").exists();
    let store = Sqlite::open(&config.server.data_dir, Options { durability })?;
    Ok(Opened { store: Arc::new(store), is_new })
}
