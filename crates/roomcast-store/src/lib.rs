//! Where a Roomcast server keeps its messages. Each store implements [`roomcast::store::Store`] and passes
//! [`roomcast::testing::store::conforms`]. Only this crate knows SQL.
//!
//! Both stores have one shape: a writer thread behind a bounded queue, which commits what arrived during the last
//! commit, and a few reading threads behind another.

mod queue;
mod batch;
mod cache;
mod readers;
pub mod sqlite;
pub mod postgres;
pub mod transfer;

pub use postgres::Postgres;
pub use sqlite::{OpenError, Options, Sqlite};

/// Messages, and bytes of them, that wait for the writer: a second's work, or half of it. Beyond, a batch is answered
/// with [`AppendError::Overloaded`](roomcast::store::AppendError::Overloaded); one that is larger by itself always is.
pub const WRITER_QUEUE: usize = 16_384;
/// The bytes of [`WRITER_QUEUE`].
pub const WRITER_QUEUE_BYTES: usize = 64 << 20;
/// Questions that wait for the reading threads. Beyond, the answer is
/// [`StoreError::Overloaded`](roomcast::store::StoreError::Overloaded).
pub const READER_QUEUE: usize = 1024;
