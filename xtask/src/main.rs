//! `cargo xtask ci | autobahn | faults | fuzz | sabotage | sbom | setup | supply | tidy`: everything a contributor or a CI machine runs, in
//! one place and in Rust, so that it runs the same everywhere.

mod run;
mod setup;
mod tidy;
mod sabotage;
mod ci;
mod autobahn;
mod faults;
mod fuzz;
mod supply;
mod sbom;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use sabotage::Asked;

const USAGE: &str = "\
usage: cargo xtask <command>

  ci      everything that must hold: setup, format, lints, tidy, docs, every test, autobahn
  autobahn
          Autobahn's cases for WebSockets, none failed and none passed but not strictly
  faults  the fault matrix at its full size, or the scenarios whose names contain a word: `faults f16`
  fuzz [TARGET] [--seconds N]
          libFuzzer on the nine targets of fuzz/, or on one; a minute each unless N says otherwise
  sbom    what the server is made of, as CycloneDX 1.5, on stdout
  supply  bans, licences, sources and advisories of dependencies, with cargo-deny where it is; `supply install` builds it
  setup   install what the tests need (Debian, as root); does nothing where it is there
  tidy    the project's own rules: file heads and sizes, dependencies, links, tables
  sabotage [NAME…] [--runs N]
          break a promise on purpose, in a copy, and see whether `roomcast verify` notices: e2e/sabotage
";

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["ci"] => ci::run(),
        ["autobahn"] => autobahn::run(),
        ["faults"] => faults::run("faults::"),
        ["faults", word] => faults::run(word),
        ["fuzz", ref words @ ..] if let Some(asked) = fuzz::Asked::read(words) => fuzz::run(&asked),
        ["sbom"] => report("sbom", sbom::run()),
        ["supply"] => report("supply", supply::run()),
        ["supply", "install"] => report("supply", supply::install()),
        ["setup"] => report("setup", setup::run()),
        ["tidy"] => report("tidy", tidy::run()),
        ["sabotage", ref words @ ..] if let Some(asked) = Asked::read(words) => sabotage::run(&asked),
        _ => {
            eprint!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

/// Prints what is wrong, a line each, and makes an exit code of it.
fn report(name: &str, result: Result<(), Vec<String>>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(complaints) => {
            complaints.iter().for_each(|complaint| eprintln!("{name}: {complaint}"));
            ExitCode::FAILURE
        }
    }
}

/// The checkout, wherever the command was called from.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the checkout")
}

/// Where cargo puts what it builds.
fn target() -> PathBuf {
    root().join(std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".into()))
}
