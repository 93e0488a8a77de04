//! The server as a whole: what it binds, the threads it runs on, and how they end.

mod error;
mod files;
mod listeners;
mod running;
mod store;

pub use error::{ServerError, What};

pub(crate) use error::store_texts;

use crate::{auth::Tokens, config::Config, lifecycle::Stop, listener};
use roomcast::{clock::SystemClock, store::Durability};
use running::Running;
use std::{
    fmt,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    thread,
};
use store::Opened;

/// A server that has everything it needs and takes connections as soon as it runs.
pub struct Server {
    config: Config,
    chat: Vec<TcpListener>,
    chat_address: SocketAddr,
    admin: TcpListener,
    admin_address: SocketAddr,
    opened: Opened,
    tokens: Option<Tokens>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("chat", &self.chat_address)
            .field("admin", &self.admin_address)
            .finish_non_exhaustive()
    }
}

impl Server {
    /// Gets hold of addresses and data.
    ///
    /// # Errors
    /// When one of them cannot be had.
    pub fn bind(mut config: Config) -> Result<Self, ServerError> {
        let tokens = Tokens::open(&config, Arc::new(SystemClock))?;
        let (chat, chat_address) = bind(What::Chat, config.server.listen, n_shards(&config))?;
        let (mut admin, admin_address) = bind(What::Admin, config.metrics.listen, 1)?;
        let opened = store::open(&config)?;
        config.limits.connections = files::make_room(config.limits.connections, chat.len());
        Ok(Self { config, chat, chat_address, admin: admin.remove(0), admin_address, opened, tokens })
    }

    /// Where people connect; with port 0 in the configuration, the port that it became.
    pub fn chat_address(&self) -> SocketAddr {
        self.chat_address
    }

    /// Where health and metrics are.
    pub fn admin_address(&self) -> SocketAddr {
        self.admin_address
    }

    /// Whether the data began just now.
    pub fn data_is_new(&self) -> bool {
        self.opened.is_new
    }

    /// What an acknowledgement means.
    pub fn durability(&self) -> Durability {
        self.opened.store.durability()
    }

    /// Serves until told to stop. `ready` is called once connections are taken.
    ///
    /// # Errors
    /// When it cannot start, a part of it ends by itself, or the store does not end as it should.
    pub fn run(self, stop: Stop, ready: impl FnOnce()) -> Result<(), ServerError> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build_local(Default::default());
        runtime?.block_on(async {
            let mut running = Running::start(self, stop)?;
            ready();
            running.until_told().await;
            running.end().await
        })
    }
}

fn bind(what: What, address: SocketAddr, n: usize) -> Result<(Vec<TcpListener>, SocketAddr), ServerError> {
    let failed = |source| ServerError::Bind { what, address, source };
    let sockets = listener::bind(address, n).map_err(failed)?;
    let bound = sockets.first().map_or(Ok(address), TcpListener::local_addr).map_err(failed)?;
    Ok((sockets, bound))
}

fn n_shards(config: &Config) -> usize {
    match config.server.shards {
        0 => thread::available_parallelism().map_or(1, usize::from),
        n => n.into(),
    }
}
