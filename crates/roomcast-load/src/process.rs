//! What a process used, from `/proc`, and how many files this one may open.

use crate::{LoadError, error::system};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::{fs, path::Path, path::PathBuf};

/// What a process used since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Usage {
    /// Microseconds that all its threads ran.
    pub(crate) cpu_us: f64,
    /// Microseconds in user space. Counted in ticks of 10 ms, so only good over longer times.
    pub(crate) user_us: f64,
    /// Microseconds in the kernel. As `user_us`.
    pub(crate) system_us: f64,
    /// Bytes of memory.
    pub(crate) rss_bytes: u64,
    /// The most that it ever had.
    pub(crate) peak_bytes: u64,
}

/// Microseconds of a tick: `USER_HZ` is 100 on every Linux.
const TICK_US: f64 = 10_000.0;

impl Usage {
    /// `None` where there is no such process, or it may not be looked at.
    pub(crate) fn of(pid: u32) -> Option<Self> {
        let folder = PathBuf::from(format!("/proc/{pid}"));
        let (user_us, system_us) = ticks(&fs::read_to_string(folder.join("stat")).ok()?)?;
        let status = fs::read_to_string(folder.join("status")).ok()?;
        let scheduled = threads(&folder);
        Some(Self {
            cpu_us: scheduled.unwrap_or(user_us + system_us),
            user_us,
            system_us,
            rss_bytes: kib(&status, "VmRSS:") * 1024,
            peak_bytes: kib(&status, "VmHWM:") * 1024,
        })
    }

    /// What was used between an earlier look and this one. Memory is as it is now.
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        Self {
            cpu_us: (self.cpu_us - earlier.cpu_us).max(0.0),
            user_us: (self.user_us - earlier.user_us).max(0.0),
            system_us: (self.system_us - earlier.system_us).max(0.0),
            ..*self
        }
    }
}

/// Fields 14 and 15 of `proc_pid_stat(5)`, counted from behind the name, which may hold anything.
fn ticks(stat: &str) -> Option<(f64, f64)> {
    let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(11);
    let mut next = || Some(fields.next()?.parse::<f64>().ok()? * TICK_US);
    Some((next()?, next()?))
}

/// The scheduler's own count is exact, where the kernel keeps it.
fn threads(folder: &Path) -> Option<f64> {
    let threads = fs::read_dir(folder.join("task")).ok()?.flatten();
    // A thread may end while we look.
    let times: Vec<f64> = threads.filter_map(|thread| scheduled(&thread.path().join("schedstat"))).collect();
    (!times.is_empty()).then(|| times.iter().sum())
}

/// Microseconds that a thread ran.
fn scheduled(schedstat: &Path) -> Option<f64> {
    let text = fs::read_to_string(schedstat).ok()?;
    Some(text.split(' ').next()?.parse::<f64>().ok()? / 1e3)
}

/// Microseconds that this thread ran.
pub(crate) fn own_cpu_us() -> Option<f64> {
    scheduled(Path::new("/proc/thread-self/schedstat"))
}

/// Microseconds that all cores of the machine were busy, or taken away by the host, since it began.
pub(crate) fn machine_us() -> Option<f64> {
    busy(&fs::read_to_string("/proc/stat").ok()?)
}

/// The first line of `proc_stat(5)`: user, nice, system, (idle, waiting,) interrupts, soft ones, stolen.
fn busy(stat: &str) -> Option<f64> {
    let mut fields = stat.lines().next()?.strip_prefix("cpu")?.split_whitespace().map(str::parse::<f64>);
    let mut ticks = 0.0;
    for counts in [true, true, true, false, false, true, true, true] {
        let field = fields.next()?.ok()?;
        ticks += if counts { field } else { 0.0 };
    }
    Some(ticks * TICK_US)
}

fn kib(status: &str, key: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

/// Cores that a process may run on.
pub(crate) fn cores(pid: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    list.trim().split(',').map(span).sum()
}

/// `3` is one, `0-3` are four.
fn span(range: &str) -> Option<u32> {
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    Some(last.parse::<u32>().ok()?.checked_sub(first.parse().ok()?)? + 1)
}

/// Raises the limit of open files as far as a plan needs and the system lets us.
pub(crate) fn allow_files(needed: u64) -> Result<(), LoadError> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    match maximum {
        Some(limit) if limit < needed => Err(LoadError::Files { needed, limit }),
        _ => {
            let raised = Rlimit { current: Some(needed), maximum };
            setrlimit(Resource::Nofile, raised).map_err(system("the limit of open files"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_something() {
        let usage = Usage::of(std::process::id()).unwrap();
        assert!(usage.rss_bytes > 100_000 && usage.peak_bytes >= usage.rss_bytes, "{usage:?}");
        assert!(cores(std::process::id()).unwrap() >= 1);
        assert_eq!(Usage::of(u32::MAX), None);
    }

    #[test]
    fn names_with_spaces_do_not_confuse() {
        assert_eq!(ticks("7 (a) b) S 1 2 3 4 5 6 7 8 9 10 11 12 13 0"), Some((110_000.0, 120_000.0)));
    }

    #[test]
    fn idle_and_waiting_are_not_busy() {
        assert_eq!(busy("cpu  1 2 3 1000 1000 4 5 6 7 8\ncpu0 1 2\n"), Some(210_000.0));
        assert!(machine_us().unwrap() > 0.0);
    }

    #[test]
    fn lists_of_cores_are_counted() {
        assert_eq!("0-1,3,8-11".split(',').map(span).sum::<Option<u32>>(), Some(7));
    }
}
