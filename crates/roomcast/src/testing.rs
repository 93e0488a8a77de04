//! Suites that every implementation of a seam runs.

pub mod bus;
pub mod store;

use crate::{
    merge::Merge,
    store::{Change, Event, Position, Record},
};

/// What follows a place in a log up to another, as far as a run of its messages and one of its changes tell, in the log's
/// order: the merge behind every catching up, for the fuzz targets.
#[must_use]
pub fn merged(from: Position, upto: Position, messages: &[Record], changes: &[Change]) -> Vec<Event> {
    Merge::new(from, upto, messages, changes).into_events()
}
