use super::*;
use crate::history::{Hash, MAX_FINDINGS, Position, Source, Via};
use roomcast_protocol::server::Reason;

mod plant;
mod random;
mod story;

/// Judges, and tells the checks that are red.
#[track_caller]
fn red(history: &[Event<'_>], tolerance: Tolerance) -> Vec<Check> {
    let verdict = judged(history, tolerance);
    assert_eq!(verdict.kept, verdict.broken().next().is_none());
    verdict.broken().collect()
}

#[track_caller]
fn judged(history: &[Event<'_>], tolerance: Tolerance) -> Verdict {
    let mut checker = Checker::new(tolerance);
    for event in history {
        checker.take(event).unwrap_or_else(|malformed| panic!("{event:?}: {malformed}"));
    }
    checker.finish().unwrap()
}
