//! A witness for Roomcast: starts the real binary and talks to it over real sockets.
//!
//! Nothing here links the server's crates. What the tests know, they know from `docs/protocol.md`, so that a
//! mistake the server's own types make is not made here a second time.
//!
//! [`Server`] is the process, [`Client`] a well-behaved WebSocket client, [`Raw`] one that may misbehave,
//! [`http`] the smallest HTTP client that can see everything, [`program`] the command line run to its end.
//! [`fault`] makes things break, and [`load`] is the people to whom it happens.

#![expect(clippy::panic, reason = "a witness who is not satisfied fails the test")]

pub mod program;
pub mod server;
pub mod client;
pub mod raw;
pub mod wire;
pub mod http;
pub mod stream;
pub mod limits;
pub mod token;
pub mod guarded;
pub mod https;
pub mod fault;
pub mod load;

pub use client::Client;
pub use guarded::Guarded;
pub use raw::Raw;
pub use server::Server;
