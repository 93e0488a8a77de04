//! Answers that a client has already (RFC 9110 §13.1.2).

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

/// The tag of a content, by its name in hexadecimal or any other text without quotes.
pub(crate) fn tag(name: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{name}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// The content, or 304 where the client has it. Names do not change with the content, so a client asks each time.
pub(crate) fn answer(headers: &HeaderMap, tag: HeaderValue, content: impl IntoResponse) -> Response {
    let known = is_known(headers, &tag);
    let cache = [(header::CACHE_CONTROL, HeaderValue::from_static("no-cache")), (header::ETAG, tag)];
    if known { (StatusCode::NOT_MODIFIED, cache).into_response() } else { (cache, content).into_response() }
}

/// Whether the client has this version already; compared weakly.
fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let lists = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|list| list.to_str().ok());
    let mut tags = lists.flat_map(|list| list.split(',')).map(|one| one.trim().trim_start_matches("W/"));
    tags.any(|one| one == "*" || one.as_bytes() == tag.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_compared_weakly() {
        let tag = tag("abc");
        let known = |text: &'static str| {
            is_known(&HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_static(text))]), &tag)
        };
        assert!(known("\"abc\"") && known("W/\"abc\"") && known("\"x\", \"abc\"") && known("*"));
        assert!(!known("\"x\"") && !known("abc"));
    }
}
