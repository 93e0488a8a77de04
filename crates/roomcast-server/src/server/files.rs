//! Open files: every connection is one, and a process often may have fewer than the configuration promises.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that the server needs besides connections: its listeners, its data, its log.
const RESERVE: u64 = 64;

/// Raises this process's limit to what so many connections need, as far as the system lets it, and warns where that is
/// not far enough.
pub(super) fn make_room(connections: u32) {
    let needed = u64::from(connections) + RESERVE;
    let limit = getrlimit(Resource::Nofile);
    let raised = raised(&limit, needed);
    if raised != limit.current && setrlimit(Resource::Nofile, Rlimit { current: raised, ..limit }).is_err() {
        tracing::debug!("the limit of open files stays as it is");
    }
    if let Some(most) = getrlimit(Resource::Nofile).current.filter(|most| *most < needed) {
        tracing::warn!(
            open_files = most,
            connections,
            "fewer files may be open than connections are allowed: raise `ulimit -n`"
        );
    }
}

/// The new soft limit; none is no limit.
fn raised(limit: &Rlimit, needed: u64) -> Option<u64> {
    let current = limit.current?;
    Some(current.max(needed.min(limit.maximum.unwrap_or(u64::MAX))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_raised_as_far_as_needed_and_allowed() {
        let limit = |current, maximum| Rlimit { current, maximum };
        assert_eq!(raised(&limit(Some(1024), Some(4096)), 2000), Some(2000));
        assert_eq!(raised(&limit(Some(1024), Some(4096)), 10_000), Some(4096));
        assert_eq!(raised(&limit(Some(1024), None), 10_000), Some(10_000));
        assert_eq!(raised(&limit(Some(20_000), Some(20_000)), 10_000), Some(20_000));
        assert_eq!(raised(&limit(None, None), 10_000), None);
    }
}
