//! `cargo xtask autobahn`: Autobahn's cases for WebSockets (sections 1 to 7, 9 and 10), which others wrote, against
//! `examples/echo.rs`, that is against the reader, the turn and the close of every connection. Sections 12 and 13 are about
//! compression, which is not offered.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};

use crate::run::{command, counted, works};
use crate::{report, target};

/// As many as there are in these sections: fewer were not all of them.
const CASES: usize = 301;
/// Seconds; on an idle machine it takes five.
const PATIENCE: u32 = 180;
/// Whatever a server does in these, Autobahn only notes it.
const INFORMATIONAL: &[&str] = &["7.1.6", "7.13.1", "7.13.2"];

pub(crate) fn run() -> ExitCode {
    match try_all() {
        Ok(complaints) => {
            let failed = complaints.len();
            println!("{} passed, {failed} failed", CASES.saturating_sub(failed));
            report("autobahn", if failed == 0 { Ok(()) } else { Err(complaints) })
        }
        Err(why) => report("autobahn", Err(vec![why])),
    }
}

/// What each case complains of that is not passed strictly.
fn try_all() -> Result<Vec<String>, String> {
    let runner = installed()?;
    if !counted(command("cargo build --locked -p roomcast-socket --example echo")).0 {
        return Err("the echo does not build".into());
    }
    let echo = Echo::start()?;
    let reports = target().join("autobahn");
    let _ = fs::remove_dir_all(&reports);
    let mut run = command(&format!("timeout --kill-after=10 {PATIENCE}"));
    run.arg(&runner).arg(format!("ws://{}/echo", echo.address));
    run.args("-p 4 -x 12.* -x 13.* -o".split(' ')).arg(&reports);
    // Its exit code says less than its report, which tells what is not strict as well.
    counted(run);
    let index = fs::read_to_string(reports.join("index.json"));
    let index = index.map_err(|error| format!("no report was written within {PATIENCE} s: {error}"))?;
    judged(&index)
}

/// The runner, in an environment of its own below `target`.
fn installed() -> Result<PathBuf, String> {
    let environment = target().join("kosoku-0.1.0");
    let runner = environment.join("bin/kosoku");
    if works(&format!("{} --help", runner.display())) {
        return Ok(runner);
    }
    let environment = environment.display();
    counted(command(&format!("python3 -m venv --clear {environment}")));
    let pip = format!("{environment}/bin/pip install --quiet --disable-pip-version-check");
    if counted(command(&format!("{pip} --requirement e2e/autobahn/requirements.txt"))).0 {
        Ok(runner)
    } else {
        Err("kosoku cannot be installed; it needs python3-venv, PyPI, and Linux on x86_64 or aarch64".into())
    }
}

/// The server under test; it ends with this.
struct Echo {
    child: Child,
    address: String,
}

impl Echo {
    fn start() -> Result<Self, String> {
        let cannot = |error| format!("the echo cannot be started: {error}");
        let mut command = Command::new(target().join("debug/examples/echo"));
        command.arg("127.0.0.1:0").stdin(Stdio::null()).stdout(Stdio::piped());
        let mut echo = Self { child: command.spawn().map_err(cannot)?, address: String::new() };
        let output = echo.child.stdout.take().into_iter().map(BufReader::new);
        let said = output.flat_map(BufRead::lines).next();
        echo.address = said.transpose().map_err(cannot)?.ok_or("the echo does not say where it listens")?;
        Ok(echo)
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Complaints of a report: about each case that is not passed, or passed but not strictly, and about cases that are missing.
fn judged(index: &str) -> Result<Vec<String>, String> {
    let (mut case, mut n_cases, mut complaints) = ("", 0, Vec::new());
    for (name, value) in index.lines().filter_map(|line| line.trim().split_once(": ")) {
        let (name, value) = (name.trim_matches('"'), value.trim_matches([',', '"']));
        match name {
            "behavior" | "behaviorClose" if !is_strict(case, value) => {
                complaints.push(format!("case {case}: {name} is {value}"));
            }
            _ if value == "{" && name.starts_with(|c: char| c.is_ascii_digit()) && !name.contains(':') => {
                (case, n_cases) = (name, n_cases + 1);
            }
            _ => {}
        }
    }
    if n_cases == CASES { Ok(complaints) } else { Err(format!("{n_cases} cases were run, not {CASES}")) }
}

fn is_strict(case: &str, verdict: &str) -> bool {
    verdict == "OK" || verdict == "INFORMATIONAL" && INFORMATIONAL.contains(&case)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A report in which each case has this verdict, and the last another.
    fn index(cases: usize, last: &str) -> String {
        let verdict = |n| if n == cases { last } else { "OK" };
        let case = |n| {
            format!(
                "      \"1.1.{n}\": {{\n         \"behavior\": \"{}\",\n         \"behaviorClose\": \"OK\",\n      }},\n",
                verdict(n)
            )
        };
        format!("{{\n   \"127.0.0.1:9001\": {{\n{}   }}\n}}", (1..=cases).map(case).collect::<String>())
    }

    #[test]
    fn what_is_not_strict_is_told_with_its_case() {
        assert_eq!(judged(&index(CASES, "OK")), Ok(vec![]));
        for bad in ["NON-STRICT", "FAILED", "UNCLEAN", "INFORMATIONAL"] {
            assert_eq!(judged(&index(CASES, bad)), Ok(vec![format!("case 1.1.301: behavior is {bad}")]));
        }
        assert!(is_strict("7.13.1", "INFORMATIONAL"));
    }

    #[test]
    fn a_run_that_was_not_whole_is_none() {
        assert!(judged(&index(CASES - 1, "OK")).is_err());
        assert!(judged("").is_err());
    }
}
