//! What a table of costs does not show: who waits for whom. Each scenario starts a server of its own on one core, loads it
//! from the other, and prints a line.

use crate::server::Server;
use roomcast_load::{Pace, Plan, Report};
use std::{
    io,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};

/// Run the scenarios: alone, beside a flood, beside those who never read, a storm.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The server
    #[arg(long, value_name = "FILE", default_value = "target/release/roomcast")]
    server: PathBuf,
    /// Where messages are kept: memory or sqlite
    #[arg(long, value_name = "STORE", default_value = "memory")]
    store: String,
    /// Where the servers' data goes; a folder is made there and removed
    #[arg(long, value_name = "DIR", default_value = "target/tmp")]
    data: PathBuf,
}

/// A room in which little is said.
const QUIET: [&str; 4] = ["--members", "10", "--rate", "20"];
const FLOOD: [&str; 5] = ["--members", "6000", "--saturate", "--window", "32"];
/// The flood is on before the quiet room is looked at, and goes on after it.
const FLOOD_LEAD: Duration = Duration::from_secs(5);

pub(crate) fn run(args: &Args) -> io::Result<()> {
    println!(
        "| scenario | deliveries/s | p50 | p99 | longest | wrong | server at most |\n|---|---|---|---|---|---|---|"
    );
    alone(args)?;
    beside_a_flood(args)?;
    beside_those_who_never_read(args)?;
    a_storm(args)
}

fn alone(args: &Args) -> io::Result<()> {
    on_a_server(args, |server| {
        let plan = Plan { members: 2, pace: Pace::Rate(20.0), ..plan(server) };
        tell("two people in a room, 20 messages/s", &measure(&plan)?);
        Ok(())
    })
}

/// Two generators on one core: the quiet one has the right of way, or it would measure the other.
fn beside_a_flood(args: &Args) -> io::Result<()> {
    on_a_server(args, |server| {
        let mut flood = bench(args, server, &[]).args(FLOOD).args(["--duration", "12"]).spawn()?;
        sleep(FLOOD_LEAD);
        let quiet = bench(args, server, &["chrt", "--fifo", "50"]).args(QUIET).spawn();
        let quiet = quiet.and_then(report);
        if quiet.is_err() {
            flood.kill()?;
        }
        let flood = report(flood);
        tell("10 people, 20 messages/s, beside the flood", &quiet?);
        tell("the flood: a room of 6,000, 32 under way", &flood?);
        Ok(())
    })
}

/// Messages as long as they may be, and a warm-up in which all that is owed to the others has filled up.
fn beside_those_who_never_read(args: &Args) -> io::Result<()> {
    for (slow, name) in
        [(0, "500 people, 50 messages/s of 4,000 bytes"), (500, "the same beside 500 who never read")]
    {
        on_a_server(args, |server| {
            let (size, pace, warmup) = (4000, Pace::Rate(50.0), Duration::from_secs(9));
            let plan = Plan { members: 500, slow, size, pace, warmup, ..plan(server) };
            tell(name, &measure(&plan)?);
            Ok(())
        })?;
    }
    Ok(())
}

fn a_storm(args: &Args) -> io::Result<()> {
    on_a_server(args, |server| {
        // Those who are in the room talk while 9,000 come at once.
        let mut talk = bench(args, server, &["chrt", "--fifo", "50"]);
        let talk = talk.args(QUIET).args(["--duration", "8"]).spawn()?;
        sleep(Duration::from_secs(2));
        let plan = Plan { members: 9_000, storm: true, pace: Pace::Rate(2.0), ..plan(server) };
        let storm = measure(&plan)?;
        tell("a storm: 9,000 into one room at once, then 2 messages/s", &storm);
        tell("10 people, 20 messages/s, beside the storm", &report(talk)?);
        println!(
            "\nThe storm's {} connections took {:.2} s.",
            storm.connect.connections, storm.connect.seconds
        );
        Ok(())
    })
}

fn on_a_server(args: &Args, scenario: impl FnOnce(&Server) -> io::Result<()>) -> io::Result<()> {
    Server::with(&args.server, "1", &args.store, &args.data, scenario)
}

fn plan(server: &Server) -> Plan {
    Plan { url: server.url(), server_pid: Some(server.pid()), ..Plan::default() }
}

fn measure(plan: &Plan) -> io::Result<Report> {
    roomcast_load::run(plan, &mut |_| {}).map_err(io::Error::other)
}

/// A generator in a process of its own, on core 0.
fn bench(args: &Args, server: &Server, prefix: &[&str]) -> Command {
    let words = prefix.iter().copied().chain(["taskset", "-c", "0"]).map(Path::new).chain([&*args.server]);
    let words: Vec<_> = words.collect();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).args(["bench", "--json", "--url", &server.url()]);
    command.args(["--server-pid", &server.pid().to_string()]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

fn report(child: Child) -> io::Result<Report> {
    let output = child.wait_with_output()?;
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn tell(name: &str, report: &Report) {
    let ms = |us: f64| format!("{:.2} ms", us / 1000.0);
    let (latency, rate) = (&report.latency_us, report.traffic.deliveries_per_s);
    let peak = report.server.as_ref().map_or(0, |server| server.peak_bytes >> 20);
    let (p50, p99, max) = (ms(latency.p50), ms(latency.p99), ms(latency.max));
    println!(
        "| {name} | {rate:.0} | {p50} | {p99} | {max} | {} | {peak} MiB |",
        report.checks.faults.total()
    );
}
