//! Another process: this test binary, started again to run one test that does nothing otherwise.

use roomcast_store::{Options, Sqlite};
use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const DIR: &str = "ROOMCAST_TEST_DIR";

/// A command that runs the test `name` in another process, on a data directory.
pub(crate) fn command(name: &str, dir: &Path) -> Command {
    with_program(Command::new(env::current_exe().unwrap()), name, dir)
}

/// The same under a shell that runs `prelude` first.
pub(crate) fn command_after(prelude: &str, name: &str, dir: &Path) -> Command {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("{prelude}; exec \"$0\" \"$@\"")).arg(env::current_exe().unwrap());
    with_program(shell, name, dir)
}

fn with_program(mut command: Command, name: &str, dir: &Path) -> Command {
    command.args(["--exact", name, "--nocapture", "--test-threads=1"]).env(DIR, dir).stdout(Stdio::piped());
    command
}

/// The data directory, in a process that [`command`] started.
pub(crate) fn dir() -> Option<PathBuf> {
    env::var_os(DIR).map(PathBuf::from)
}

pub(crate) fn open(dir: &Path) -> Sqlite {
    Sqlite::open(dir, Options::default()).unwrap()
}
