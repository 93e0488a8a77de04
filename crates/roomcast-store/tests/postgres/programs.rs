//! PostgreSQL's programs and processes on this machine.

use rustix::process::{Pid, Signal, kill_process};
use std::{
    fs,
    path::{Path, PathBuf},
};

pub(super) fn signal(pid: u32, which: Signal) {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    // It may have ended meanwhile.
    let _ = kill_process(pid, which);
}

/// Whether there is such a process and it is one of PostgreSQL's, and not only what is left of one.
pub(super) fn runs(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.contains("(postgres)") && !stat.contains(") Z ")
}

/// Where PostgreSQL's programs are: the newest version that Debian has installed.
pub(super) fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let folders = versions.map(|version| version.path().join("bin"));
    let mut folders: Vec<PathBuf> = folders.filter(|bin| bin.join("postgres").exists()).collect();
    folders.sort_by_key(|bin| version(bin));
    folders.pop().expect("PostgreSQL is not installed: run `cargo xtask setup`")
}

fn version(bin: &Path) -> u32 {
    let number = bin.parent().and_then(Path::file_name).and_then(|name| name.to_str()?.parse().ok());
    number.unwrap_or(0)
}

/// The user and group to run PostgreSQL as, where we are root.
pub(super) fn other_user() -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let ids = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let fields: Vec<&str> = line.split(':').collect();
        Some((fields[2].parse().ok()?, fields[3].parse().ok()?))
    };
    ids("postgres").or_else(|| ids("nobody"))
}
