//! How much one answer may hold.

use crate::http::{Problem, query::Query};
use roomcast_protocol::ErrorCode;

/// `limit` of a query: as many as asked for, up to the most that there are in one answer.
pub(super) fn of(query: &Query, default: usize, most: usize) -> Result<usize, Problem> {
    match query.number("limit")? {
        None => Ok(default),
        Some(0) => Err(Problem::new(ErrorCode::BadFrame, "`limit` must be at least 1")),
        Some(asked) => Ok(usize::try_from(asked).map_or(most, |asked| asked.min(most))),
    }
}
