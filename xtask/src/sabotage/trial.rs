//! Runs of `roomcast verify` against a server that is killed meanwhile.

use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{dice, server::Server};

/// How long is published, and how long a whole run may take.
const DURATION: Duration = Duration::from_secs(12);
const LIMIT: Duration = Duration::from_secs(180);
/// The server lives at least and at most so long.
const LIVES: (Duration, Duration) = (Duration::from_millis(300), Duration::from_millis(1500));
/// Enough to keep the writer busy, so that a kill is likely to come at a bad moment.
const LOAD: &[&str] =
    &["--publishers", "24", "--readers", "6", "--rooms", "3", "--rate", "100", "--reconnect-every", "2"];
/// What the verifier's exit codes mean.
const KEPT: i32 = 0;
const BROKEN: i32 = 1;

/// What is tried.
#[derive(Clone, Copy)]
pub(super) struct Trial<'a> {
    pub(super) verifier: &'a Path,
    pub(super) server: &'a Path,
    /// The power is cut with each kill.
    pub(super) shim: Option<&'a Path>,
    pub(super) directory: &'a Path,
}

/// What came of it.
pub(super) enum Outcome {
    Kept { runs: u32 },
    Broken { run: u32, kills: u32, checks: String },
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kept { runs } => write!(f, "every promise was kept in {runs} runs"),
            Self::Broken { run, kills, checks } => {
                write!(f, "noticed in run {run} by {checks}, {kills} kills in all")
            }
        }
    }
}

impl Trial<'_> {
    /// Runs until a promise is broken, and at most so often.
    pub(super) fn run(&self, runs: u32) -> Result<Outcome, String> {
        let mut kills = 0;
        for run in 1..=runs {
            let (code, killed) = self.once()?;
            kills += killed;
            match code {
                Some(KEPT) => {}
                Some(BROKEN) => return Ok(Outcome::Broken { run, kills, checks: broken(&self.said()) }),
                _ => return Err(format!("no verdict: {}", self.said())),
            }
        }
        Ok(Outcome::Kept { runs })
    }

    /// One run: the verifier's exit code, and how often the server was killed.
    fn once(&self) -> Result<(Option<i32>, u32), String> {
        let mut server = Server::start(self.server, &self.directory.join("run"), self.shim)?;
        let begun = Instant::now();
        let mut verifier = self.verify(&server.url())?;
        let mut kills = 0;
        while begun.elapsed() < DURATION {
            sleep(dice::between(LIVES.0, LIVES.1));
            server.kill()?;
            server.again()?;
            kills += 1;
        }
        let status = finish(&mut verifier, begun + LIMIT);
        Ok((status.map_err(|error| format!("the verifier is lost: {error}"))?.code(), kills))
    }

    fn verify(&self, url: &str) -> Result<Child, String> {
        let cannot = |error| format!("the verifier cannot be started: {error}");
        let said = File::create(self.verdict()).map_err(cannot)?;
        let mut verify = Command::new(self.verifier);
        verify.args(["verify", "--against", url, "--duration", &DURATION.as_secs().to_string()]).args(LOAD);
        verify.current_dir(self.directory).stdin(Stdio::null());
        verify.stderr(said.try_clone().map_err(cannot)?).stdout(said);
        verify.spawn().map_err(cannot)
    }

    /// Where the last verdict is.
    fn verdict(&self) -> PathBuf {
        self.directory.join("verdict")
    }

    fn said(&self) -> String {
        fs::read_to_string(self.verdict()).unwrap_or_default()
    }
}

/// Waits for it; where it takes too long, it is killed.
fn finish(child: &mut Child, until: Instant) -> std::io::Result<ExitStatus> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if Instant::now() > until {
            child.kill()?;
        }
        sleep(Duration::from_millis(50));
    }
}

/// The checks that are red in a verdict.
fn broken(text: &str) -> String {
    let red = text.lines().filter_map(|line| line.strip_prefix("BAD ")?.split(' ').next());
    red.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn red_checks_are_read_from_the_text() {
        assert_eq!(
            broken("1 message\nok  C1  kept\nBAD C2  each\n        hall: BAD\nBAD C10 all\n"),
            "C2, C10"
        );
    }
}
