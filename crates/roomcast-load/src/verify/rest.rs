//! As much of HTTP as asking a Roomcast server at the end takes.

use super::{
    last::ANSWER,
    socket::{broken, connect},
};
use crate::target::Target;
use serde::de::DeserializeOwned;
use std::{
    io::{self, Read, Write},
    net::TcpStream,
    time::Instant,
};

/// Bytes of the largest answer: a page of the largest messages fits.
const MAX_ANSWER: usize = 16 << 20;
/// Bytes read at a time.
const READ_BYTES: usize = 64 * 1024;

/// Gets this path and reads the answer's JSON.
pub(super) fn get<T: DeserializeOwned>(target: &Target, path: &str) -> io::Result<T> {
    let mut stream = connect(target, 0)?;
    let host = &target.host;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
    let answer = read(&mut stream, Instant::now() + ANSWER)?;
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or_else(|| broken("no answer"))?;
    let status = String::from_utf8_lossy(&answer[..head]);
    if !status.starts_with("HTTP/1.1 200 ") {
        return Err(broken(&format!("{path}: {:?}", status.lines().next().unwrap_or_default())));
    }
    // What was cut off is no JSON; the length need not be looked at.
    serde_json::from_slice(&answer[head + 4..]).map_err(|error| broken(&format!("{path}: {error}")))
}

/// Everything up to the end of the connection.
fn read(stream: &mut TcpStream, until: Instant) -> io::Result<Vec<u8>> {
    let (mut answer, mut buffer) = (Vec::new(), vec![0; READ_BYTES]);
    loop {
        match stream.read(&mut buffer)? {
            0 => return Ok(answer),
            n => answer.extend_from_slice(&buffer[..n]),
        }
        if answer.len() > MAX_ANSWER || Instant::now() >= until {
            return Err(broken("an answer without end"));
        }
    }
}
