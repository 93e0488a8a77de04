//! The load generator and the verifier against the real server, and against one that breaks its promises.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod fake;
mod real;
mod sabotage;
mod schema;
mod server;
mod verify;

use roomcast_load::{Plan, Report, run};
use std::time::Duration;

/// A run without a word.
fn report(plan: &Plan) -> Report {
    run(plan, &mut |_| {}).unwrap()
}

/// A second against this server.
fn short(url: String) -> Plan {
    let duration = Duration::from_secs(1);
    Plan { url, warmup: Duration::from_millis(200), duration, ..Plan::default() }
}
