//! WebSockets with topics, for any axum program.
//!
//! A message's trip through this crate, which is also the order to read it in:
//!
//! ```text
//!  socket ─▶ reader ─▶ Handler ──publish──▶ hub ─▶ inbox of each shard ─▶ topic's batch ─▶ one write per member
//!            (strict   (yours)              (one    (one wake a turn)     (all of a turn)   (else its outbox)
//!             frames)                        order)
//! ```
//!
//! Connections live on *shards*: threads with a current-thread runtime each, so that a connection's state needs no
//! lock. A shard works in *turns*: it reads every socket that has something, hears what was published, and then
//! writes what each topic got in that turn to every member with one system call. That call is what fan-out costs:
//! the kernel charges the same for 60 bytes as for 8 kB, so gathering is what pays.
//!
//! Most programs need three names: [`Upgrade`] in a route, a [`Hub`] in the state, and a [`Socket`] per connection.
//! Programs that must not spend a task per connection implement [`Handler`].
//!
//! ```no_run
#![doc = include_str!("../../../examples/topics.rs")]
//! ```

pub mod upgrade;
pub mod frame;
pub mod reader;
mod connection;
mod outbox;
mod batch;
mod topics;
mod signal;
mod inbox;
pub mod hub;
mod shard;
mod turn;
mod heartbeat;
pub mod close;
pub mod handler;
pub mod socket;
pub mod testing;

pub use close::{Close, Closed};
pub use handler::{Context, Handler, Message};
pub use hub::{Congested, Hub, Lane, Options, Personal, Publish, Remote, Topic};
pub use socket::{Channel, Socket};
pub use upgrade::{Handover, Refused, Response, Upgrade};
