//! `roomcast move`: all messages from one store into another, and the proof that they are the same there.

use super::{Exit, Failure, place::Place, print, secret::Secret};
use roomcast_store::transfer::{ImportOptions, RoomChain, compare, copy};

/// Copy all messages from one store into another, and prove it. No server may use either.
///
/// Numbers, times, nonces and the epoch stay as they are: clients resume where they were. Both sides are read again
/// afterwards and compared room by room. The store that was copied from stays as it is. A password is better in
/// PGPASSWORD or ~/.pgpass than here.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  roomcast move --from sqlite:/var/lib/roomcast --to sqlite:/srv/roomcast")]
pub(super) struct Args {
    /// The store to copy from: sqlite:DIR or postgres://USER@HOST/DATABASE
    #[arg(long, value_name = "STORE", value_parser = Secret(Place::parse))]
    from: Place,
    /// The store to copy to, which has no messages yet
    #[arg(long, value_name = "STORE", value_parser = Secret(Place::parse))]
    to: Place,
}

/// Does it.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let Args { from, to } = args;
    refuse_same(from, to)?;
    // Before it is locked, which would make a directory that is not there.
    from.source(None)?;
    // For as long as this runs, so that nothing is written to what has been read.
    let held = from.hold()?;
    let mut source = from.source(None)?;
    let mut import = to.import(ImportOptions { into_empty: true, ..ImportOptions::default() })?;
    let totals = copy(&mut *source, import.sink())?;
    drop((source, import));
    prove(args)?;
    held.release()?;
    anstream::eprintln!("copied {totals} from {from} to {to}");
    Ok(())
}

fn refuse_same(from: &Place, to: &Place) -> Result<(), Failure> {
    if !from.is(to) {
        return Ok(());
    }
    let cause = "--from and --to name the same store";
    Err(Failure::new(Exit::Usage, cause, "name a store without messages with --to"))
}

/// Reads both sides and prints what each has of every room.
fn prove(args: &Args) -> Result<(), Failure> {
    let (mut from, mut to) = (args.from.source(None)?, args.to.source(None)?);
    let mut printed = print("room\tmessages\tnumbers\tfrom\tto\n");
    let same = compare(&mut *from, &mut *to, |from, to| {
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
