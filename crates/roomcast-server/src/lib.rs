//! The Roomcast server: everything between the command line and the chat.
//!
//! ```text
//!  cli ─▶ config ─▶ server ─┬─▶ shard threads: listener ─▶ http (pages, REST, upgrade) ─▶ the chat
//!                           └─▶ main thread:   admin listener, signals
//! ```

pub mod cli;
pub mod config;
pub mod auth;
pub mod telemetry;
pub mod banner;
pub mod server;
pub mod lifecycle;
pub mod listener;
pub mod http;
pub mod assets;
pub mod metrics;
