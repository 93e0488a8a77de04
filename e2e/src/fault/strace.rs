//! Faults at a chosen system call, by `strace --inject`.
//!
//! What others can see of a process changes at its system calls only. So a kill at each call on the way of a message
//! is a kill at each point of the way, and the binary under test is the one that is shipped.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tokio::time::sleep;

use crate::{Server, program};

/// strace at work on a running server; dropped, it lets go of it.
#[derive(Debug)]
pub struct Strace(Child);

impl Strace {
    /// Makes the calls of all threads fail as `injections` say, such as `fsync,fdatasync:error=EIO:when=3+`; `when` counts
    /// from here on and for each thread. The server may end at once where that is what they say.
    pub async fn attach(server: &Server, injections: &[&str]) -> Self {
        let pid = server.pid();
        let mut command = Command::new("strace");
        command.args(arguments(injections)).arg("-p").arg(pid.to_string());
        let strace = command.stdin(Stdio::null()).spawn().expect("strace can be started");
        let deadline = Instant::now() + Duration::from_secs(10);
        while !is_traced(pid) {
            assert!(Instant::now() < deadline, "strace does not get hold of process {pid}");
            sleep(Duration::from_millis(5)).await;
        }
        Self(strace)
    }
}

impl Drop for Strace {
    fn drop(&mut self) {
        if let Some(pid) = Pid::from_raw(self.0.id().cast_signed()) {
            // On this signal it detaches; it may have ended by itself, with the server.
            let _ = kill_process(pid, Signal::TERM);
        }
        // Once in some hundred times strace 6.1 waits for ever for a thread of a process that it has killed.
        if !program::ends_within(&mut self.0, Duration::from_secs(2)) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}

/// The words in front of a program that is to run with such faults from its start, as a direct child of its parent.
pub fn prefix(injections: &[&str]) -> Vec<String> {
    let own = ["strace", "-D"].map(str::to_owned);
    own.into_iter().chain(arguments(injections)).chain(["--".to_owned()]).collect()
}

fn arguments(injections: &[&str]) -> Vec<String> {
    let calls: Vec<_> = injections.iter().filter_map(|injection| injection.split(':').next()).collect();
    let calls = format!("trace={}", calls.join(","));
    let mut words: Vec<_> = ["-f", "-q", "-o", "/dev/null", "-e", &calls].map(str::to_owned).into();
    for injection in injections {
        words.extend(["-e".to_owned(), format!("inject={injection}")]);
    }
    words
}

/// Whether this user may trace on this machine.
pub fn is_possible() -> bool {
    let mut command = Command::new("strace");
    command.args(["-o", "/dev/null", "true"]).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Whether each thread is traced, or the process is gone already.
fn is_traced(pid: u32) -> bool {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let status = tasks.map(|task| std::fs::read_to_string(task.path().join("status")).unwrap_or_default());
    status.into_iter().all(|status| !status.contains("TracerPid:\t0\n") || status.contains("State:\tZ"))
}
