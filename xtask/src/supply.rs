//! `cargo xtask supply`: what others wrote and we build in. cargo-deny compares it with `deny.toml`; what could not be
//! checked here is said, and is no failure: not every machine has the tool, or reaches the database of advisories.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{command, counted, silent};

/// Building it takes five minutes of two cores, so it is done on request only.
const INSTALL: &str = "install --locked cargo-deny --version 0.20.2";

/// Longest times, in seconds.
const INSTALL_S: u32 = 1800;
const FETCH_S: u32 = 120;
const CHECK_S: u32 = 60;

const ALL: &str = "bans licenses sources advisories";

/// The platforms of `deny.toml`: cargo-deny reads the crates of all of them.
const PLATFORMS: &str = "--target x86_64-unknown-linux-gnu --target aarch64-unknown-linux-gnu";

/// Builds cargo-deny into a directory outside of the checkout, where later runs find it.
pub(crate) fn install() -> Result<(), Vec<String>> {
    let mut cargo = bounded(INSTALL_S, &format!("cargo {INSTALL}"));
    cargo.arg("--root").arg(tools());
    let (installed, _) = counted(cargo);
    if installed { Ok(()) } else { Err(vec!["cargo-deny cannot be installed; see above".into()]) }
}

/// Everything that can be checked on this machine.
pub(crate) fn run() -> Result<(), Vec<String>> {
    let Some(deny) = find() else {
        return not_checked(ALL, "cargo-deny is not here; `cargo xtask supply install` builds it");
    };
    if !counted(bounded(FETCH_S, &format!("cargo fetch --locked {PLATFORMS}"))).0 {
        return not_checked(ALL, "`cargo fetch --locked` fails; see above");
    }
    let results = [check(&deny, "bans licenses sources"), advisories(&deny)];
    let complaints: Vec<_> = results.into_iter().filter_map(Result::err).flatten().collect();
    if complaints.is_empty() { Ok(()) } else { Err(complaints) }
}

/// Against today's database, or the one that was fetched last.
fn advisories(deny: &Path) -> Result<(), Vec<String>> {
    let fetched = silent(program(CHECK_S, deny, "fetch db"));
    if !fetched && !database_is_here() {
        return not_checked("advisories", "their database cannot be reached, and none was fetched before");
    }
    if !fetched {
        println!("no newer database of advisories can be fetched; the one that is here is used");
    }
    check(deny, "advisories")
}

/// Whether cargo-deny has fetched a database before: a clone in a directory that it names itself.
fn database_is_here() -> bool {
    let home = env::var_os("CARGO_HOME").map_or_else(|| home().join(".cargo"), PathBuf::from);
    let folders = home.join("advisory-dbs").read_dir().into_iter().flatten().flatten();
    folders.map(|entry| entry.path()).any(|path| path.join(".git").is_dir())
}

fn check(deny: &Path, what: &str) -> Result<(), Vec<String>> {
    let line = format!("--locked --offline --log-level error check --hide-inclusion-graph {what}");
    let (good, _) = counted(program(CHECK_S, deny, &line));
    if good {
        println!("checked: {what}");
        return Ok(());
    }
    Err(vec![format!("cargo-deny objects to {what}; deny.toml says what is allowed")])
}

fn not_checked(what: &str, why: &str) -> Result<(), Vec<String>> {
    println!("not checked: {what}: {why}");
    Ok(())
}

/// On the path, or where [`install`] puts it.
fn find() -> Option<PathBuf> {
    let places = [PathBuf::from("cargo-deny"), tools().join("bin/cargo-deny")];
    places.into_iter().find(|place| silent(program(CHECK_S, place, "--version")))
}

fn tools() -> PathBuf {
    let cache = env::var_os("XDG_CACHE_HOME").map_or_else(|| home().join(".cache"), PathBuf::from);
    cache.join("roomcast/tools")
}

fn home() -> PathBuf {
    env::var_os("HOME").map_or_else(PathBuf::new, PathBuf::from)
}

/// A program with an end: `timeout` ends its children too.
fn program(seconds: u32, path: &Path, line: &str) -> Command {
    let mut command = command(&format!("timeout {seconds}"));
    command.arg(path).args(line.split_whitespace());
    command
}

fn bounded(seconds: u32, line: &str) -> Command {
    let inner = command(line);
    let mut command = command(&format!("timeout {seconds}"));
    command.arg(inner.get_program()).args(inner.get_args());
    command
}
