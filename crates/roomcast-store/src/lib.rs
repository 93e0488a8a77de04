//! Where a Roomcast server keeps its messages. Each store implements [`roomcast::store::Store`] and passes
//! [`roomcast::testing::store::conforms`]. Only this crate knows SQL.

mod batch;
mod queue;
pub mod sqlite;
pub mod postgres;

pub use postgres::Postgres;
pub use sqlite::{OpenError, Options, Sqlite};
