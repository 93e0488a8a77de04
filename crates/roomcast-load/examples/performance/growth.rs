//! Whether a delivery costs the same, however many there are in a room and however many rooms.

use crate::server::Server;
use roomcast_load::{Pace, Phase, Plan};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    io,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

/// Grow one room, then the number of rooms, and print what a delivery costs
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The server
    #[arg(long, value_name = "FILE", default_value = "target/release/roomcast")]
    server: PathBuf,
    /// Where the servers' data goes; a folder is made there and removed
    #[arg(long, value_name = "DIR", default_value = "target/tmp")]
    data: PathBuf,
    /// Seconds of each run
    #[arg(long, value_name = "S", default_value_t = 6.0)]
    seconds: f64,
}

/// Rooms, and members of each. 18,000 connections are what 20,000 open files allow.
const SHAPES: [(u32, u32); 9] =
    [(1, 10), (1, 100), (1, 1000), (1, 10_000), (1, 2), (10, 2), (100, 2), (1000, 2), (9000, 2)];
/// Deliveries per second while time is measured, and while a tracer counts: it makes each call many times as slow.
const TIMED: f64 = 40_000.0;
const TRACED: f64 = 2_000.0;

pub(crate) fn run(args: &Args) -> io::Result<()> {
    println!("| rooms | members | system calls per delivery | CPU µs | of it user |\n|---|---|---|---|---|");
    for (rooms, members) in SHAPES {
        let (cpu, user) = time(args, rooms, members)?;
        let calls = calls(args, rooms, members)?;
        println!("| {rooms} | {members} | {calls:.2} | {cpu:.2} | {user:.2} |");
    }
    Ok(())
}

fn plan(args: &Args, server: &Server, (rooms, members): (u32, u32), deliveries: f64) -> Plan {
    Plan {
        url: server.url(),
        server_pid: Some(server.pid()),
        rooms,
        members,
        pace: Pace::Rate(deliveries / f64::from(members)),
        duration: Duration::from_secs_f64(args.seconds),
        ..Plan::default()
    }
}

/// Microseconds of a delivery, and those of them in user space, which are counted in ticks of 10 ms.
fn time(args: &Args, rooms: u32, members: u32) -> io::Result<(f64, f64)> {
    Server::with(&args.server, "1", "memory", &args.data, |server| {
        let plan = plan(args, server, (rooms, members), TIMED);
        let report = roomcast_load::run(&plan, &mut |_| {}).map_err(io::Error::other)?;
        let cost = report.server.ok_or_else(|| io::Error::other("the server cannot be looked at"))?;
        Ok((cost.cpu_us_per_delivery.unwrap_or(f64::NAN), cost.user_us_per_delivery.unwrap_or(f64::NAN)))
    })
}

/// System calls of a delivery, all threads: what it takes to read and to keep the messages is included.
fn calls(args: &Args, rooms: u32, members: u32) -> io::Result<f64> {
    Server::with(&args.server, "1", "memory", &args.data, |server| {
        // At least a message a second, and a multiple of them.
        let plan = plan(args, server, (rooms, members), TRACED.max(f64::from(members)));
        let (mut tracer, mut counted) = (None, None);
        let done = roomcast_load::run(&plan, &mut |now| match now.phase {
            Phase::Connecting if now.joined == now.wanted && tracer.is_none() => {
                tracer = Some(trace(server.pid()));
            }
            Phase::Draining if counted.is_none() => {
                counted = tracer.take().map(|tracer| Ok((stop(tracer?)?, now.checked as f64)));
            }
            _ => {}
        });
        done.map_err(io::Error::other)?;
        let counted: io::Result<(f64, f64)> =
            counted.unwrap_or_else(|| Err(io::Error::other("nothing was counted")));
        counted.map(|(calls, deliveries)| calls / deliveries)
    })
}

/// `strace` on all threads of a process.
fn trace(pid: u32) -> io::Result<Child> {
    let mut command = Command::new("strace");
    command.args(["-f", "-c", "-p", &pid.to_string()]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()
}

/// Ends it, and reads of its table the line that says `total`: share, seconds, microseconds a call, calls.
fn stop(tracer: Child) -> io::Result<f64> {
    kill_process(Pid::from_child(&tracer), Signal::INT)?;
    let output = tracer.wait_with_output()?;
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().rfind(|line| line.ends_with("total"));
    let calls = line.and_then(|line| line.split_whitespace().nth(3)?.parse().ok());
    calls.ok_or_else(|| io::Error::other(format!("strace counted nothing: {text}")))
}
