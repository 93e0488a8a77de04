//! Judges what a server promised by what its clients saw: the checks C1 to C10 over a recorded history.
//!
//! ```text
//!  clients ──▶ Event ──▶ Checker::take ──▶ … ──▶ Checker::finish ──▶ Verdict ──▶ text, JSON
//!                └─────▶ a file of JSON lines ──▶ judge ──────────────────┘
//! ```
//!
//! [`crate::verify`] records a history of a running server; [`judge`] reads one that was kept. The checker itself is a
//! pure function of the events: no socket, no clock. It takes them one by one and keeps of each message its number, a
//! hash and whoever claimed what of it.

mod event;
mod hash;
mod checker;
mod findings;
mod verdict;
mod file;

pub use checker::{Checker, Malformed, Tolerance};
pub use event::{Event, Position, Source, Via};
pub use file::{HistoryError, judge};
pub use findings::{Check, Finding, MAX_FINDINGS};
pub use hash::Hash;
pub use verdict::{Checked, Counts, RoomEpochs, SCHEMA, VERSION, Verdict};
