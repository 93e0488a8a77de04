//! What strangers can send, and whoever fuzzes it: nine targets. Each takes any bytes, gives them to the product's own code and
//! panics where something does not hold that must hold whatever they are.
//!
//! `cargo xtask fuzz` lets libFuzzer loose on them; `cargo test -p fuzz` runs what lies in `corpus`, a folder for each target.

mod frame;
mod json;
mod name;
mod token;
mod chat;
mod resume;
mod bus;
mod config;
mod proxy;
mod merge;

/// A target's name, which is its folder in `corpus` as well, and what takes the bytes.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 9] = [
    ("frame", frame::fuzz),
    ("json", json::fuzz),
    ("name", name::fuzz),
    ("token", token::fuzz),
    ("resume", resume::fuzz),
    ("bus", bus::fuzz),
    ("config", config::fuzz),
    ("proxy", proxy::fuzz),
    ("merge", merge::fuzz),
];
