//! Where a Roomcast server keeps its messages. Each store implements [`roomcast::store::Store`] and passes
//! [`roomcast::testing::store::conforms`]. Only this crate knows SQL.

pub mod sqlite;
pub mod transfer;

pub use sqlite::{OpenError, Options, Sqlite};
