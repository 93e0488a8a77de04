//! The runs behind the charts.

use crate::server;
use roomcast_load::{LoadError, Pace, Plan, Report, chart::By, report::Server};
use std::{fs, io, path::PathBuf, time::Duration};

/// Start servers and measure them.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to vary [default: all four]
    #[arg(value_parser = by)]
    what: Vec<By>,
    /// The server
    #[arg(long, value_name = "FILE", default_value = "target/release/roomcast")]
    server: PathBuf,
    /// Where the results go
    #[arg(long, value_name = "DIR", default_value = "docs/performance")]
    out: PathBuf,
    /// Where the servers' data goes; a folder is made there and removed
    #[arg(long, value_name = "DIR", default_value = "target/tmp")]
    data: PathBuf,
    /// Seconds of each run
    #[arg(long, value_name = "S", default_value_t = 2.0)]
    seconds: f64,
    /// Runs of each point, of which the median is kept
    #[arg(long, value_name = "N", default_value_t = 3)]
    repeat: usize,
}

fn by(text: &str) -> Result<By, String> {
    By::ALL.into_iter().find(|by| by.name() == text).ok_or_else(|| "members, rooms, size or cores".to_owned())
}

/// A line of a chart: how the server is run, and how fast is published.
struct Setup {
    label: &'static str,
    store: &'static str,
    pace: Pace,
}

const SETUPS: [Setup; 4] = [
    Setup { label: "50 messages/s", store: "memory", pace: Pace::Rate(50.0) },
    Setup { label: "32 under way", store: "memory", pace: Pace::Window(32) },
    Setup { label: "512 under way", store: "memory", pace: Pace::Window(512) },
    Setup { label: "512 under way, SQLite", store: "sqlite", pace: Pace::Window(512) },
];

pub(crate) fn run(args: &Args) -> io::Result<()> {
    fs::create_dir_all(&args.out)?;
    let what = if args.what.is_empty() { By::ALL.to_vec() } else { args.what.clone() };
    for by in what {
        let mut reports = Vec::new();
        for setup in SETUPS {
            for (cores, plan) in plans(by) {
                reports.extend(point(args, &setup, cores, &plan)?);
            }
        }
        let path = args.out.join(by.name()).with_extension("json");
        fs::write(&path, serde_json::to_string_pretty(&reports)? + "\n")?;
        println!("{}", path.display());
    }
    Ok(())
}

/// The points of a line: the server's cores, and what the rooms look like. The generator keeps core 0.
fn plans(by: By) -> Vec<(&'static str, Plan)> {
    let room = |members| Plan { members, ..Plan::default() };
    let one_core = |plan| ("1", plan);
    match by {
        By::Members => [10, 30, 100, 300, 1000, 3000].map(|n| one_core(room(n))).into(),
        By::Rooms => [1, 10, 100, 500].map(|rooms| one_core(Plan { rooms, ..room(10) })).into(),
        By::Size => [16, 64, 256, 1000, 4000].map(|size| one_core(Plan { size, ..room(300) })).into(),
        By::Cores => ["1", "0,1"].map(|cores| (cores, Plan { rooms: 10, ..room(100) })).into(),
    }
}

/// Attempts per run that is wanted, where others keep disturbing.
const PATIENCE: usize = 3;

/// The median of a few undisturbed runs, by cost; of all runs where there are none, and `None` where none could be
/// made.
fn point(args: &Args, setup: &Setup, cores: &str, plan: &Plan) -> io::Result<Option<Report>> {
    let (mut quiet, mut disturbed) = (Vec::new(), Vec::new());
    for _ in 0..args.repeat * PATIENCE {
        match once(args, setup, cores, plan)? {
            Ok(report) if report.server.as_ref().is_some_and(Server::is_disturbed) => disturbed.push(report),
            Ok(report) => quiet.push(report),
            Err(error) => eprintln!("{}: {error}", setup.label),
        }
        if quiet.len() == args.repeat {
            break;
        }
    }
    Ok(median(if quiet.is_empty() { disturbed } else { quiet }))
}

fn median(mut reports: Vec<Report>) -> Option<Report> {
    let cost = |report: &Report| report.server.as_ref().and_then(|server| server.cpu_us_per_delivery);
    reports.sort_by(|a, b| cost(a).unwrap_or(f64::MAX).total_cmp(&cost(b).unwrap_or(f64::MAX)));
    (!reports.is_empty()).then(|| reports.swap_remove(reports.len() / 2))
}

fn once(args: &Args, setup: &Setup, cores: &str, plan: &Plan) -> io::Result<Result<Report, LoadError>> {
    let report = server::Server::with(&args.server, cores, setup.store, &args.data, |server| {
        let plan = Plan {
            url: server.url(),
            server_pid: Some(server.pid()),
            label: Some(setup.label.to_owned()),
            pace: setup.pace,
            warmup: Duration::from_millis(500),
            duration: Duration::from_secs_f64(args.seconds),
            ..plan.clone()
        };
        Ok(roomcast_load::run(&plan, &mut |_| {}))
    })?;
    if let Ok(report) = &report {
        println!("{} rooms × {} × {} B, {cores}, {}:", plan.rooms, plan.members, plan.size, setup.label);
        println!("{}", report.text().lines().filter(|line| wanted(line)).collect::<Vec<_>>().join("\n"));
    }
    Ok(report)
}

fn wanted(line: &str) -> bool {
    ["deliveries", "server CPU", "load gen", "verdict"].iter().any(|name| line.starts_with(name))
}
