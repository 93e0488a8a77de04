//! HTTP/1.1 as far as a witness needs it: one request, one connection, and everything that came back.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// An answer, whole.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The header lines, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, without its transfer coding.
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        let json = serde_json::from_slice(&self.body);
        assert!(json.is_ok(), "not JSON: {} {:?} {}", self.status, self.headers, self.text());
        json.unwrap_or_default()
    }

    /// The `code` of a problem (RFC 9457), after a look at its media type and status.
    pub fn problem(&self) -> String {
        let kind = self.header("content-type").unwrap_or_default();
        assert!(kind.starts_with("application/problem+json"), "{} {kind:?}: {}", self.status, self.text());
        let problem = self.json();
        assert_eq!(problem["status"], self.status, "{problem}");
        problem["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// GET, which must be answered.
pub async fn get(address: SocketAddr, path: &str) -> Answer {
    try_get(address, path).await.expect("an answer")
}

/// GET, where the server may not be there.
pub async fn try_get(address: SocketAddr, path: &str) -> io::Result<Answer> {
    send(address, &format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")).await
}

/// POST of a JSON value.
pub async fn post(address: SocketAddr, path: &str, body: &Value) -> Answer {
    post_text(address, path, "application/json", &body.to_string()).await
}

/// PATCH of a JSON value.
pub async fn patch(address: SocketAddr, path: &str, body: &Value) -> Answer {
    let body = body.to_string();
    let head = format!("PATCH {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    let length = body.len();
    let request = format!("{head}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}");
    send(address, &request).await.expect("an answer")
}

/// DELETE.
pub async fn delete(address: SocketAddr, path: &str) -> Answer {
    let request = format!("DELETE {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    send(address, &request).await.expect("an answer")
}

/// POST of anything.
pub async fn post_text(address: SocketAddr, path: &str, kind: &str, body: &str) -> Answer {
    let length = body.len();
    let head = format!("POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    let request = format!("{head}Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}");
    send(address, &request).await.expect("an answer")
}

/// Sends a request word for word and reads the answer.
pub async fn send(address: SocketAddr, request: &str) -> io::Result<Answer> {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(request.as_bytes()).await?;
        read_answer(&mut stream).await.map(|(answer, _)| answer)
    };
    timeout(Duration::from_secs(10), exchange).await?
}

/// Reads one answer, and returns what came behind its head when it is a 101.
pub async fn read_answer(stream: &mut TcpStream) -> io::Result<(Answer, Vec<u8>)> {
    let mut bytes = Vec::new();
    let end = read_head(stream, &mut bytes).await?;
    let mut answer = parse_head(&String::from_utf8_lossy(&bytes[..end]))?;
    let rest = bytes.split_off(end + 4);
    if answer.status == 101 {
        return Ok((answer, rest));
    }
    answer.body = read_body(stream, &answer, rest).await?;
    Ok((answer, Vec::new()))
}

async fn read_head(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> io::Result<usize> {
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            return Ok(end);
        }
        if stream.read_buf(bytes).await? == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "closed before the end of the head"));
        }
    }
}

fn parse_head(head: &str) -> io::Result<Answer> {
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|word| word.parse().ok());
    let status = status.ok_or_else(|| io::Error::other(format!("not an HTTP answer: {head}")))?;
    let headers = lines.filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
    Ok(Answer { status, headers, body: Vec::new() })
}

async fn read_body(stream: &mut TcpStream, answer: &Answer, mut body: Vec<u8>) -> io::Result<Vec<u8>> {
    let length = answer.header("content-length").and_then(|length| length.parse::<usize>().ok());
    while length.is_none_or(|length| body.len() < length) {
        if stream.read_buf(&mut body).await? == 0 {
            break;
        }
        if answer.header("transfer-encoding") == Some("chunked") && body.ends_with(b"0\r\n\r\n") {
            break;
        }
    }
    Ok(if answer.header("transfer-encoding") == Some("chunked") { unchunk(&body) } else { body })
}

fn unchunk(mut chunked: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = chunked.windows(2).position(|two| two == b"\r\n") {
        let size = String::from_utf8_lossy(&chunked[..end]).into_owned();
        let size = usize::from_str_radix(size.trim(), 16).expect("a chunk starts with its size");
        if size == 0 {
            break;
        }
        body.extend_from_slice(&chunked[end + 2..end + 2 + size]);
        chunked = &chunked[end + 4 + size..];
    }
    body
}
