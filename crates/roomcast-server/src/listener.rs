//! The way in: sockets, how many may come, and HTTP on each of them until it is answered or upgraded.
//!
//! Every shard has a listening socket of its own on the same port (`SO_REUSEPORT`), so the kernel spreads connections
//! and none ever moves to another thread.

mod bind;
mod caps;
mod accept;
mod backoff;
mod held;
mod connection;
mod refuse;

pub(crate) use accept::MOST_REFUSALS;
pub use accept::{Front, serve};
pub use bind::bind;
pub use caps::{Caps, Counts, Refused, Ticket};
