//! Headers on every answer, errors too, that tell a browser what our pages never do.

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::Response,
};

/// What a page may load and do: its own files, nothing inline, no HTML from strings, in nobody's frame.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     img-src 'self' blob: data:; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";

/// All of them.
pub const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY)),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
];

/// Adds them.
pub(crate) async fn add(mut response: Response) -> Response {
    response.headers_mut().extend(HEADERS);
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{Router, body::Body, http::Request, routing::get};
    use tower::ServiceExt;

    #[tokio::test]
    async fn s21_every_answer_has_them() {
        let app = crate::http::with_manners(Router::new().route("/", get(async || "page")));
        for (method, path) in [("GET", "/"), ("HEAD", "/"), ("GET", "/nowhere"), ("POST", "/")] {
            let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
            let response = app.clone().oneshot(request).await.unwrap();
            for (name, value) in &HEADERS {
                let found: Vec<_> = response.headers().get_all(name).iter().collect();
                assert_eq!(found, [value], "{method} {path} {name}");
            }
        }
    }

    #[test]
    fn s21_nothing_inline_is_allowed() {
        for word in ["unsafe-inline", "unsafe-eval", "*", "http:"] {
            assert!(!CONTENT_SECURITY_POLICY.contains(word));
        }
    }
}
