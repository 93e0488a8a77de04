//! The real binary over real sockets. One file for each part of `docs/protocol.md`; each test is named after
//! what it proves, starts a server of its own and is bounded in time.

#![cfg(test)]

mod simple_client;
mod example;
mod presence;
mod rooms;
mod resume;
mod history;
mod nonces;
mod changes;
mod names;
mod bad_input;
mod bad_frames;
mod handshake;
mod limits;
mod rest;
mod contract;
mod admin;
mod crowd;
mod churn;
mod half_open;
mod verify;
mod shutdown;
mod startup;
mod tokens;
mod token_grants;
mod token_life;
mod token_keys;
mod token_command;
mod forged;
mod faults;
