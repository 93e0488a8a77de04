//! `roomcast import`: what `export` wrote, into a store.

use super::{Failure, data::Kept};
use roomcast_store::transfer::{ImportOptions, LineSource, Source as _, TransferError, copy};
use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
};

/// Take in what `roomcast export` wrote: all of it, or nothing. No server may use the store.
///
/// Numbers, times and nonces stay as they are. So does the epoch where the store is empty: then clients resume where they
/// were.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  zcat general.jsonl.gz | roomcast import --data-dir ./copy -")]
pub(super) struct Args {
    /// What `roomcast export` wrote, or - for stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Give the log of an empty store a new epoch: clients load afresh
    #[arg(long)]
    new_epoch: bool,
    #[command(flatten)]
    kept: Kept,
}

/// Does it.
pub(super) fn run(args: Args) -> Result<(), Failure> {
    let Args { file, new_epoch, kept } = args;
    let place = kept.place()?;
    let mut source = LineSource::open(open(&file)?, &file)?;
    let options = ImportOptions { new_epoch, ..ImportOptions::default() };
    let mut import = place.import(options)?;
    let totals = copy(&mut source, import.sink())?;
    let kept = if import.epoch() == source.epoch() { "kept" } else { "not that of the file" };
    let epoch = import.epoch();
    anstream::eprintln!("imported {totals} into {place}, epoch {epoch} ({kept})");
    Ok(())
}

fn open(file: &Path) -> Result<Box<dyn BufRead>, TransferError> {
    if file == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    let opened = File::open(file).map_err(|source| TransferError::Io { path: file.to_owned(), source })?;
    Ok(Box::new(BufReader::new(opened)))
}
