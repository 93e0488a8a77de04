//! The limits of the test process itself.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Lifts the soft limit on open files to the hard one: a thousand clients are a thousand sockets.
pub fn raise_open_files() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).expect("the soft limit may rise to the hard one");
}
