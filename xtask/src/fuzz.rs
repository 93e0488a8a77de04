//! `cargo xtask fuzz`: libFuzzer on each target of `fuzz/`, one after the other. The stable compiler is enough: our crates have
//! no `unsafe` that a sanitizer would be needed for, and the compiler's own pass counts branches.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::run::{command, counted};
use crate::{report, root, target};

/// Seconds for each target, unless it is said otherwise.
const SECONDS: u32 = 60;
/// Seconds beyond its time after which a fuzzer is stopped that does not end by itself.
const GRACE: u32 = 120;
/// Seconds that one input may take.
const INPUT: u32 = 30;
/// Where Linux keeps files in memory: a target that needs a file for each input is ten times as fast there.
const MEMORY: &str = "/dev/shm";
/// Lines that are shown of the log of a target that failed.
const LAST_LINES: usize = 30;

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Which target; all where none is named.
    name: Option<String>,
    seconds: u32,
}

impl Asked {
    /// Reads `[TARGET] [--seconds N]`.
    pub(crate) fn read(words: &[&str]) -> Option<Self> {
        let mut asked = Self { name: None, seconds: SECONDS };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "--seconds" => {
                    asked.seconds = words.next()?.parse().ok().filter(|seconds| *seconds > 0)?;
                }
                name if !name.starts_with('-') && asked.name.is_none() => asked.name = Some(name.to_owned()),
                _ => return None,
            }
        }
        Some(asked)
    }
}

/// The exit code is 1 where an input was found that a target does not bear, or where there is no fuzzer.
pub(crate) fn run(asked: &Asked) -> ExitCode {
    report("fuzz", try_all(asked))
}

fn try_all(asked: &Asked) -> Result<(), Vec<String>> {
    let targets = targets();
    let wanted = |name: &&String| asked.name.as_ref().is_none_or(|wanted| wanted == *name);
    let wanted: Vec<_> = targets.iter().filter(wanted).collect();
    if wanted.is_empty() {
        return Err(vec![format!("there is no such target; there are {}", targets.join(", "))]);
    }
    if !counted(build()).0 {
        return Err(vec!["the fuzzer does not build; it needs a C++ compiler".into()]);
    }
    let complaints: Vec<_> = wanted.iter().filter_map(|name| fuzz(name, asked.seconds).err()).collect();
    println!("{} passed, {} failed", wanted.len() - complaints.len(), complaints.len());
    if complaints.is_empty() { Ok(()) } else { Err(complaints) }
}

/// The folders of the corpus, which a test of `fuzz` holds against its targets.
fn targets() -> Vec<String> {
    let folders = fs::read_dir(root().join("fuzz/corpus")).into_iter().flatten().flatten();
    let mut names: Vec<_> = folders.map(|folder| folder.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Only the workspace's crates are compiled afresh.
fn build() -> Command {
    let mut build = command("cargo build --locked -p fuzz --features libfuzzer");
    build.env("RUSTC_WORKSPACE_WRAPPER", root().join("fuzz/rustc.sh"));
    build
}

/// One target, which goes on from what it found before. Its log, what it finds, and the input that it fails at are kept.
fn fuzz(name: &str, seconds: u32) -> Result<(), String> {
    let kept = target().join("fuzz").join(name);
    let cannot = |error| format!("{}: {error}", kept.display());
    fs::create_dir_all(kept.join("found")).map_err(cannot)?;
    let log = kept.join("log");
    let output = fs::File::create(&log).map_err(cannot)?;
    let mut fuzzer = fuzzer(name, seconds, &kept);
    fuzzer.stdout(output.try_clone().map_err(cannot)?).stderr(output);
    let passed = fuzzer.status().map_err(cannot)?.success();
    let told = fs::read(&log).map_err(cannot)?;
    let told = String::from_utf8_lossy(&told);
    if passed {
        let inputs = told.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
        println!("{name}: {} inputs in {seconds} s", inputs.unwrap_or("an unknown number of").trim());
        return Ok(());
    }
    let lines: Vec<_> = told.lines().collect();
    println!("{name}: failed\n{}", lines[lines.len().saturating_sub(LAST_LINES)..].join("\n"));
    let (log, kept) = (log.display(), kept.display());
    Err(format!(
        "{name} fails: see {log}; move the input ({kept}/crash-…) to fuzz/corpus/{name}, under a name that says what it is"
    ))
}

fn fuzzer(name: &str, seconds: u32, kept: &Path) -> Command {
    let binary: PathBuf = target().join("debug/fuzz");
    let mut fuzzer = command(&format!("timeout --kill-after=10 {}", seconds + GRACE));
    fuzzer.arg(binary).env("FUZZ_TARGET", name).arg(kept.join("found")).arg(format!("fuzz/corpus/{name}"));
    fuzzer.arg(format!("-max_total_time={seconds}")).arg(format!("-timeout={INPUT}"));
    fuzzer
        .arg(format!("-artifact_prefix={}/", kept.display()))
        .args(["-print_final_stats=1", "-len_control=0"]);
    if Path::new(MEMORY).is_dir() {
        fuzzer.env("TMPDIR", MEMORY);
    }
    fuzzer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_and_nonsense_is_not() {
        let asked = |name: Option<&str>, seconds| Some(Asked { name: name.map(str::to_owned), seconds });
        assert_eq!(Asked::read(&[]), asked(None, SECONDS));
        assert_eq!(Asked::read(&["name", "--seconds", "5"]), asked(Some("name"), 5));
        for bad in [&["--seconds"][..], &["--seconds", "0"], &["a", "b"], &["--faster"]] {
            assert_eq!(Asked::read(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn there_are_nine_targets() {
        assert_eq!(targets().len(), 9);
    }
}
