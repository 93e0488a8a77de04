//! As much of HTTP as asking a Roomcast server at the end takes.

use super::socket::{broken, connect};
use crate::target::Target;
use serde::de::DeserializeOwned;
use std::io::{self, Read, Write};

/// Bytes of the largest answer: a page of the largest messages fits.
const MAX_ANSWER: u64 = 16 << 20;

/// Gets this path and reads the answer's JSON.
pub(super) fn get<T: DeserializeOwned>(target: &Target, path: &str) -> io::Result<T> {
    let mut stream = connect(target, 0)?;
    let host = &target.host;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(MAX_ANSWER).read_to_end(&mut answer)?;
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or_else(|| broken("no answer"))?;
    let status = String::from_utf8_lossy(&answer[..head]);
    if !status.starts_with("HTTP/1.1 200 ") {
        return Err(broken(&format!("{path}: {:?}", status.lines().next().unwrap_or_default())));
    }
    // What was cut off is no JSON; the length need not be looked at.
    serde_json::from_slice(&answer[head + 4..]).map_err(|error| broken(&format!("{path}: {error}")))
}
