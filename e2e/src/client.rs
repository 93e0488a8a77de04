//! A client with manners, by a WebSocket library that is not the server's.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::Server;

/// How long a test waits for a frame that should come. Generous: the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a connection brings.
#[derive(Debug, Clone, PartialEq)]
pub enum Incoming {
    /// A frame of the protocol.
    Frame(Value),
    /// The end, with the code of the close frame where there was one.
    Closed(Option<u16>),
}

/// One connection.
#[derive(Debug)]
pub struct Client {
    socket: WebSocketStream<TcpStream>,
    unread: VecDeque<Value>,
}

impl Client {
    /// `/chat/{room}?user={user}`, read up to the newcomer's own `join`.
    pub async fn chat(server: &Server, room: &str, user: &str) -> Self {
        let mut client = Self::open(server.address(), &format!("/chat/{room}?user={user}")).await;
        client
            .expect_where(&format!("join of {user}"), |it| it["type"] == "join" && it["user"] == user)
            .await;
        client
    }

    /// A further tab of somebody who is in the room already: nobody joins, so it is read up to `presence`.
    pub async fn tab(server: &Server, room: &str, user: &str) -> Self {
        let mut client = Self::open(server.address(), &format!("/chat/{room}?user={user}")).await;
        client.expect("presence").await;
        client
    }

    /// `/ws?user={user}`, read up to `hello`.
    pub async fn ws(server: &Server, user: &str) -> Self {
        let mut client = Self::open(server.address(), &format!("/ws?user={user}")).await;
        client.expect("hello").await;
        client
    }

    /// Opens a path that must be there.
    pub async fn open(address: SocketAddr, path: &str) -> Self {
        Self::try_open(address, path).await.expect("the server takes the connection")
    }

    /// Opens a path with further headers.
    pub async fn open_with(address: SocketAddr, path: &str, headers: &[(&'static str, &str)]) -> Self {
        Self::try_open_with(address, path, headers).await.expect("the server takes the connection")
    }

    /// Opens a path where the server may refuse, or not be there.
    pub async fn try_open(address: SocketAddr, path: &str) -> Result<Self, Error> {
        Self::try_open_with(address, path, &[]).await
    }

    /// The same, with further headers.
    pub async fn try_open_with(
        address: SocketAddr,
        path: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, Error> {
        let mut request = format!("ws://{address}{path}").into_client_request()?;
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().expect("a header's value"));
        }
        let connect = async {
            let stream = TcpStream::connect(address).await.map_err(Error::Io)?;
            stream.set_nodelay(true).map_err(Error::Io)?;
            client_async(request, stream).await
        };
        let (socket, _) = timeout(PATIENCE, connect).await.map_err(|late| Error::Io(late.into()))??;
        Ok(Self { socket, unread: VecDeque::new() })
    }

    /// Joins a room on a `/ws` connection and returns `joined`.
    pub async fn join(&mut self, room: &str) -> Value {
        self.send(json!({"type": "join", "room": room, "id": format!("join {room}")})).await;
        self.expect_where("joined", |frame| frame["type"] == "joined" && frame["room"] == room).await
    }

    /// Sends a frame.
    pub async fn send(&mut self, frame: Value) {
        self.try_send(frame).await.expect("the connection takes a frame");
    }

    /// Sends a frame where the server may be gone.
    pub async fn try_send(&mut self, frame: Value) -> Result<(), Error> {
        self.socket.send(Message::text(frame.to_string())).await
    }

    /// Sends a frame with an `id` and returns the reply to it, a success or an error.
    pub async fn ask(&mut self, mut frame: Value) -> Value {
        let id = format!("ask {}", frame["type"].as_str().unwrap_or_default());
        frame["id"] = id.clone().into();
        self.send(frame).await;
        self.expect_where(&id, |reply| reply["id"] == id.as_str()).await
    }

    /// Says something and returns the message as it comes back.
    pub async fn say(&mut self, content: &str) -> Value {
        self.send(json!({"type": "message", "content": content})).await;
        self.hear(content).await
    }

    /// Waits for a message with that content.
    pub async fn hear(&mut self, content: &str) -> Value {
        let is_it = |frame: &Value| frame["type"] == "message" && frame["content"] == content;
        self.expect_where(content, is_it).await
    }

    /// The next thing, whatever it is, if it comes before the deadline.
    pub async fn incoming(&mut self, deadline: Instant) -> Option<Incoming> {
        if let Some(frame) = self.unread.pop_front() {
            return Some(Incoming::Frame(frame));
        }
        loop {
            match timeout_at(deadline, self.socket.next()).await.ok()? {
                Some(Ok(Message::Text(text))) => return Some(Incoming::Frame(parse(&text))),
                Some(Ok(Message::Close(close))) => {
                    return Some(Incoming::Closed(close.map(|it| it.code.into())));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Some(Incoming::Closed(None)),
            }
        }
    }

    /// The next frame, which must come.
    pub async fn next(&mut self) -> Value {
        match self.incoming(Instant::now() + PATIENCE).await {
            Some(Incoming::Frame(frame)) => frame,
            other => panic!("a frame was due, not {other:?}"),
        }
    }

    /// Skips frames until one of that type.
    pub async fn expect(&mut self, kind: &str) -> Value {
        self.expect_where(kind, |frame| frame["type"] == kind).await
    }

    /// Skips frames until one that is wanted.
    pub async fn expect_where(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        self.search(what, PATIENCE, wanted).await
    }

    /// Skips frames until one of that type, which may take its time.
    pub async fn expect_late(&mut self, kind: &str, within: Duration) -> Value {
        self.search(kind, within, |frame| frame["type"] == kind).await
    }

    async fn search(&mut self, what: &str, within: Duration, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + within;
        let mut skipped = Vec::new();
        loop {
            match self.incoming(deadline).await {
                Some(Incoming::Frame(frame)) if wanted(&frame) => return frame,
                Some(Incoming::Frame(frame)) => skipped.push(frame),
                other => panic!("waiting for {what:?} ended with {other:?} after {skipped:?}"),
            }
        }
    }

    /// Everything that comes in that time.
    pub async fn collect(&mut self, time: Duration) -> Vec<Value> {
        let deadline = Instant::now() + time;
        let mut frames = Vec::new();
        while let Some(Incoming::Frame(frame)) = self.incoming(deadline).await {
            frames.push(frame);
        }
        frames
    }

    /// Everything that came before the answer to a ping of ours: what the server had for this connection.
    pub async fn drain(&mut self) -> Vec<Value> {
        self.send(json!({"type": "ping", "id": "drain"})).await;
        let mut frames = Vec::new();
        loop {
            let frame = self.next().await;
            if frame["type"] == "pong" && frame["id"] == "drain" {
                return frames;
            }
            frames.push(frame);
        }
    }

    /// Skips to the end of the connection and returns its code.
    pub async fn closed(&mut self, within: Duration) -> Option<u16> {
        let deadline = Instant::now() + within;
        loop {
            match self.incoming(deadline).await {
                Some(Incoming::Frame(_)) => {}
                Some(Incoming::Closed(code)) => return code,
                None => panic!("still open after {within:?}"),
            }
        }
    }

    /// Closes properly, as a browser does when its tab is closed, and waits for the answer.
    pub async fn close(mut self) {
        self.socket.close(None).await.expect("the connection takes a close frame");
        self.closed(PATIENCE).await;
    }

    /// Goes away without a close frame, as a phone does in a tunnel.
    pub fn vanish(self) {
        drop(self);
    }
}

fn parse(text: &str) -> Value {
    let frame: Value = serde_json::from_str(text).expect("every text frame is JSON");
    assert!(frame["type"].is_string(), "every frame has a type: {text}");
    frame
}
