//! Open files: every connection is one, and a process often may have fewer than the configuration promises.

use crate::listener::MOST_REFUSALS;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::num::NonZeroU32;

/// Files that the server needs besides connections: its listeners, its data, its log, whoever asks for its health.
const RESERVE: u64 = 64;

/// Raises this process's limit to what so many connections need, as far as the system lets it. Where that is not far
/// enough it warns, and returns how many connections there is room for: one more is then refused with a word, instead of
/// waiting for a file that never comes, and health and data have theirs.
pub(super) fn make_room(connections: NonZeroU32, shards: usize) -> NonZeroU32 {
    let reserve = RESERVE + (shards * MOST_REFUSALS) as u64;
    let needed = u64::from(connections.get()) + reserve;
    let limit = getrlimit(Resource::Nofile);
    let raised = raised(&limit, needed);
    if raised != limit.current && setrlimit(Resource::Nofile, Rlimit { current: raised, ..limit }).is_err() {
        tracing::debug!("the limit of open files stays as it is");
    }
    let open_files = getrlimit(Resource::Nofile).current;
    let room = room(open_files, reserve, connections);
    if room < connections {
        tracing::warn!(
            open_files,
            wanted = connections,
            connections = room,
            "too few files may be open for so many connections: raise `ulimit -n`"
        );
    }
    room
}

/// The new soft limit; none is no limit.
fn raised(limit: &Rlimit, needed: u64) -> Option<u64> {
    let current = limit.current?;
    Some(current.max(needed.min(limit.maximum.unwrap_or(u64::MAX))))
}

/// How many of the connections fit; one always does.
fn room(open_files: Option<u64>, reserve: u64, connections: NonZeroU32) -> NonZeroU32 {
    let room = open_files.map_or(u64::MAX, |most| most.saturating_sub(reserve));
    let room = u32::try_from(room).unwrap_or(u32::MAX).min(connections.get());
    NonZeroU32::new(room).unwrap_or(NonZeroU32::MIN)
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

    #[test]
    fn as_many_connections_as_there_are_files_for_besides_the_reserve() {
        let room = |open_files, wanted| room(open_files, 128, NonZeroU32::new(wanted).unwrap()).get();
        assert_eq!(room(Some(20_000), 10_000), 10_000);
        assert_eq!(room(None, 10_000), 10_000);
        assert_eq!(room(Some(1024), 10_000), 896);
        assert_eq!(room(Some(100), 10_000), 1);
    }
}
