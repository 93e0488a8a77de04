//! The binary on the command line: where it is, and what it says when it runs to its end.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The server's binary: `ROOMCAST_BIN`, or what `cargo build` makes of this checkout, once per test run.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| std::env::var_os("ROOMCAST_BIN").map_or_else(build, PathBuf::from))
}

/// `cargo test` alone does not rebuild another package's binary, and a stale one proves nothing.
fn build() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--quiet", "--package", "roomcast-server", "--bin", "roomcast"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .expect("cargo can be started");
    assert!(status.success(), "the server does not build");
    let test = std::env::current_exe().expect("a running test knows its own path");
    let binary = test.ancestors().nth(2).expect("target/debug/deps/test has a grandparent").join("roomcast");
    assert!(binary.exists(), "no binary at {}; set ROOMCAST_BIN", binary.display());
    binary
}

/// A command in a directory of its own, deaf to the caller's configuration: an inherited `ROOMCAST_…` would
/// be a setting, or an unknown key.
pub fn command(directory: &Path) -> Command {
    command_under(&[], directory)
}

/// The same behind words that come before the binary, such as `strace -f`.
pub fn command_under(prefix: &[String], directory: &Path) -> Command {
    let mut words = prefix.iter().map(Path::new).chain([binary()]);
    let mut command = Command::new(words.next().unwrap_or(binary()));
    command.args(words);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("ROOMCAST_") {
            command.env_remove(name);
        }
    }
    command.current_dir(directory).env("HOME", directory).env("XDG_CONFIG_HOME", directory);
    command.env_remove("STATE_DIRECTORY").env_remove("NOTIFY_SOCKET").stdin(Stdio::null());
    command
}

/// What a run that ended left behind.
#[derive(Debug)]
pub struct Outcome {
    /// The exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// Runs the command to its end, which must come within ten seconds: a server that starts where it should
/// refuse is killed and fails the test.
pub fn run(mut command: Command) -> Outcome {
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary can be started");
    let in_time = ends_within(&mut child, Duration::from_secs(10));
    if !in_time {
        child.kill().expect("a child of ours can be killed");
    }
    let output = child.wait_with_output().expect("a child that ended has output");
    let outcome = Outcome {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    };
    assert!(in_time, "still running after 10 s: {outcome:?}");
    outcome
}

/// Whether the child ends by itself in that time.
pub fn ends_within(child: &mut Child, time: Duration) -> bool {
    let deadline = Instant::now() + time;
    while child.try_wait().expect("a child of ours can be waited for").is_none() {
        if Instant::now() > deadline {
            return false;
        }
        sleep(Duration::from_millis(20));
    }
    true
}
