//! `roomcast bench`: load for a running server, with every delivery checked.

use super::{Exit, Failure, print};
use roomcast_load::{Verdict, cli::Args};

/// Makes the run and tells what came of it.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let exit = |code| if code == Exit::Usage as u8 { Exit::Usage } else { Exit::Runtime };
    let report = args.run().map_err(|e| Failure::new(exit(e.exit_code()), e.to_string(), e.help()))?;
    print(&args.output(&report))?;
    match report.verdict() {
        Verdict::Kept => Ok(()),
        Verdict::Broken => Err(Failure::new(
            Exit::Runtime,
            "not everyone got everything once and in order",
            "see the faults in the report, and the server's log at that time",
        )),
    }
}
