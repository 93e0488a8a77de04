//! `roomcast restore`: a backup in place of the data.

use super::{Failure, data::Data};
use roomcast::clock::{Clock as _, SystemClock};
use roomcast_store::sqlite;
use std::path::PathBuf;

/// Put a backup in place of the data. No server may have the directory.
///
/// Clients that were connected before are told to load their rooms afresh, because what they know may be newer.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  roomcast restore --data-dir /var/lib/roomcast /backup/roomcast-2026-11-24.db"
)]
pub(super) struct Args {
    /// What `roomcast backup` wrote
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Go on if there is a database; it is kept beside the new one, under a name with the date
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    data: Data,
}

/// Does it.
pub(super) fn run(args: Args) -> Result<(), Failure> {
    let Args { file, force, data } = args;
    let dir = data.dir()?;
    let restored = sqlite::restore(&dir, &file, force, SystemClock.now_ms())?;
    if let Some(aside) = restored.aside {
        anstream::eprintln!("kept what was there as {}", aside.display());
    }
    anstream::eprintln!(
        "restored {} into {}, under the new epoch {}",
        restored.contents.totals,
        dir.display(),
        restored.contents.epoch
    );
    Ok(())
}
