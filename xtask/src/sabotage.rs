//! `cargo xtask sabotage`: breaks one promise of the server at a time, on purpose and in a copy of the checkout, and
//! sees whether `roomcast verify` notices while the server is killed and started again. A check that has never failed
//! proves nothing.

pub(crate) mod patches;
mod copy;
mod dice;
mod power;
mod server;
mod trial;

use std::path::PathBuf;
use std::process::ExitCode;

use crate::root;
use copy::Copy;
use trial::{Outcome, Trial};

/// Runs in which a sabotage must be noticed.
const RUNS: u32 = 20;
/// The sabotage that only a power loss shows.
const NEEDS_POWER_LOSS: &str = "normal-called-full";

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Which ones; all where none is named.
    names: Vec<String>,
    runs: u32,
    /// The source of the shim that forgets what was not synced.
    power_loss: Option<PathBuf>,
}

impl Asked {
    /// Reads `[NAME…] [--runs N] [--power-loss SHIM]`.
    pub(crate) fn read(words: &[&str]) -> Option<Self> {
        let mut asked = Self { names: Vec::new(), runs: RUNS, power_loss: None };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "--runs" => asked.runs = words.next()?.parse().ok().filter(|runs| *runs > 0)?,
                "--power-loss" => asked.power_loss = Some(root().join(words.next()?)),
                flag if flag.starts_with('-') => return None,
                name => asked.names.push(name.to_owned()),
            }
        }
        Some(asked)
    }

    fn wants(&self, name: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|asked| asked == name)
    }
}

/// Tries each; the exit code is 1 where one is not noticed, or where the server without any is not found good.
pub(crate) fn run(asked: &Asked) -> ExitCode {
    match try_all(asked) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("sabotage: {why}");
            ExitCode::FAILURE
        }
    }
}

fn try_all(asked: &Asked) -> Result<bool, String> {
    let names = patches::names();
    if let Some(unknown) = asked.names.iter().find(|name| !names.contains(name)) {
        return Err(format!("there is no {unknown}; there are {}", names.join(", ")));
    }
    let copy = Copy::make()?;
    let good = copy.build(None)?;
    let shim = asked.power_loss.as_deref().map(|source| power::compile(source, &copy)).transpose()?;
    let trial = Trial { verifier: &good, server: &good, shim: shim.as_deref(), directory: copy.directory() };
    let outcome = trial.run(1)?;
    println!("none: {outcome}");
    let mut as_it_must = matches!(outcome, Outcome::Kept { .. });
    for name in names.iter().filter(|name| asked.wants(name)) {
        if name == NEEDS_POWER_LOSS && shim.is_none() {
            println!("{name}: not tried, it needs --power-loss SHIM");
            continue;
        }
        let server = copy.build(Some(name))?;
        let shim = shim.as_deref().filter(|_| name == NEEDS_POWER_LOSS);
        let outcome = Trial { server: &server, shim, ..trial }.run(asked.runs)?;
        println!("{name}: {outcome}");
        as_it_must &= matches!(outcome, Outcome::Broken { .. });
    }
    Ok(as_it_must)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_and_nonsense_is_not() {
        let asked = Asked::read(&["a", "--runs", "3", "--power-loss", "shim.c"]).unwrap();
        let power_loss = Some(root().join("shim.c"));
        assert_eq!(asked, Asked { names: vec!["a".into()], runs: 3, power_loss });
        assert!(asked.wants("a") && !asked.wants("b"));
        assert!(Asked::read(&[]).unwrap().wants("b"));
        for bad in [&["--runs"][..], &["--runs", "0"], &["--runs", "x"], &["--faster"], &["--power-loss"]] {
            assert_eq!(Asked::read(bad), None, "{bad:?}");
        }
    }
}
