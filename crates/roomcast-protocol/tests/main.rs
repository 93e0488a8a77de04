//! Tests of the protocol from outside, in one binary.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

mod contract;
mod decoding;
mod frames;
mod names;
mod texts;
