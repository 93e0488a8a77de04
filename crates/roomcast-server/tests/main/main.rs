//! The real binary, from the outside.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;
mod client;
mod cli;
mod config;
mod serving;
mod limits;
mod stopping;
mod sockets;
mod rest;
mod postgres;
mod bounds;
mod start;
mod unit;
mod container;
mod retention;
mod backup;
mod lines;
mod moving;
