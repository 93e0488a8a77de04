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

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{extract::FromRequestParts, http::Request};

    #[tokio::test]
    async fn what_is_asked_for_is_lowered_to_the_most() {
        for (query, limit) in [
            ("", Some(5)),
            ("?limit=1", Some(1)),
            ("?limit=9", Some(9)),
            ("?limit=10", Some(9)),
            ("?limit=0", None),
        ] {
            let (mut parts, ()) = Request::get(format!("/{query}")).body(()).unwrap().into_parts();
            let query = Query::from_request_parts(&mut parts, &()).await.unwrap();
            assert_eq!(of(&query, 5, 9).ok(), limit, "{query:?}");
        }
    }
}
