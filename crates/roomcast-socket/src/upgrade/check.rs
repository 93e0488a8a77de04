//! What makes a request a WebSocket handshake.

use super::Refused;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header, request::Parts};
use base64::{Engine, engine::general_purpose::STANDARD};
use sha1::{Digest, Sha1};

/// RFC 6455 §1.3.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

pub(super) fn refuse(status: StatusCode, reason: &'static str) -> Refused {
    Refused { status, reason }
}

/// RFC 6455 §4.2.1, strictly. The value of `Sec-WebSocket-Accept`.
pub(super) fn check(parts: &Parts) -> Result<HeaderValue, Refused> {
    let bad = |reason| refuse(StatusCode::BAD_REQUEST, reason);
    let required = |reason| refuse(StatusCode::UPGRADE_REQUIRED, reason);
    let headers = &parts.headers;
    if parts.method != Method::GET {
        return Err(refuse(StatusCode::METHOD_NOT_ALLOWED, "a WebSocket begins with GET"));
    }
    if parts.version != Version::HTTP_11 {
        return Err(required("a WebSocket begins with HTTP/1.1"));
    }
    if !has_token(headers, header::CONNECTION, "upgrade") || !has_token(headers, header::UPGRADE, "websocket")
    {
        return Err(required("this is a WebSocket: ask for an upgrade"));
    }
    if headers.get_all(header::HOST).iter().count() != 1 {
        return Err(bad("exactly one Host header is needed"));
    }
    if only(headers, &header::SEC_WEBSOCKET_VERSION).is_none_or(|v| v != "13") {
        return Err(required("this server speaks WebSocket version 13"));
    }
    let key =
        only(headers, &header::SEC_WEBSOCKET_KEY).ok_or(bad("exactly one Sec-WebSocket-Key is needed"))?;
    if STANDARD.decode(key).map_or(0, |k| k.len()) != 16 {
        return Err(bad("Sec-WebSocket-Key is not 16 bytes in base64"));
    }
    let digest = STANDARD.encode(Sha1::new().chain_update(key).chain_update(GUID).finalize());
    HeaderValue::from_str(&digest).map_err(|_| bad("Sec-WebSocket-Key is not 16 bytes in base64"))
}

fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

/// The comma-separated tokens of all lines of a header (RFC 9110 §5.6.1).
pub(super) fn tokens(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(name).into_iter().filter_map(|v| v.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim).filter(|t| !t.is_empty())
}

fn has_token(headers: &HeaderMap, name: HeaderName, token: &str) -> bool {
    tokens(headers, name).any(|t| t.eq_ignore_ascii_case(token))
}
