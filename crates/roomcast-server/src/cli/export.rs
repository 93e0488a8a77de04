//! `roomcast export`: messages and changes as lines of JSON.

use super::{Failure, data::Kept};
use roomcast_protocol::RoomName;
use roomcast_store::transfer::{LineSink, NewFile, Source, Totals, TransferError, copy};
use std::{
    io::{self, BufWriter, ErrorKind},
    path::{Path, PathBuf},
};

/// Write messages as lines of JSON, while the server runs or not.
///
/// The lines hold everything: `roomcast import` makes the same log of them again.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  roomcast export --room general | gzip > general.jsonl.gz")]
pub(super) struct Args {
    /// The file to write, or - for stdout
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
    /// This room only
    #[arg(long, value_name = "ROOM")]
    room: Option<RoomName>,
    /// Replace the file if it is there
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    kept: Kept,
}

/// Does it.
pub(super) fn run(args: Args) -> Result<(), Failure> {
    let Args { file, room, force, kept } = args;
    let mut source = kept.place()?.source(room)?;
    let totals = if file == Path::new("-") {
        match write(&mut *source, io::stdout().lock(), &file) {
            // A reader that has gone away (`| head`) is not a failure.
            Err(TransferError::Io { source, .. }) if source.kind() == ErrorKind::BrokenPipe => return Ok(()),
            written => written?,
        }
    } else {
        let mut new = NewFile::create(&file, force)?;
        let totals = write(&mut *source, new.file(), &file)?;
        new.finish()?;
        totals
    };
    anstream::eprintln!("exported {totals}");
    Ok(())
}

fn write(source: &mut dyn Source, out: impl io::Write, path: &Path) -> Result<Totals, TransferError> {
    let mut sink = LineSink::new(BufWriter::new(out), path);
    copy(source, &mut sink)
}
