//! Suites that every implementation of a seam runs.

pub mod bus;
pub mod store;
