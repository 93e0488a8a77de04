//! How the server ends, in two stages: first it takes nothing new and lets what runs finish, then it ends.

use std::{io, time::Duration};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};

/// How long requests that have begun may take, once the server stops.
pub const REQUESTS_LIMIT: Duration = Duration::from_secs(2);
/// How long connections may take to end after that. Both together leave time for the store, within ten seconds.
pub const GOODBYE_LIMIT: Duration = Duration::from_secs(5);

/// The two stages, as everyone sees them.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    drain: CancellationToken,
    end: CancellationToken,
    by_signal: bool,
}

impl Stop {
    /// One that nobody but its owner triggers.
    pub fn new() -> Self {
        Self::default()
    }

    /// One that SIGTERM and SIGINT trigger as well, while [`Signals::watch`] runs.
    pub fn by_signal() -> Self {
        Self { by_signal: true, ..Self::default() }
    }

    /// First stage: take nothing new, finish what runs.
    pub fn drain(&self) {
        self.drain.cancel();
    }

    /// Second stage: end, whatever runs.
    pub fn end(&self) {
        self.drain.cancel();
        self.end.cancel();
    }

    /// Waits for the first stage.
    pub fn draining(&self) -> WaitForCancellationFuture<'_> {
        self.drain.cancelled()
    }

    /// Whether the first stage has begun.
    pub fn is_draining(&self) -> bool {
        self.drain.is_cancelled()
    }

    /// Waits for the second stage.
    pub fn ended(&self) -> WaitForCancellationFuture<'_> {
        self.end.cancelled()
    }

    /// From here on SIGTERM and SIGINT wait to be heard by [`Signals::watch`], if this is to hear them.
    ///
    /// # Errors
    /// When the operating system lets nobody listen for signals.
    pub fn signals(&self) -> io::Result<Option<Signals>> {
        if !self.by_signal {
            return Ok(None);
        }
        Ok(Some(Signals {
            stop: self.clone(),
            term: signal(SignalKind::terminate())?,
            int: signal(SignalKind::interrupt())?,
        }))
    }
}

/// Signals that end the server.
#[derive(Debug)]
pub struct Signals {
    stop: Stop,
    term: Signal,
    int: Signal,
}

impl Signals {
    /// The first signal begins the first stage; a second one ends the process at once.
    pub async fn watch(mut self) {
        let name = either(&mut self.term, &mut self.int).await;
        let limit_s = (REQUESTS_LIMIT + GOODBYE_LIMIT).as_secs();
        tracing::info!(signal = name, limit_s, "stopping; once more to stop at once");
        self.stop.drain();
        either(&mut self.term, &mut self.int).await;
        tracing::warn!("stopped before everything was finished");
        std::process::exit(1)
    }
}

async fn either(term: &mut Signal, int: &mut Signal) -> &'static str {
    tokio::select! {
        _ = term.recv() => "SIGTERM",
        _ = int.recv() => "SIGINT",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_second_stage_includes_the_first() {
        let stop = Stop::new();
        stop.drain();
        stop.draining().await;
        assert!(tokio::time::timeout(Duration::from_millis(5), stop.ended()).await.is_err());
        let other = Stop::new();
        other.clone().end();
        other.draining().await;
        other.ended().await;
    }
}
