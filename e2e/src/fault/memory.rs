//! A cap on memory that kills: a control group of the kernel.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A control group (version 1) with a cap on memory; dropped, after what ran in it, it is gone.
#[derive(Debug)]
pub struct MemoryCap(PathBuf);

impl MemoryCap {
    /// Makes one. `None` where this user may not, or the machine has no such groups.
    pub fn of(mebibytes: usize) -> Option<Self> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("roomcast-e2e-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let group = PathBuf::from("/sys/fs/cgroup/memory").join(name);
        fs::create_dir(&group).ok()?;
        let cap = Self(group);
        fs::write(cap.0.join("memory.limit_in_bytes"), format!("{mebibytes}M")).ok()?;
        Some(cap)
    }

    /// The words in front of a program that is to run under it.
    pub fn prefix(&self) -> Vec<String> {
        let enter = format!("echo $$ > {}/cgroup.procs && exec \"$@\"", self.0.display());
        ["sh".to_owned(), "-c".to_owned(), enter, "sh".to_owned()].into()
    }

    /// The most memory that it has had, with the kernel's buffers and cached files, in bytes.
    pub fn peak(&self) -> usize {
        let peak = fs::read_to_string(self.0.join("memory.max_usage_in_bytes")).unwrap_or_default();
        peak.trim().parse().expect("a number of bytes")
    }
}

impl Drop for MemoryCap {
    fn drop(&mut self) {
        // The kernel takes a moment to see that a killed process is gone.
        let deadline = Instant::now() + Duration::from_secs(5);
        while fs::remove_dir(&self.0).is_err() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
