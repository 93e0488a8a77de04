//! Records a history of a running server and judges it: clients publish, read, are cut off and come back, while the
//! server may die and return at any time.
//!
//! ```text
//!  plan ─▶ run ─▶ clients (a thread each) ─▶ recorder ─▶ history::Checker ─▶ Verdict
//!           │      publish, repeat, resume       └─▶ FILE, a line of JSON an event
//!           └─▶ at the end: the final history of every room, from every server, by frames and by REST
//! ```
//!
//! In contrast to [`crate::run`] nothing here is about speed: a client is a thread with a blocking socket, which is the
//! plainest way to have clients that do what a client does.

mod plan;
mod error;
mod recorder;
mod socket;
mod client;
mod publishing;
mod rest;
mod last;
mod shared;
pub mod cli;

pub use error::VerifyError;
pub use plan::{MAX_CLIENTS, MAX_ROOMS, VerifyPlan};

use crate::{history::Verdict, process, target::Target};
use client::Client;
use last::Last;
use recorder::Recorder;
use shared::Shared;
use std::{
    fs::File,
    io::BufWriter,
    thread::{self, Scope},
    time::{Duration, Instant},
};

/// How often the run looks at how far it is.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// After the last answer: time in which a server might still show what nobody knows of.
const CALM: Duration = Duration::from_millis(500);
/// A client's life takes less.
const STACK_BYTES: usize = 512 * 1024;
/// Files that a process has open besides the clients' sockets.
const OTHER_FILES: u64 = 64;

/// Makes the run and judges it; tells `progress` of it ten times a second. It ends, whatever the server does, within the
/// plan's duration, three times its patience, and a minute for each server.
///
/// # Errors
/// The plan makes no sense, the history cannot be written, the final history cannot be read, or there was nothing to
/// judge.
pub fn run(plan: &VerifyPlan, progress: &mut dyn FnMut(&str)) -> Result<Verdict, VerifyError> {
    plan.check()?;
    let mut targets: Vec<_> =
        plan.against.iter().map(|url| Target::of(url, plan.owned)).collect::<Result<_, _>>()?;
    targets.sort_by(|one, other| one.host.cmp(&other.host));
    targets.dedup();
    process::allow_files(u64::from(plan.clients()) + OTHER_FILES)?;
    let file = plan.history.as_deref().map(File::create).transpose()?.map(BufWriter::new);
    let shared = Shared::new(plan, targets, Recorder::new(plan.tolerance, file));
    let last = thread::scope(|scope| {
        let last = start(scope, &shared).and_then(|()| direct(&shared, progress));
        shared.stop();
        last
    })?;
    last.iter().for_each(|last| last.record(&shared));
    shared.recorder.finish()
}

fn start<'scope>(scope: &'scope Scope<'scope, '_>, shared: &'scope Shared<'_>) -> Result<(), VerifyError> {
    for process in 0..shared.plan.clients() {
        let client = Client::new(shared, process);
        let builder = thread::Builder::new().name(format!("client-{process}")).stack_size(STACK_BYTES);
        builder.spawn_scoped(scope, move || client.live()).map_err(VerifyError::Thread)?;
    }
    Ok(())
}

/// Lets the clients work, waits until all is quiet, and reads what is there; nothing where the recorder has failed.
fn direct(shared: &Shared<'_>, progress: &mut dyn FnMut(&str)) -> Result<Vec<Last>, VerifyError> {
    let mut wait = |until: Instant, done: &dyn Fn() -> bool| {
        while Instant::now() < until && !done() && !shared.recorder.has_failed() {
            progress(&shared.line());
            thread::sleep(LOOK_EVERY);
        }
    };
    let patience = shared.plan.patience;
    wait(shared.publish_until, &|| false);
    wait(shared.publish_until + patience, &|| shared.unresolved() == 0);
    shared.give_up();
    wait(Instant::now() + CALM, &|| false);
    let until = Instant::now() + patience;
    while !shared.recorder.has_failed() {
        let heads = last::heads(shared, until)?;
        wait(until, &|| shared.has_everything(&heads));
        let last = last::read(shared, until + patience)?;
        // What nobody knew of may have come meanwhile.
        if Instant::now() >= until || heads == last::heads(shared, until + patience)? {
            return Ok(last);
        }
    }
    Ok(Vec::new())
}
