//! `roomcast bench`: the command line of a run, for the program that offers it.

use crate::{LoadError, Pace, Plan, Report, plan::MAX_RATE, progress::Line, run};
use clap::builder::RangedU64ValueParser;
use std::time::Duration;

/// Put a server under load, check every delivery, and tell what it cost.
///
/// Exit code: 0 everyone got everything once and in order, 1 not so (or the run could not be made), 2 usage.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// The server; on this machine, unless --i-own-this-server
    #[arg(long, value_name = "URL", default_value = "ws://127.0.0.1:3000")]
    pub url: String,
    /// Rooms
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = at_least_one())]
    pub rooms: u32,
    /// Members per room
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = at_least_one())]
    pub members: u32,
    /// Members per room who publish [default: all]
    #[arg(long, value_name = "N", value_parser = at_least_one())]
    pub publishers: Option<u32>,
    /// Messages per second over all rooms together: 50 or 50/s; 0 to be idle
    #[arg(long, value_name = "N/s", default_value = "50", value_parser = rate, conflicts_with = "saturate")]
    pub rate: f64,
    /// Publish as fast as the server delivers
    #[arg(long)]
    pub saturate: bool,
    /// Messages under way at a time over all rooms together
    #[arg(long, value_name = "N", default_value_t = 32, requires = "saturate", value_parser = at_least_one())]
    pub window: u32,
    /// Bytes of a message, 9 to 4,000
    #[arg(long, value_name = "BYTES", default_value_t = 64)]
    pub size: usize,
    /// Connections besides the members that never read
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub slow: u32,
    /// Connections per second besides the members that come, and go a second later
    #[arg(long, value_name = "N/s", default_value = "0", value_parser = rate)]
    pub churn: f64,
    /// Connect everyone at once
    #[arg(long)]
    pub storm: bool,
    /// Seconds before the measured part
    #[arg(long, value_name = "S", default_value = "1", value_parser = seconds)]
    pub warmup: Duration,
    /// Seconds that are measured
    #[arg(long, value_name = "S", default_value = "5", value_parser = seconds)]
    pub duration: Duration,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
    /// The server's process on this machine: tells its CPU time and memory, too
    #[arg(long, value_name = "PID")]
    pub server_pid: Option<u32>,
    /// A name for this run in the report
    #[arg(long, value_name = "NAME")]
    pub label: Option<String>,
    /// The server may be on another machine: it is yours to put under load
    #[arg(long)]
    pub i_own_this_server: bool,
}

const EXAMPLE: &str = "Example:\n  roomcast bench --rooms 1 --members 1000 --rate 50/s\n  \
                       roomcast bench --members 1000 --saturate --window 512 --server-pid $(pidof roomcast)\n\
                       A server's own limits count: start it with ROOMCAST_LIMITS__MESSAGES=1000000/1s \
                       ROOMCAST_LIMITS__CONNECTIONS=100000.";

impl Args {
    /// The plan that they describe; [`run`] checks it.
    #[must_use]
    pub fn plan(&self) -> Plan {
        Plan {
            url: self.url.clone(),
            rooms: self.rooms,
            members: self.members,
            publishers: self.publishers,
            pace: if self.saturate { Pace::Window(self.window) } else { Pace::Rate(self.rate) },
            size: self.size,
            slow: self.slow,
            churn: self.churn,
            storm: self.storm,
            warmup: self.warmup,
            duration: self.duration,
            server_pid: self.server_pid,
            owned: self.i_own_this_server,
            label: self.label.clone(),
            ..Plan::default()
        }
    }

    /// Makes the run, with its progress on stderr.
    ///
    /// # Errors
    /// As [`run`].
    pub fn run(&self) -> Result<Report, LoadError> {
        let mut line = Line::default();
        let report = run(&self.plan(), &mut |progress| line.show(&progress.line()));
        line.clear();
        report
    }

    /// What goes to stdout.
    #[must_use]
    pub fn output(&self, report: &Report) -> String {
        if self.json { report.json() } else { report.text() }
    }
}

fn at_least_one() -> RangedU64ValueParser<u32> {
    RangedU64ValueParser::new().range(1..)
}

/// `50` or `50/s`.
pub(crate) fn rate(text: &str) -> Result<f64, String> {
    let rate = text.strip_suffix("/s").unwrap_or(text).parse();
    rate.ok()
        .filter(|rate| (0.0..=MAX_RATE).contains(rate))
        .ok_or_else(|| format!("write 50 or 50/s, 0 to {MAX_RATE}"))
}

/// `1` or `0.5`.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.strip_suffix('s').unwrap_or(text).parse();
    let seconds = seconds.ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.ok_or_else(|| "write seconds, such as 5 or 0.5".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Program {
        #[command(flatten)]
        bench: Args,
    }

    fn plan(args: &str) -> Result<Plan, clap::Error> {
        let words = std::iter::once("bench").chain(args.split_whitespace());
        Program::try_parse_from(words).map(|program| program.bench.plan())
    }

    #[test]
    fn the_defaults_are_those_of_the_plan() {
        assert_eq!(plan("").unwrap(), Plan::default());
    }

    #[test]
    fn every_option_reaches_the_plan() {
        let args = "--url ws://[::1]:1 --rooms 2 --members 3 --publishers 1 --saturate --window 5 --size 70 --slow 7 \
                    --churn 8/s --storm --warmup 0.5 --duration 9 --server-pid 10 --label x --i-own-this-server";
        let expected = Plan {
            url: "ws://[::1]:1".into(),
            rooms: 2,
            members: 3,
            publishers: Some(1),
            pace: Pace::Window(5),
            size: 70,
            slow: 7,
            churn: 8.0,
            storm: true,
            warmup: Duration::from_millis(500),
            duration: Duration::from_secs(9),
            server_pid: Some(10),
            owned: true,
            label: Some("x".into()),
            ..Plan::default()
        };
        assert_eq!(plan(args).unwrap(), expected);
        assert_eq!(plan("--rate 7.5/s").unwrap().pace, Pace::Rate(7.5));
    }

    #[test]
    fn contradictions_and_nonsense_are_refused() {
        for args in
            ["--rate 5 --saturate", "--window 5", "--rooms 0", "--rate -1", "--rate x", "--duration soon"]
        {
            assert_eq!(plan(args).unwrap_err().exit_code(), 2, "{args}");
        }
    }
}
