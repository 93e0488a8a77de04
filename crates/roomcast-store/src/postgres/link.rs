//! The connection of somebody who moves messages. Nobody waits for him, so what he asks may take its time; but nobody
//! waits for ever.

use super::{
    Address,
    error::{Failure, OpenError},
    opening,
    session::{self, CLOSE_LIMIT},
    using::{self, Use},
};
use crate::transfer::TransferError;
use sqlx::{Executor as _, PgConnection};
use std::{convert::identity, time::Duration};
use tokio::{runtime::Runtime, time::timeout};

/// How long one statement may take: those here take milliseconds.
const STATEMENT_LIMIT: Duration = Duration::from_secs(300);

/// A connection and the thread that it blocks, which must not be in a runtime.
pub(super) struct Link {
    connection: PgConnection,
    runtime: Runtime,
    address: Address,
}

impl Link {
    /// Only connects.
    pub(super) fn connect(address: &Address) -> Result<Self, OpenError> {
        let runtime = session::runtime()?;
        let connection = runtime.block_on(session::connect_first(address))?;
        Ok(Self { connection, runtime, address: address.clone() })
    }

    /// Opens a database as a server does, but alone.
    pub(super) fn open_alone(address: &Address) -> Result<Self, OpenError> {
        let runtime = session::runtime()?;
        let opened = runtime.block_on(opening::open(address, Use::Alone))?;
        Ok(Self { connection: opened.connection, runtime, address: address.clone() })
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// Lifts the limits of connections that others wait for. Those that a version does not have are not asked for.
    pub(super) fn take_time(&mut self) -> Result<(), TransferError> {
        let sql = "SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN ('statement_timeout',
                       'transaction_timeout', 'idle_session_timeout', 'idle_in_transaction_session_timeout')";
        self.run(async |connection| Ok(connection.execute(sql).await.map(drop)?))
    }

    /// Has something done, within the limit.
    pub(super) fn block<T>(&mut self, work: impl AsyncFnOnce(&mut PgConnection) -> T) -> Result<T, Failure> {
        let work = work(&mut self.connection);
        self.runtime.block_on(async { timeout(STATEMENT_LIMIT, work).await }).map_err(|_| Failure::TimedOut)
    }

    /// The same for what happens when a database is opened.
    pub(super) fn open<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, OpenError>,
    ) -> Result<T, TransferError> {
        let outcome = self.block(work).map_err(|failure| self.failed(&failure))?;
        Ok(outcome?)
    }

    /// The same for everything else.
    pub(super) fn run<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, Failure>,
    ) -> Result<T, TransferError> {
        self.block(work).and_then(identity).map_err(|failure| self.failed(&failure))
    }

    pub(super) fn failed(&self, failure: &Failure) -> TransferError {
        TransferError::Database { address: self.address.clone(), reason: failure.to_string() }
    }

    /// Ends a transaction that only read, so that PostgreSQL has nothing to complain of.
    pub(super) fn end_reading(&mut self) {
        let rollback = self.connection.execute("ROLLBACK");
        // A server that is gone needs no goodbye.
        drop(self.runtime.block_on(async { timeout(CLOSE_LIMIT, rollback).await }));
    }
}

/// Keeps everybody else out of a database for as long as this lives: servers, and others who move messages.
pub struct Hold(Link);

impl Hold {
    /// Begins. It blocks the thread, which must not be in a runtime.
    ///
    /// # Errors
    /// [`OpenError::InUse`] where somebody is there; the others where the database cannot be reached.
    pub fn take(address: &Address) -> Result<Self, TransferError> {
        let mut link = Link::connect(address)?;
        let begun = link.run(async |connection| Ok(using::begin(connection, Use::Alone).await?))?;
        if !begun {
            return Err(OpenError::InUse { address: address.clone() }.into());
        }
        link.take_time()?;
        Ok(Self(link))
    }

    /// Ends, and makes sure that nobody was there until now.
    ///
    /// # Errors
    /// Where the connection was lost meanwhile, so that somebody may have been.
    pub fn release(mut self) -> Result<(), TransferError> {
        let held = self.0.block(async |connection| using::end(connection).await.unwrap_or(false));
        if held.unwrap_or(false) { Ok(()) } else { Err(TransferError::Unheld { address: self.0.address }) }
    }
}
