//! A connection to the database that comes back by itself.

use super::{
    Address,
    error::{Failure, OpenError},
    origin::{self, Origin},
    using::{self, Use},
};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, postgres::PgConnectOptions};
use std::{
    io,
    time::{Duration, Instant},
};
use tokio::{
    runtime::{Builder, Runtime},
    time::timeout,
};

/// How long making a connection may take. Past this, a packet was lost more than once.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);
/// How long nobody tries again after it failed: a flood of messages shall not become one of connections.
const PAUSE: Duration = Duration::from_millis(250);
/// A connection that was idle for so long is tried out before it is used, so that a restart of PostgreSQL in a quiet
/// hour costs nobody a message.
const IDLE: Duration = Duration::from_secs(1);
/// How long a connection is waited for that says goodbye.
pub(super) const CLOSE_LIMIT: Duration = Duration::from_secs(1);

/// A runtime for one thread and its connection.
pub(super) fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// What every connection is set to, whatever the server, the database or the user have as their defaults.
fn settings(address: &Address) -> PgConnectOptions {
    let options = address.options().application_name("roomcast").options([
        ("synchronous_commit", "on"),
        // Each statement of append_batch must see what was committed before it.
        ("default_transaction_isolation", "read committed"),
        // Less than any message may wait, so that the server gives up before we do and says so.
        ("statement_timeout", "3s"),
        ("idle_in_transaction_session_timeout", "10s"),
        ("search_path", "roomcast"),
        // Every question here goes through an index. The planner does not know that yet while the tables are young,
        // and would keep for hours the plans that it made for empty ones.
        ("enable_seqscan", "off"),
        ("enable_hashjoin", "off"),
        ("enable_mergejoin", "off"),
        ("jit", "off"),
    ]);
    options.disable_statement_logging()
}

/// A connection, whatever database it leads to.
pub(super) async fn connect(address: &Address) -> Result<PgConnection, Failure> {
    let settings = settings(address);
    let connecting = PgConnection::connect_with(&settings);
    // Boxed: the future is large, and there are few of them.
    Ok(timeout(CONNECT_LIMIT, Box::pin(connecting)).await.map_err(|_| Failure::TimedOut)??)
}

/// The same, at the start.
pub(super) async fn connect_first(address: &Address) -> Result<PgConnection, OpenError> {
    connect(address)
        .await
        .map_err(|error| OpenError::Unreachable { address: address.clone(), reason: error.to_string() })
}

/// A connection to the log that the store was opened with. Where it breaks, the next one who needs it makes a new one.
pub(super) struct Session {
    address: Address,
    origin: Origin,
    connection: Option<PgConnection>,
    used_at: Instant,
    pause_until: Instant,
}

impl Session {
    pub(super) fn new(address: Address, origin: Origin, connection: Option<PgConnection>) -> Self {
        let now = Instant::now();
        Self { address, origin, connection, used_at: now, pause_until: now }
    }

    /// The connection. After a failure of what is done with it, call [`Session::hang_up`]: nobody knows in what state
    /// it is.
    pub(super) async fn ready(&mut self) -> Result<&mut PgConnection, Failure> {
        self.try_out().await;
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        self.used_at = Instant::now();
        Ok(self.connection.insert(connection))
    }

    /// Whether there is a connection, which may be broken.
    pub(super) fn is_connected(&self) -> bool {
        self.connection.is_some()
    }

    async fn try_out(&mut self) {
        if self.used_at.elapsed() < IDLE {
            return;
        }
        if let Some(connection) = &mut self.connection
            && connection.ping().await.is_err()
        {
            self.connection = None;
        }
    }

    async fn connect(&mut self) -> Result<PgConnection, Failure> {
        let now = Instant::now();
        if now < self.pause_until {
            return Err(Failure::Paused);
        }
        self.pause_until = now + CONNECT_LIMIT;
        let connection = self.connect_to_origin().await;
        self.pause_until = if connection.is_ok() { now } else { Instant::now() + PAUSE };
        connection
    }

    async fn connect_to_origin(&self) -> Result<PgConnection, Failure> {
        let mut connection = connect(&self.address).await?;
        if !using::begin(&mut connection, Use::Shared).await? {
            return Err(Failure::Taken);
        }
        if let Some(setting) = origin::not_durable(&mut connection).await? {
            return Err(Failure::NotDurable(setting));
        }
        if origin::read(&mut connection).await? == self.origin {
            Ok(connection)
        } else {
            Err(Failure::OtherLog)
        }
    }

    /// Drops the connection, whatever happens on it.
    pub(super) fn hang_up(&mut self) {
        self.connection = None;
    }

    /// Says goodbye.
    pub(super) async fn close(mut self) {
        if let Some(connection) = self.connection.take() {
            // A server that is gone needs no goodbye.
            let _ = timeout(CLOSE_LIMIT, connection.close()).await;
        }
    }
}
