//! Errors that axum or the router make themselves: they are dressed as problems.

use super::{MEDIA_TYPE, Problem};
use axum::{
    body::HttpBody,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use std::borrow::Cow;

/// The answer to a path that leads nowhere.
pub(crate) async fn no_such_endpoint() -> Problem {
    Problem::of_status(StatusCode::NOT_FOUND, "nothing is here; see /api/v1/openapi.json for what is")
}

/// Dresses errors that axum itself makes (a wrong method, a body that cannot be read): they come as plain text or empty.
pub(crate) async fn of_bare_errors(response: Response) -> Response {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_error || response.headers().get(header::CONTENT_TYPE).is_some_and(|found| found == MEDIA_TYPE) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let detail = match status {
        StatusCode::METHOD_NOT_ALLOWED => {
            Cow::Borrowed("this path takes another method, see the header `allow`")
        }
        _ if status.is_client_error() => text_of(body).await,
        _ => Cow::Borrowed("the server failed"),
    };
    let problem = Problem::of_status(status, detail).into_response();
    parts.headers.remove(header::CONTENT_LENGTH);
    let (problem, body) = problem.into_parts();
    parts.headers.extend(problem.headers);
    Response::from_parts(parts, body)
}

/// What a rejection of axum says about itself; it is short, and speaks of the request only.
async fn text_of(body: axum::body::Body) -> Cow<'static, str> {
    const MOST: u64 = 1024;
    if body.size_hint().upper().is_none_or(|bytes| bytes == 0 || bytes > MOST) {
        return Cow::Borrowed("this request cannot be served");
    }
    let bytes = axum::body::to_bytes(body, MOST as usize).await.unwrap_or_default();
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{Json, Router, body::Body, http::Request, routing};
    use roomcast_protocol::ErrorCode;
    use std::time::Duration;
    use tower::ServiceExt;

    #[tokio::test]
    async fn a_long_text_is_not_repeated() {
        let told = async |length| text_of(Body::from("x".repeat(length))).await.len();
        assert_eq!(told(1024).await, 1024);
        assert_eq!(told(1025).await, "this request cannot be served".len());
    }

    async fn answer(request: Request<Body>) -> (StatusCode, axum::http::HeaderMap, serde_json::Value) {
        let echo = async |Json(value): Json<serde_json::Value>| Json(value);
        let limited =
            async || Problem::new(ErrorCode::RateLimited, "slowly").retry_after(Duration::from_millis(1200));
        let app = Router::new().route("/echo", routing::post(echo)).route("/limited", routing::get(limited));
        let response = crate::http::with_manners(app).oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 10_000).await.unwrap();
        (parts.status, parts.headers, serde_json::from_slice(&body).unwrap())
    }

    fn request(method: &str, path: &str, body: &'static str) -> Request<Body> {
        Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json")
            .body(body.into())
            .unwrap()
    }

    #[tokio::test]
    async fn every_error_is_a_problem() {
        for (request, status, code) in [
            (request("GET", "/nowhere", ""), 404, "not_found"),
            (request("GET", "/echo", ""), 405, "method_not_allowed"),
            (request("POST", "/echo", "{"), 400, "bad_frame"),
            (request("GET", "/limited", ""), 429, "rate_limited"),
        ] {
            let (found, headers, body) = answer(request).await;
            assert_eq!(found.as_u16(), status);
            assert_eq!(headers["content-type"], "application/problem+json");
            assert_eq!(body["code"], code, "{body}");
            assert_eq!(body["status"], status);
            assert!(body["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{body}");
        }
    }

    #[tokio::test]
    async fn the_headers_of_the_answer_are_kept() {
        let (_, headers, _) = answer(request("GET", "/echo", "")).await;
        assert_eq!(headers["allow"], "POST");
        let (_, headers, body) = answer(request("GET", "/limited", "")).await;
        assert_eq!(headers["retry-after"], "2");
        assert_eq!(body["retry_after_ms"], 1200);
    }
}
