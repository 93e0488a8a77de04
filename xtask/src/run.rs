//! Running a command and counting the tests that its output speaks of.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::root;

/// How many tests passed and failed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Counts {
    /// Adds what a line of output says: cargo's `test result: ok. 3 passed; 0 failed; …`, or a whole line
    /// `3 passed, 0 failed`, as the page's tests end and as we end.
    fn read(&mut self, line: &str) {
        if let Some((_, counts)) = line.split_once("test result: ") {
            self.passed += number_before(counts, " passed");
            self.failed += number_before(counts, " failed");
        }
        if let [passed, "passed,", failed, "failed"] = line.split(' ').collect::<Vec<_>>()[..] {
            self.passed += passed.parse().unwrap_or(0);
            self.failed += failed.parse().unwrap_or(0);
        }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

fn number_before(text: &str, word: &str) -> u64 {
    let before = text.split_once(word).and_then(|(before, _)| before.rsplit(' ').next());
    before.and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// A command in the checkout. Cargo is the one that started us: another may be another version.
pub(crate) fn command(line: &str) -> Command {
    let mut words = line.split_whitespace();
    let program = words.next().unwrap_or_default();
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let mut command = Command::new(if program == "cargo" { &cargo } else { program });
    command.args(words).current_dir(root()).stdin(Stdio::null());
    command
}

/// Runs it with its output going through to ours; whether it succeeded, and what it counted.
pub(crate) fn counted(mut command: Command) -> (bool, Counts) {
    let mut counts = Counts::default();
    let Ok(mut child) = command.stdout(Stdio::piped()).spawn() else {
        eprintln!("cannot start {:?}", command.get_program());
        return (false, counts);
    };
    let output = child.stdout.take().into_iter().map(BufReader::new);
    for line in output.flat_map(|output| output.split(b'\n').map_while(Result::ok)) {
        let line = String::from_utf8_lossy(&line);
        counts.read(&line);
        println!("{line}");
    }
    (child.wait().is_ok_and(|status| status.success()), counts)
}

/// Whether the command can be started and succeeds; its output is nobody's business.
pub(crate) fn works(line: &str) -> bool {
    silent(command(line))
}

/// The same of a command that is not one line.
pub(crate) fn silent(mut command: Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts_of(lines: &[&str]) -> Counts {
        let mut counts = Counts::default();
        lines.iter().for_each(|line| counts.read(line));
        counts
    }

    #[test]
    fn cargo_and_the_page_count_alike() {
        let cargo = "test result: FAILED. 12 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out";
        let page = ["sdk: 9 passed, 0 failed", "5 passed, 1 failed"];
        assert_eq!(counts_of(&[cargo]), Counts { passed: 12, failed: 2 });
        assert_eq!(counts_of(&page), Counts { passed: 5, failed: 1 });
        assert_eq!(counts_of(&["test a_pass ... ok", "the test result: none"]), Counts::default());
    }
}
