//! `roomcast completions`: what a shell needs to complete our commands.

use super::{Failure, print};
use clap_complete::Shell;

/// Print completions for a shell.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  roomcast completions bash > ~/.local/share/bash-completion/completions/roomcast"
)]
pub(super) struct Args {
    /// The shell
    shell: Shell,
}

/// Prints them.
pub(super) fn run(args: &Args, mut command: clap::Command) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "roomcast", &mut script);
    print(&String::from_utf8_lossy(&script))
}
