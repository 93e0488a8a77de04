//! `roomcast backup`: everything in one file, while the server runs or not.

use super::{Failure, data::Data};
use roomcast_store::sqlite;
use std::path::PathBuf;

/// Write everything into one file, while the server runs or not.
///
/// The file is checked, and there whole or not at all. `roomcast restore` puts it back.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  roomcast backup --data-dir /var/lib/roomcast /backup/roomcast-$(date +%F).db"
)]
pub(super) struct Args {
    /// The file to write
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Replace the file if it is there
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    data: Data,
}

/// Does it.
pub(super) fn run(args: Args) -> Result<(), Failure> {
    let Args { file, force, data } = args;
    let contents = sqlite::backup(&data.dir()?, &file, force)?;
    anstream::eprintln!("wrote {}: {}", file.display(), contents.totals);
    Ok(())
}
