//! Measures a server, and draws what was measured: how `docs/performance` is made.
//!
//! ```text
//! cargo build --release -p roomcast-server
//! cargo run --release -p roomcast-load --example performance -- measure      # JSON
//! cargo run --release -p roomcast-load --example performance -- charts       # SVG from the JSON
//! cargo run --release -p roomcast-load --example performance -- scenarios    # who waits for whom
//! cargo run --release -p roomcast-load --example performance -- growth       # what a delivery costs where there are many
//! cargo run --release -p roomcast-load --example performance -- bench --help # one run against a server that runs
//! ```

mod growth;
mod measure;
mod scenarios;
mod server;

use clap::Parser;
use roomcast_load::{
    Report,
    chart::{By, Chart},
    cli,
};
use std::{fs, io, path::Path, path::PathBuf, process::ExitCode};

#[derive(Debug, Parser)]
enum Command {
    /// Start servers, and print who waits for whom
    Scenarios(scenarios::Args),
    /// Start servers, and print what a delivery costs where there are many
    Growth(growth::Args),
    /// One run against a server that runs already
    Bench(cli::Args),
    /// Start servers, one after the other, and write DIR/{members,rooms,size,cores}.json
    Measure(measure::Args),
    /// Draw DIR/*.svg from DIR/*.json
    Charts {
        /// Where they are
        #[arg(default_value = "docs/performance")]
        dir: PathBuf,
    },
}

fn main() -> ExitCode {
    match Command::parse() {
        Command::Bench(args) => match args.run() {
            Ok(report) => {
                print!("{}", args.output(&report));
                report.verdict().exit_code().into()
            }
            Err(error) => {
                eprintln!("error: {error}\n help: {}", error.help());
                error.exit_code().into()
            }
        },
        Command::Scenarios(args) => told(scenarios::run(&args)),
        Command::Growth(args) => told(growth::run(&args)),
        Command::Measure(args) => told(measure::run(&args)),
        Command::Charts { dir } => told(charts(&dir)),
    }
}

fn told(done: io::Result<()>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A chart for each file of results that is there.
fn charts(dir: &Path) -> io::Result<()> {
    for by in By::ALL {
        let path = dir.join(by.name()).with_extension("json");
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let reports: Vec<Report> = serde_json::from_str(&text)?;
        let title = format!("What a delivery costs, by {}", described(by));
        let chart = Chart::cost(by, &title, &note(by, &reports), &reports);
        fs::write(path.with_extension("svg"), chart.svg())?;
        println!("{}", path.with_extension("svg").display());
    }
    Ok(())
}

const fn described(by: By) -> &'static str {
    match by {
        By::Members => "members of the room",
        By::Rooms => "number of rooms",
        By::Size => "size of the message",
        By::Cores => "cores of the server",
    }
}

/// How it was measured.
fn note(by: By, reports: &[Report]) -> String {
    let Some(report) = reports.first() else { return String::new() };
    let plan = &report.plan;
    let shape = match by {
        By::Members => format!("1 room, {} bytes", plan.size),
        By::Rooms => format!("{} members each, {} bytes", plan.members, plan.size),
        By::Size => format!("1 room of {}", plan.members),
        By::Cores => format!("{} rooms of {}, {} bytes", plan.rooms, plan.members, plan.size),
    };
    let place = match by {
        By::Cores => "generator on one of the two",
        _ => "generator on a core of its own",
    };
    let disturbed = reports.iter().filter_map(|it| it.server.as_ref()).filter(|it| it.is_disturbed()).count();
    let warning = match disturbed {
        0 => String::new(),
        _ => format!("; {disturbed} of {} points disturbed by others", reports.len()),
    };
    format!("{shape}; {} s each, {place}{warning}", plan.duration_s)
}
