//! `cargo xtask faults`: the fault matrix of `docs/reliability.md` at its full size, one scenario after the other, with
//! what was measured and the seed with which to repeat it.

use std::process::ExitCode;
use std::time::SystemTime;

use crate::ci::with_binary;
use crate::run::{command, counted};
use crate::{report, setup};

/// Runs the scenarios whose names contain a word.
pub(crate) fn run(word: &str) -> ExitCode {
    // A scenario that cannot run without what is missing says so itself.
    report("setup", setup::run());
    let seed = seed();
    println!("FAULTS_SEED={seed} repeats this run");
    if !counted(command("cargo build --locked -p roomcast-server")).0 {
        return ExitCode::FAILURE;
    }
    let line = format!("cargo test --locked -p e2e -- --test-threads=1 --nocapture {word}");
    let mut tests = with_binary(&line);
    tests.env("FAULTS", "full").env("FAULTS_SEED", &seed);
    let (passed, counts) = counted(tests);
    println!("{} passed, {} failed", counts.passed, counts.failed);
    ExitCode::from(u8::from(!passed))
}

/// The one that was given, or one of the time of day.
fn seed() -> String {
    let now = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |now| now.as_millis());
    std::env::var("FAULTS_SEED").unwrap_or_else(|_| (now % 1_000_000_007).to_string())
}
