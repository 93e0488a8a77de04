//! What to do when a connection cannot be accepted.

use std::{
    io,
    time::{Duration, Instant},
};

/// How a listener behaves after errors: a connection's own does not matter, but without file descriptors or memory the
/// next attempt fails as well, and trying at full speed would only burn the processor.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    n_in_a_row: u32,
    told: Option<Instant>,
}

/// What follows from an error.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Try the next connection.
    Next,
    /// Wait before that; `tell` is set once in a while.
    Wait { wait: Duration, tell: bool },
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(20);
    const LONGEST: Duration = Duration::from_secs(1);
    /// So many connections in a row do not all fail by themselves.
    const SUSPICIOUS: u32 = 16;

    /// At the limit, connections are accepted and not accepted by turns: that is one thing to tell.
    const TELL_AGAIN: Duration = Duration::from_secs(10);

    /// A connection was accepted.
    pub(crate) fn succeed(&mut self) {
        self.n_in_a_row = 0;
    }

    /// A connection was not accepted.
    pub(crate) fn fail(&mut self, error: &io::Error) -> Verdict {
        self.n_in_a_row = self.n_in_a_row.saturating_add(1);
        let exhausted = is_exhaustion(error);
        if !exhausted && self.n_in_a_row < Self::SUSPICIOUS {
            return Verdict::Next;
        }
        let doublings = self.n_in_a_row.saturating_sub(if exhausted { 1 } else { Self::SUSPICIOUS }).min(10);
        let wait = (Self::FIRST * 2_u32.pow(doublings)).min(Self::LONGEST);
        Verdict::Wait { wait, tell: self.tell() }
    }
}

impl Backoff {
    fn tell(&mut self) -> bool {
        let tell = self.told.is_none_or(|told| told.elapsed() >= Self::TELL_AGAIN);
        if tell {
            self.told = Some(Instant::now());
        }
        tell
    }
}

/// Whether the machine or the process has run out of something.
fn is_exhaustion(error: &io::Error) -> bool {
    use rustix::io::Errno;
    [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM]
        .iter()
        .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn out_of_files() -> io::Error {
        io::Error::from_raw_os_error(rustix::io::Errno::MFILE.raw_os_error())
    }

    #[test]
    fn exhaustion_waits_longer_each_time_and_is_told_once_in_a_while() {
        let mut backoff = Backoff::default();
        let wait = |ms, tell| Verdict::Wait { wait: Duration::from_millis(ms), tell };
        assert_eq!(backoff.fail(&out_of_files()), wait(20, true));
        assert_eq!(backoff.fail(&out_of_files()), wait(40, false));
        for _ in 0..100 {
            backoff.fail(&out_of_files());
        }
        assert_eq!(backoff.fail(&out_of_files()), wait(1000, false));
        backoff.succeed();
        assert_eq!(backoff.fail(&out_of_files()), wait(20, false));
    }

    #[test]
    fn a_connections_own_error_delays_nobody_unless_all_fail() {
        let mut backoff = Backoff::default();
        let reset = io::Error::from(io::ErrorKind::ConnectionAborted);
        for _ in 0..15 {
            assert_eq!(backoff.fail(&reset), Verdict::Next);
        }
        assert!(matches!(backoff.fail(&reset), Verdict::Wait { tell: true, .. }));
    }
}
