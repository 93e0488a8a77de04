//! A history that was kept.

use super::{Checker, Event, Malformed, Tolerance, Verdict};
use std::io::{self, BufRead, Read};

/// Bytes of the longest line that is read.
const MAX_LINE: u64 = 64 * 1024;

/// Why a history cannot be judged.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The file cannot be read.
    #[error("the history cannot be read: {0}")]
    Read(#[from] io::Error),
    /// A line is no event, or none that can stand there.
    #[error("line {line} of the history: {why}")]
    Line {
        /// Which, from 1 on.
        line: u64,
        /// What is wrong with it.
        why: String,
    },
    /// It does not hold enough.
    #[error("{0}")]
    Empty(#[from] Malformed),
}

/// Judges a history that was kept as JSON lines.
///
/// # Errors
/// It cannot be read, or is not one.
pub fn judge(history: &mut impl BufRead, tolerance: Tolerance) -> Result<Verdict, HistoryError> {
    let mut checker = Checker::new(tolerance);
    let mut line = String::new();
    for number in 1.. {
        line.clear();
        if history.by_ref().take(MAX_LINE).read_line(&mut line)? == 0 {
            break;
        }
        take(&mut checker, &line).map_err(|why| HistoryError::Line { line: number, why })?;
    }
    Ok(checker.finish()?)
}

fn take(checker: &mut Checker, line: &str) -> Result<(), String> {
    if line.len() as u64 == MAX_LINE && !line.ends_with('\n') {
        return Err(format!("it is longer than {MAX_LINE} bytes"));
    }
    let event: Event<'_> = serde_json::from_str(line).map_err(|error| error.to_string())?;
    checker.take(&event).map_err(|malformed| malformed.to_string())
}
