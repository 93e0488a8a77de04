//! What happens between the first connection and the first message.

use super::{
    Address, Waiting,
    error::OpenError,
    migrations::{self, failed},
    origin::{self, Origin},
    question::Question,
    reader,
    session::{self, Session},
    using::{self, Use},
    writer::Writer,
};
use crate::{batch::Batch, queue::Queue};
use roomcast::store::Epoch;
use sqlx::{Connection as _, PgConnection};
use std::sync::Arc;

/// What there is to know of a store that was opened.
pub(super) struct Started {
    pub(super) epoch: Epoch,
    /// The tables were made just now.
    pub(super) is_new: bool,
    pub(super) questions: Arc<Queue<Waiting<Question>>>,
}

/// Everything that may fail at the start, on the writer's thread, and the start of the reading ones.
pub(super) fn start(
    address: Address,
    batches: Arc<Queue<Waiting<Batch>>>,
) -> Result<(Writer, Started), OpenError> {
    let runtime = session::runtime()?;
    let Opened { connection, origin, is_new } = runtime.block_on(open(&address, Use::Shared))?;
    let readers = reader::start(&address, &origin)?;
    let (epoch, questions) = (origin.epoch.clone(), Arc::clone(&readers.questions));
    let session = Session::new(address, origin, Some(connection));
    Ok((Writer::new(runtime, session, batches, readers), Started { epoch, is_new, questions }))
}

/// A database that is ready.
pub(super) struct Opened {
    pub(super) connection: PgConnection,
    pub(super) origin: Origin,
    is_new: bool,
}

/// Connects, refuses a database that cannot keep a promise or that another one has, brings the tables to the newest
/// version and finds out whose log they hold.
pub(super) async fn open(address: &Address, how: Use) -> Result<Opened, OpenError> {
    let mut connection = session::connect_first(address).await?;
    check(&mut connection, address).await?;
    begin(&mut connection, address, how).await?;
    let (origin, is_new) = prepare(&mut connection, address).await?;
    Ok(Opened { connection, origin, is_new })
}

async fn check(connection: &mut PgConnection, address: &Address) -> Result<(), OpenError> {
    check_kind(connection, address).await?;
    match origin::not_durable(connection).await.map_err(|error| failed(address, &error))? {
        Some(setting) => Err(OpenError::NotDurable { address: address.clone(), setting }),
        None => Ok(()),
    }
}

/// What matters to one who only reads, too.
pub(super) async fn check_kind(connection: &mut PgConnection, address: &Address) -> Result<(), OpenError> {
    let failed = |error| failed(address, &error);
    let sql = "SELECT pg_is_in_recovery(), current_setting('server_encoding')";
    let (standby, encoding): (bool, String) =
        sqlx::query_as(sql).fetch_one(&mut *connection).await.map_err(failed)?;
    let address = address.clone();
    if standby {
        return Err(OpenError::Standby { address });
    }
    if encoding != "UTF8" {
        return Err(OpenError::Encoding { address, found: encoding });
    }
    Ok(())
}

async fn begin(connection: &mut PgConnection, address: &Address, how: Use) -> Result<(), OpenError> {
    let begun = using::begin(connection, how).await.map_err(|error| failed(address, &error))?;
    let address = address.clone();
    match how {
        _ if begun => Ok(()),
        Use::Shared => Err(OpenError::Taken { address }),
        Use::Alone => Err(OpenError::InUse { address }),
    }
}

/// One transaction, under the lock of those who begin.
async fn prepare(connection: &mut PgConnection, address: &Address) -> Result<(Origin, bool), OpenError> {
    let failed = |error| failed(address, &error);
    let mut transaction = connection.begin().await.map_err(failed)?;
    migrations::lock(&mut transaction).await.map_err(failed)?;
    let version = migrations::version(&mut transaction, address).await?;
    migrations::run(&mut transaction, version).await.map_err(failed)?;
    let origin = origin::settle(&mut transaction).await.map_err(failed)?;
    transaction.commit().await.map_err(failed)?;
    Ok((origin, version == 0))
}
