//! `roomcast move`: all messages from one store into another, and the proof that they are the same there.

use super::{Exit, Failure, print};
use roomcast_store::{
    sqlite::{Directory, Import, ImportOptions, Snapshot},
    transfer::{RoomChain, TransferError, compare, copy},
};
use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

/// Copy all messages from one store into another, and prove it. No server may use either.
///
/// Numbers, times, nonces and the epoch stay as they are: clients resume where they were. Both sides are read again
/// afterwards and compared room by room. The store that was copied from stays as it is.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  roomcast move --from sqlite:/var/lib/roomcast --to sqlite:/srv/roomcast")]
pub(super) struct Args {
    /// The store to copy from, such as sqlite:DIR
    #[arg(long, value_name = "STORE")]
    from: Place,
    /// The store to copy to, which has no messages yet
    #[arg(long, value_name = "STORE")]
    to: Place,
}

/// A store, as the command line names it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// A data directory.
    Sqlite(PathBuf),
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("sqlite", dir)) if !dir.is_empty() => Ok(Self::Sqlite(dir.into())),
            _ => Err("write sqlite:DIR, DIR being the data directory".to_owned()),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(dir) => write!(f, "sqlite:{}", dir.display()),
        }
    }
}

/// Does it.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let (Place::Sqlite(from), Place::Sqlite(to)) = (&args.from, &args.to);
    refuse_same(from, to)?;
    // Before the lock, which would make a directory that is not there.
    Snapshot::open(from, None)?;
    // For as long as this runs, so that nothing is written to what has been read.
    let _from = Directory::lock(from).map_err(TransferError::from)?;
    let mut source = Snapshot::open(from, None)?;
    let options = ImportOptions { into_empty: true, ..ImportOptions::default() };
    let mut sink = Import::open(to, options).map_err(TransferError::from)?;
    let totals = copy(&mut source, &mut sink)?;
    drop((source, sink));
    prove(args, Snapshot::open(from, None)?, Snapshot::open(to, None)?)?;
    let (rooms, messages) = (totals.rooms, totals.messages);
    anstream::eprintln!("copied {messages} messages in {rooms} rooms from {} to {}", args.from, args.to);
    Ok(())
}

fn refuse_same(from: &Path, to: &Path) -> Result<(), Failure> {
    match (from.canonicalize(), to.canonicalize()) {
        (Ok(from), Ok(to)) if from == to => Err(Failure::new(
            Exit::Usage,
            "--from and --to name the same store",
            "name a store without messages with --to",
        )),
        _ => Ok(()),
    }
}

/// Reads both sides and prints what each has of every room.
fn prove(args: &Args, mut from: Snapshot, mut to: Snapshot) -> Result<(), Failure> {
    let mut printed = print("room\tmessages\tnumbers\tfrom\tto\n");
    let same = compare(&mut from, &mut to, |from, to| {
        if printed.is_ok() {
            printed = print(&row(from, to));
        }
    })?;
    printed?;
    if same {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Runtime,
        format!("{} does not hold what {} holds", args.to, args.from),
        "go on with the store you came from; empty the other one, look at its disk, and try again",
    ))
}

/// Of a room: how many messages, from which number to which, and both hashes, or one and whether the other is the same.
fn row(from: Option<&RoomChain>, to: Option<&RoomChain>) -> String {
    let of = |chain: Option<&RoomChain>| chain.map_or_else(|| "missing".to_owned(), |it| it.hash.clone());
    from.or(to).map_or_else(String::new, |it| {
        let (room, first, last) = (&it.room, it.first, it.last);
        format!("{room}\t{}\t{first}-{last}\t{}\t{}\n", last - first + 1, of(from), of(to))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_named_with_its_kind() {
        assert_eq!("sqlite:/var/lib".parse(), Ok(Place::Sqlite("/var/lib".into())));
        assert_eq!("sqlite:.".parse::<Place>().unwrap().to_string(), "sqlite:.");
        for wrong in ["", "sqlite", "sqlite:", "/var/lib", "mysql://x"] {
            assert!(wrong.parse::<Place>().unwrap_err().contains("sqlite:DIR"), "{wrong}");
        }
    }
}
