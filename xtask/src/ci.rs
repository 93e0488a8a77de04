//! `cargo xtask ci`: step for step what must hold. A step that fails does not stop the others, so that one run
//! tells everything.

use std::process::{Command, ExitCode};
use std::time::Instant;

use crate::run::{Counts, command, counted};
use crate::{setup, supply, target, tidy};

/// What a run has found so far.
#[derive(Default)]
struct Run {
    counts: Counts,
    failures: Vec<String>,
}

pub(crate) fn run() -> ExitCode {
    let mut run = Run::default();
    run.own("setup", setup::run);
    run.own("tidy", tidy::run);
    run.own("supply", supply::run);
    run.step("format", command("cargo fmt --all --check"));
    run.step("lints", command("cargo clippy --locked --workspace --all-targets -- -D warnings"));
    // The binary first: the tests of other packages start it.
    run.step("build", command("cargo build --locked -p roomcast-server"));
    run.step("tests", command("cargo test --locked --workspace --exclude e2e --no-fail-fast"));
    // Most of these wait for a clock, not for a core, so more of them run at a time than there are cores.
    run.step("end to end", with_binary("cargo test --locked -p e2e -- --test-threads=6"));
    run.step("page", with_binary("sh e2e/page/run.sh"));
    run.step("autobahn", ourselves("autobahn"));
    // Short, so that a change waits for minutes only; what was found once is in the corpus, which the tests have run.
    run.step("fuzz", ourselves("fuzz --seconds 10"));
    run.step("docs", docs());
    run.verdict()
}

/// A command that starts the server that was built above.
pub(crate) fn with_binary(line: &str) -> Command {
    let mut command = command(line);
    command.env("ROOMCAST_BIN", target().join("debug/roomcast"));
    command
}

/// Another of our commands, as a program that counts what it ran.
fn ourselves(words: &str) -> Command {
    command(&format!("cargo xtask {words}"))
}

/// Libraries only: the binary `roomcast` and the library `roomcast` would be written to the same place.
fn docs() -> Command {
    let mut command = command("cargo doc --locked --workspace --no-deps --lib");
    command.env("RUSTDOCFLAGS", "-D warnings");
    command
}

impl Run {
    /// A step that is a program.
    fn step(&mut self, name: &str, command: Command) {
        println!("\n== {name}");
        let start = Instant::now();
        let (succeeded, counts) = counted(command);
        println!("-- {name}: {} s", start.elapsed().as_secs());
        self.counts.add(counts);
        if !succeeded {
            self.failed(name, counts);
        }
    }

    /// A step of our own.
    fn own(&mut self, name: &str, step: impl FnOnce() -> Result<(), Vec<String>>) {
        println!("\n== {name}");
        if let Err(complaints) = step() {
            complaints.iter().for_each(|complaint| println!("{complaint}"));
            self.failed(name, Counts::default());
        }
    }

    /// A failure that no test counted is one, so that the last line never says `0 failed` of a failed run.
    fn failed(&mut self, name: &str, counts: Counts) {
        self.failures.push(name.to_owned());
        if counts.failed == 0 {
            self.counts.failed += 1;
        }
    }

    fn verdict(&self) -> ExitCode {
        println!();
        if !self.failures.is_empty() {
            println!("failed: {}", self.failures.join(", "));
        }
        println!("{} passed, {} failed", self.counts.passed, self.counts.failed);
        ExitCode::from(u8::from(!self.failures.is_empty()))
    }
}
