//! `roomcast verify`: judges what a running server promises by what its clients see.

use super::{Exit, Failure, print};
use roomcast_load::verify::cli::Args;

/// Makes the run, or judges a kept history, and tells the verdict.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let verdict = args.run().map_err(|e| Failure::new(Exit::Usage, e.to_string(), e.help()))?;
    print(&args.output(&verdict))?;
    if verdict.kept {
        return Ok(());
    }
    let broken: Vec<_> = verdict.broken().map(|check| format!("{check:?}")).collect();
    Err(Failure::new(
        Exit::Runtime,
        format!("promises were broken: {}", broken.join(", ")),
        "see what was found above, and the server's log at that time",
    ))
}
