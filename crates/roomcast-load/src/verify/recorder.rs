//! Takes what all clients do and see: to the checker at once, and to the file where one is kept.

use super::VerifyError;
use crate::history::{Checker, Event, Malformed, Tolerance, Verdict};
use std::{
    fs::File,
    io::{self, BufWriter, Write},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};

/// The history as it grows.
#[derive(Debug)]
pub(super) struct Recorder {
    began: Instant,
    connections: AtomicU64,
    failed: AtomicBool,
    taken: Mutex<Taken>,
}

#[derive(Debug)]
struct Taken {
    checker: Checker,
    file: Option<BufWriter<File>>,
    failure: Option<VerifyError>,
}

impl Recorder {
    pub(super) fn new(tolerance: Tolerance, file: Option<BufWriter<File>>) -> Self {
        let taken = Taken { checker: Checker::new(tolerance), file, failure: None };
        let (connections, failed) = (AtomicU64::new(0), AtomicBool::new(false));
        Self { began: Instant::now(), connections, failed, taken: Mutex::new(taken) }
    }

    /// Nanoseconds since the run began.
    pub(super) fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// A number for a new connection.
    pub(super) fn next_connection(&self) -> u64 {
        self.connections.fetch_add(1, Ordering::Relaxed)
    }

    /// Takes an event. After the first failure, which [`finish`](Self::finish) tells, none is taken.
    pub(super) fn take(&self, event: &Event<'_>) {
        let mut taken = self.lock();
        if taken.failure.is_some() {
            return;
        }
        if let Err(failure) = taken.take(event) {
            taken.failure = Some(failure);
            self.failed.store(true, Ordering::Relaxed);
        }
    }

    /// There is no sense in going on.
    pub(super) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    /// Judges.
    pub(super) fn finish(self) -> Result<Verdict, VerifyError> {
        let taken = self.taken.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(failure) = taken.failure {
            return Err(failure);
        }
        taken.file.map(|mut file| file.flush()).transpose()?;
        Ok(taken.checker.finish()?)
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    fn take(&mut self, event: &Event<'_>) -> Result<(), VerifyError> {
        if let Some(file) = &mut self.file {
            write(file, event)?;
        }
        self.checker.take(event).map_err(|Malformed(why)| VerifyError::Empty(Malformed(why)))
    }
}

fn write(file: &mut BufWriter<File>, event: &Event<'_>) -> io::Result<()> {
    serde_json::to_writer(&mut *file, event)?;
    file.write_all(b"\n")
}
