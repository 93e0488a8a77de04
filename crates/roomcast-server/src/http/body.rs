//! A JSON body, read strictly: said to be JSON, of a bounded size, and with nothing in it that we do not know, so that
//! a mistyped or an invented field is heard of.

use super::Problem;
use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use roomcast_protocol::ErrorCode;
use serde::de::DeserializeOwned;
use std::time::Duration;
use tokio::time::timeout;

/// How long a body may be.
pub(crate) const MOST_BYTES: usize = 64 * 1024;
/// How long it may take to come: it holds a place under the caps.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A body of type `T`, which must refuse fields that it does not know.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        if !is_json(request.headers()) {
            return Err(not_json().into_response());
        }
        let bytes = timeout(TIMEOUT, Bytes::from_request(request, state)).await;
        let bytes = bytes.map_err(|_| late().into_response())?.map_err(IntoResponse::into_response)?;
        let value = serde_json::from_slice(&bytes).map(Self);
        value.map_err(|error| Problem::new(ErrorCode::BadFrame, error.to_string()).into_response())
    }
}

fn not_json() -> Problem {
    let detail = "the body must be JSON: send the header `Content-Type: application/json`";
    Problem::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail)
}

fn late() -> Problem {
    Problem::of_status(StatusCode::REQUEST_TIMEOUT, "the body did not come in time")
}

/// Only this type: a browser asks the server before it sends it from another site's page (Fetch, "CORS-safelisted").
fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}
