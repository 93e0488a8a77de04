//! `roomcast verify`: the command line, for the program that offers it.

use super::{VerifyError, VerifyPlan, run};
use crate::{
    history::{HistoryError, Tolerance, Verdict, judge},
    progress::Line,
};
use std::{
    fs::File,
    hash::{BuildHasher, RandomState},
    io::{BufReader, Write, stderr},
    path::PathBuf,
    time::Duration,
};

/// Verify what a server promises: publish, read, cut off, come back, and judge what was seen.
///
/// Exit code: 0 every promise was kept, 1 not so, 2 there is no verdict.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// The server; several times for the nodes of one. It may die and come back while the run lasts
    #[arg(long, value_name = "URL", required_unless_present = "history")]
    pub against: Vec<String>,
    /// Keep the history here, a line of JSON an event; without --against: judge the one that is here
    #[arg(long, value_name = "FILE")]
    pub history: Option<PathBuf>,
    /// Clients who publish
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub publishers: u32,
    /// Clients who read every room
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub readers: u32,
    /// Rooms, of which the first gets half of the messages
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub rooms: u32,
    /// Messages per second and publisher; the server's own limit is 10 unless it is set otherwise
    #[arg(long, value_name = "N/s", default_value = "8", value_parser = crate::cli::rate)]
    pub rate: f64,
    /// Seconds of publishing
    #[arg(long, value_name = "S", default_value = "30", value_parser = crate::cli::seconds)]
    pub duration: Duration,
    /// Seconds after which a client is cut off and comes back, on the average; 0 for never
    #[arg(long, value_name = "S", default_value = "5", value_parser = crate::cli::seconds)]
    pub reconnect_every: Duration,
    /// Seconds to wait at the end for what is not known yet, and for the server
    #[arg(long, value_name = "S", default_value = "20", value_parser = crate::cli::seconds)]
    pub patience: Duration,
    /// Throw the same dice as the run that printed this number
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// The server may lose the end of its log if it says so by a new epoch: mode `relaxed`, or restored from a backup
    #[arg(long)]
    pub relaxed: bool,
    /// Print the verdict as JSON
    #[arg(long)]
    pub json: bool,
    /// The server may be on another machine: it is yours to put under load
    #[arg(long)]
    pub i_own_this_server: bool,
}

const EXAMPLE: &str = "Example:\n  roomcast verify --against ws://127.0.0.1:3000 --history run.jsonl\n  \
                       roomcast verify --history run.jsonl     judge it again\n\
                       Kill and restart the server meanwhile: that is what it is for.";

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
pub enum NoVerdict {
    /// No run, or nothing came of it.
    #[error(transparent)]
    Run(#[from] VerifyError),
    /// A history that was kept cannot be judged.
    #[error(transparent)]
    Kept(#[from] HistoryError),
}

impl NoVerdict {
    /// What to do about it, in a line.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        match self {
            Self::Run(error) => error.help(),
            Self::Kept(_) => {
                "give --history a file that `roomcast verify --against URL --history FILE` has written"
            }
        }
    }
}

impl Args {
    /// Makes the run, with its progress on stderr; or judges the history that was kept.
    ///
    /// # Errors
    /// There is no verdict.
    pub fn run(&self) -> Result<Verdict, NoVerdict> {
        match &self.history {
            Some(path) if self.against.is_empty() => {
                let file = File::open(path).map_err(HistoryError::Read)?;
                Ok(judge(&mut BufReader::new(file), self.tolerance())?)
            }
            _ => self.run_against(),
        }
    }

    fn run_against(&self) -> Result<Verdict, NoVerdict> {
        let plan = self.plan(RandomState::new().hash_one(0) >> 32);
        writeln!(stderr(), "seed {}", plan.seed).unwrap_or_default();
        let mut line = Line::default();
        let verdict = run(&plan, &mut |progress| line.show(progress));
        line.clear();
        Ok(verdict?)
    }

    /// The plan that they describe; [`run`] checks it.
    #[must_use]
    pub fn plan(&self, seed: u64) -> VerifyPlan {
        VerifyPlan {
            against: self.against.clone(),
            publishers: self.publishers,
            readers: self.readers,
            rooms: self.rooms,
            rate: self.rate,
            duration: self.duration,
            reconnect_every: self.reconnect_every,
            patience: self.patience,
            seed: self.seed.unwrap_or(seed),
            tolerance: self.tolerance(),
            history: self.history.clone(),
            owned: self.i_own_this_server,
        }
    }

    const fn tolerance(&self) -> Tolerance {
        if self.relaxed { Tolerance::Tail } else { Tolerance::Nothing }
    }

    /// What goes to stdout.
    #[must_use]
    pub fn output(&self, verdict: &Verdict) -> String {
        if self.json { verdict.json() } else { verdict.text() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Program {
        #[command(flatten)]
        verify: Args,
    }

    fn args(args: &str) -> Result<Args, clap::Error> {
        let words = std::iter::once("verify").chain(args.split_whitespace());
        Program::try_parse_from(words).map(|program| program.verify)
    }

    #[test]
    fn the_defaults_are_those_of_the_plan() {
        let plan = args("--against ws://127.0.0.1:3000").unwrap().plan(0);
        assert_eq!(plan, VerifyPlan::default());
    }

    #[test]
    fn every_option_reaches_the_plan() {
        let text = "--against ws://a:1 --against ws://b:2 --history h --publishers 1 --readers 2 --rooms 3 --rate 4/s \
                    --duration 5 --reconnect-every 0.5 --patience 6 --seed 7 --relaxed --i-own-this-server";
        let expected = VerifyPlan {
            against: vec!["ws://a:1".into(), "ws://b:2".into()],
            publishers: 1,
            readers: 2,
            rooms: 3,
            rate: 4.0,
            duration: Duration::from_secs(5),
            reconnect_every: Duration::from_millis(500),
            patience: Duration::from_secs(6),
            seed: 7,
            tolerance: Tolerance::Tail,
            history: Some("h".into()),
            owned: true,
        };
        assert_eq!(args(text).unwrap().plan(0), expected);
    }

    #[test]
    fn without_a_server_and_a_history_there_is_nothing_to_do() {
        assert_eq!(args("").unwrap_err().exit_code(), 2);
        assert!(args("--history h").unwrap().against.is_empty());
    }
}
