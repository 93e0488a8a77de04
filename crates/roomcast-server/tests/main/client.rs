//! Talks to a running server: HTTP word for word, and WebSockets one frame at a time.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};
use tokio_tungstenite::tungstenite;

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
    stream
}

/// An answer, taken apart.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// Sends what stands there and reads until the server closes.
pub(crate) fn exchange(address: SocketAddr, request: &str) -> Answer {
    let mut stream = connect(address);
    // the server may answer and close before it has read all of it
    let _ = stream.write_all(request.as_bytes());
    read_answer(&mut stream)
}

pub(crate) fn read_answer(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    while let Ok(n @ 1..) = stream.read(&mut chunk) {
        bytes.extend_from_slice(&chunk[..n]);
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_lowercase(), body: body.to_owned() }
}

pub(crate) fn get(address: SocketAddr, path: &str) -> Answer {
    exchange(address, &format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"))
}

/// Sends a request with a body, or without.
pub(crate) fn ask(address: SocketAddr, method: &str, path: &str, headers: &[&str], body: &str) -> Answer {
    let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    );
    exchange(address, &request)
}

/// Posts JSON.
pub(crate) fn post(address: SocketAddr, path: &str, body: &serde_json::Value) -> Answer {
    ask(address, "POST", path, &["Content-Type: application/json"], &body.to_string())
}

/// The numbers of all messages of a room that are kept, page by page.
pub(crate) fn numbers(address: SocketAddr, room: &str) -> Vec<u64> {
    let mut seqs: Vec<u64> = Vec::new();
    loop {
        let after = seqs.last().copied().unwrap_or(0);
        let page = get(address, &format!("/api/v1/rooms/{room}/messages?limit=200&after={after}")).json();
        seqs.extend(page["messages"].as_array().unwrap().iter().map(|it| it["seq"].as_u64().unwrap()));
        if page["more"] == false {
            return seqs;
        }
    }
}

impl Answer {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Status and code of a problem.
    pub(crate) fn problem(&self) -> (u16, String) {
        assert!(self.head.contains("content-type: application/problem+json"), "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status, "{self:?}");
        (self.status, problem["code"].as_str().unwrap().to_owned())
    }
}

/// A WebSocket client that is asked one thing at a time.
pub(crate) struct Socket(tungstenite::WebSocket<TcpStream>);

impl Socket {
    pub(crate) fn open(address: SocketAddr, path: &str) -> Self {
        Self::try_open(address, path).unwrap()
    }

    pub(crate) fn try_open(address: SocketAddr, path: &str) -> Result<Self, String> {
        let opened = tungstenite::client(format!("ws://{address}{path}"), connect(address));
        opened.map(|(socket, _)| Self(socket)).map_err(|error| error.to_string())
    }

    pub(crate) fn send(&mut self, frame: &serde_json::Value) {
        self.0.send(frame.to_string().into()).unwrap();
    }

    /// The next frame of a type.
    pub(crate) fn expect(&mut self, kind: &str) -> serde_json::Value {
        loop {
            let frame: serde_json::Value =
                serde_json::from_str(self.0.read().unwrap().to_text().unwrap()).unwrap();
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// Says something, and gives the number that it got.
    pub(crate) fn say(&mut self, content: &str, nonce: &str) -> u64 {
        self.send(&serde_json::json!({"type": "message", "content": content, "nonce": nonce, "id": 1}));
        self.expect("ack")["seq"].as_u64().unwrap()
    }

    /// The code that the server closes with.
    pub(crate) fn close_code(&mut self) -> u16 {
        loop {
            if let tungstenite::Message::Close(frame) = self.0.read().unwrap() {
                return frame.unwrap().code.into();
            }
        }
    }
}
