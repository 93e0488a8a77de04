//! What breaks a server: crashes at a chosen system call, disks that fail or forget, clocks that jump.
//!
//! A fault that this machine cannot make is a test that did not run: [`skipped`] says so where nobody can miss it.

pub mod dice;
pub mod strace;
pub mod power;
pub mod clock;
pub mod disk;
pub mod memory;

use std::io::Write;

/// Whether the scenarios run at their full size (`cargo xtask faults`), and not at that of `cargo test`.
pub fn is_full() -> bool {
    std::env::var_os("FAULTS").is_some_and(|size| size == "full")
}

/// A size: the first in `cargo test`, the second in `cargo xtask faults`.
pub fn size<T>(slice: T, full: T) -> T {
    if is_full() { full } else { slice }
}

/// Says what was found. The test runner shows it where it was asked to (`--nocapture`), as `cargo xtask faults` does.
pub fn measured(scenario: &str, what: &str) {
    println!("measured {scenario}: {what}");
}

/// Says that a scenario did not run. Past the test runner, which would keep it to itself.
pub fn skipped(scenario: &str, why: &str) {
    let said = writeln!(std::io::stderr(), "SKIPPED {scenario}: {why}");
    said.expect("standard error can be written to");
}
