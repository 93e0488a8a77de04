//! Errors over HTTP: `application/problem+json` (RFC 9457) with a stable `code`.

mod bare;

pub(crate) use bare::{no_such_endpoint, of_bare_errors};

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use roomcast_protocol::ErrorCode;
use serde::Serialize;
use std::{borrow::Cow, time::Duration};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

/// The media type of a problem.
pub const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

/// Why a request failed, as its sender is told.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: Cow<'static, str>,
    retry_after: Option<Duration>,
    challenge: &'static str,
}

/// What a 401 asks for (RFC 6750 §3), where no token was tried.
const CHALLENGE: &str = r#"Bearer realm="roomcast""#;

/// A problem (RFC 9457).
#[derive(Serialize, ToSchema)]
struct Body<'a> {
    /// Nothing beyond the status.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// The status.
    status: u16,
    /// For programs; stable. Those of the frame `error`, and what only HTTP has: `not_found`, `method_not_allowed`,
    /// `upgrade_required`.
    code: &'a str,
    /// For people.
    detail: &'a str,
    /// After how many milliseconds it is worth another try.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
}

impl Problem {
    /// A problem with one of the codes that the sockets use, too.
    pub fn new(code: ErrorCode, detail: impl Into<Cow<'static, str>>) -> Self {
        let status = StatusCode::from_u16(code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, code: code.as_str(), detail: detail.into(), retry_after: None, challenge: CHALLENGE }
    }

    /// A problem that only HTTP has, or whose status says more than its code.
    pub fn of_status(status: StatusCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code: code_of(status), detail: detail.into(), retry_after: None, challenge: CHALLENGE }
    }

    /// The same, with another status.
    #[must_use]
    pub fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// The same, worth another try after a while.
    #[must_use]
    pub fn retry_after(self, wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..self }
    }

    /// The same, with what is asked for if it is a 401.
    #[must_use]
    pub(crate) fn challenge(self, challenge: &'static str) -> Self {
        Self { challenge, ..self }
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// As JSON.
    pub fn to_json(&self) -> String {
        let body = Body {
            kind: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            code: self.code,
            detail: &self.detail,
            retry_after_ms: self.retry_after.map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
        };
        serde_json::to_string(&body).unwrap_or_default()
    }

    /// `Retry-After`, in whole seconds, at least one.
    pub(crate) fn retry_after_s(&self) -> Option<u64> {
        self.retry_after.map(|wait| (wait + Duration::from_millis(999)).as_secs().max(1))
    }
}

impl PartialSchema for Problem {
    fn schema() -> RefOr<Schema> {
        Body::schema()
    }
}

impl ToSchema for Problem {}

impl From<roomcast::Refusal> for Problem {
    fn from(refusal: roomcast::Refusal) -> Self {
        Self { retry_after: refusal.retry_after, ..Self::new(refusal.code, refusal.message) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let headers = [
            (header::CONTENT_TYPE, MEDIA_TYPE),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        let mut response = (self.status, headers, self.to_json()).into_response();
        if let Some(seconds) = self.retry_after_s() {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static(self.challenge);
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// The code that comes nearest to a status.
fn code_of(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => ErrorCode::Unauthenticated.as_str(),
        403 => ErrorCode::Forbidden.as_str(),
        404 => "not_found",
        405 => "method_not_allowed",
        413 => ErrorCode::TooLarge.as_str(),
        426 => "upgrade_required",
        429 => ErrorCode::RateLimited.as_str(),
        503 => ErrorCode::Unavailable.as_str(),
        400..=499 => ErrorCode::BadFrame.as_str(),
        _ => ErrorCode::Internal.as_str(),
    }
}
