//! Chat rooms: who is in them, what was said, in which order. The core of the Roomcast server, to be embedded in any
//! axum program (`examples/embed.rs`).
//!
//! One message's trip, which is also the order to read this crate in:
//!
//! ```text
//!  browser ─ frame ─▶ session ─▶ command/message ─▶ append ─▶ store ─▶ bus ─▶ room ─▶ the hub's topic ─▶ browsers
//!                     whose?     may they?          a turn's  commit,  wake   next seq?   one write per
//!                                                   batch     seq      nodes  encode once member and turn
//! ```
//!
//! Data goes one way round. Nothing reaches a reader except from the bus, the sender's own node included; nothing
//! reaches the bus before it is committed; nothing is acknowledged before that either.

pub mod chat;
mod session;
mod access;
mod command;
mod join;
mod catch_up;
mod pages;
mod merge;
mod append;
pub mod store;
pub mod bus;
mod room;
mod rooms;
mod presence;
mod history;
mod answers;
mod encode;
pub mod auth;
pub mod limits;
pub mod clock;
pub mod testing;

pub use answers::{ANSWERS_AT_ONCE, ANSWERS_BYTES};
pub use auth::{Identity, User};
pub use chat::{Chat, Entry, Options, Post, Refusal, RoomInfo, Stats};
pub use roomcast_protocol as protocol;
pub use roomcast_socket as socket;
pub use session::Session;
