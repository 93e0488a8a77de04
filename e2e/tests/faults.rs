//! The fault matrix (`docs/reliability.md`): one file for each kind of trouble. The sizes are those of `cargo test`,
//! or the full ones where `cargo xtask faults` runs them.

mod kill;
mod crash_points;
mod drain;
mod power;
mod disk;
mod damage;
mod slow;
mod time;
mod exhaustion;
mod herd;
mod storm;

use std::time::{Duration, Instant};

use e2e::load::People;
use e2e::{Client, Server, fault};
use serde_json::json;

/// Nobody here is held up by the limit of messages a second.
const NO_LIMIT: (&str, &str) = ("ROOMCAST_LIMITS__MESSAGES", "100000/1s");
/// How long a server may take to serve again.
const BACK_WITHIN: Duration = Duration::from_secs(2);

/// Twenty who write and three who read.
fn people() -> People {
    People::new(20, 3, 100)
}

/// Starts it again; it must be ready in time where nothing else uses the machine.
async fn serve_again(server: &mut Server) -> Duration {
    let start = Instant::now();
    server.restart().await;
    let took = start.elapsed();
    assert!(!fault::is_full() || took < BACK_WITHIN, "serving again after {took:?}");
    took
}

/// The server takes and delivers a message.
async fn assert_works(server: &Server) {
    Client::chat(server, "works", "somebody").await.say("it works").await;
}

/// Whether the scenario can make its faults here; said aloud where not.
fn can_trace(scenario: &str) -> bool {
    let possible = fault::strace::is_possible();
    if !possible {
        fault::skipped(
            scenario,
            "strace is missing, or this user may not trace (cargo xtask setup installs it)",
        );
    }
    possible
}

/// Asks the connection to take one more message, and gives the answer.
async fn say(client: &mut Client, nonce: &str) -> serde_json::Value {
    client.ask(json!({"type": "message", "content": nonce, "nonce": nonce})).await
}
