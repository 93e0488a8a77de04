//! The handshake (RFC 6455 §4.2) as an axum extractor: the only file that names axum. It runs behind whatever
//! layers the route has, so authentication, limits and tracing come before the 101.

use crate::{
    connection::{Stream, Transport},
    handler::Handler,
    hub::Hub,
    socket::{Channel, Invalid, Peer, Socket},
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header, request::Parts},
    response::IntoResponse,
};
/// What a route answers.
pub use axum::response::Response;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use sha1::{Digest, Sha1};
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::net::TcpStream;

/// RFC 6455 §1.3.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// A valid request to upgrade. Nothing is answered until one of its methods makes the 101.
#[derive(Debug)]
pub struct Upgrade {
    accept: HeaderValue,
    offered: Vec<String>,
    selected: Option<HeaderValue>,
    way: Way,
}

/// How the raw stream comes to the hub.
enum Way {
    /// Our own listener hands it over when the HTTP connection has ended.
    Handover(Handover),
    /// hyper gives it up, under somebody else's `axum::serve`.
    OnUpgrade(OnUpgrade),
}

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Handover(_) => "Handover",
            Self::OnUpgrade(_) => "OnUpgrade",
        })
    }
}

/// Why a request is not upgraded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Refused {
    /// The status to answer with.
    pub status: StatusCode,
    /// What is wrong, for the client's developer.
    pub reason: &'static str,
}

impl Refused {
    /// The headers that belong to the answer: 426 names the version that is spoken here (RFC 6455 §4.4).
    #[must_use]
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if self.status == StatusCode::UPGRADE_REQUIRED {
            headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
            headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
            headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        }
        headers
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.status, self.headers(), self.reason).into_response()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Upgrade {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        let accept = check(parts)?;
        let on_upgrade = parts.extensions.remove::<OnUpgrade>();
        let way = match (parts.extensions.get::<Handover>(), on_upgrade) {
            (Some(handover), _) => Way::Handover(handover.clone()),
            (None, Some(on_upgrade)) => Way::OnUpgrade(on_upgrade),
            (None, None) => return Err(refuse(StatusCode::UPGRADE_REQUIRED, "this connection cannot be upgraded")),
        };
        let offered = tokens(&parts.headers, header::SEC_WEBSOCKET_PROTOCOL).map(str::to_owned).collect();
        Ok(Self { accept, offered, selected: None, way })
    }
}

fn refuse(status: StatusCode, reason: &'static str) -> Refused {
    Refused { status, reason }
}

/// RFC 6455 §4.2.1, strictly. The value of `Sec-WebSocket-Accept`.
fn check(parts: &Parts) -> Result<HeaderValue, Refused> {
    let bad = |reason| refuse(StatusCode::BAD_REQUEST, reason);
    let required = |reason| refuse(StatusCode::UPGRADE_REQUIRED, reason);
    let headers = &parts.headers;
    if parts.method != Method::GET {
        return Err(refuse(StatusCode::METHOD_NOT_ALLOWED, "a WebSocket begins with GET"));
    }
    if parts.version != Version::HTTP_11 {
        return Err(required("a WebSocket begins with HTTP/1.1"));
    }
    if !has_token(headers, header::CONNECTION, "upgrade") || !has_token(headers, header::UPGRADE, "websocket") {
        return Err(required("this is a WebSocket: ask for an upgrade"));
    }
    if headers.get_all(header::HOST).iter().count() != 1 {
        return Err(bad("exactly one Host header is needed"));
    }
    if only(headers, &header::SEC_WEBSOCKET_VERSION).is_none_or(|v| v != "13") {
        return Err(required("this server speaks WebSocket version 13"));
    }
    let key = only(headers, &header::SEC_WEBSOCKET_KEY).ok_or(bad("exactly one Sec-WebSocket-Key is needed"))?;
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
fn tokens(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(name).into_iter().filter_map(|v| v.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim).filter(|t| !t.is_empty())
}

fn has_token(headers: &HeaderMap, name: HeaderName, token: &str) -> bool {
    tokens(headers, name).any(|t| t.eq_ignore_ascii_case(token))
}

impl Upgrade {
    /// The subprotocols that the client offers, in its order.
    pub fn offered(&self) -> impl Iterator<Item = &str> {
        self.offered.iter().map(String::as_str)
    }

    /// Selects a subprotocol, where the client offers it.
    #[must_use]
    pub fn select(mut self, protocol: &'static str) -> Self {
        if self.offered().any(|p| p == protocol) {
            self.selected = Some(HeaderValue::from_static(protocol));
        }
        self
    }

    /// Answers 101; `program` then runs with the socket, on the runtime that this is called on.
    #[must_use]
    pub fn on_connect<In, Out, F>(
        self,
        hub: &Hub,
        program: impl FnOnce(Socket<In, Out>) -> F + Send + 'static,
    ) -> Response
    where
        In: 'static,
        Out: 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        self.attach(hub, Channel::socket(program))
    }

    /// Answers 101; `opened` and `on_message` are then called on the connection's shard, and must not block.
    #[must_use]
    pub fn on_message<In, Out>(
        self,
        hub: &Hub,
        opened: impl FnOnce(&Peer<Out>) + Send + 'static,
        on_message: impl FnMut(&Peer<Out>, Result<In, Invalid>) + Send + 'static,
    ) -> Response
    where
        In: DeserializeOwned,
        Out: 'static,
    {
        self.attach(hub, Channel::callback(opened, on_message))
    }

    /// Answers 101, and gives the connection to a handler.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "a task that waits for hyper; it ends with the HTTP connection")]
    pub fn attach<H: Handler>(self, hub: &Hub<H>, handler: H) -> Response {
        let hub = hub.clone();
        let response = self.response();
        match self.way {
            Way::Handover(handover) => {
                let shard = handover.shard;
                handover.set(TakeOver(Box::new(move |transport, early| hub.attach(shard, transport, early, handler, true))));
            }
            Way::OnUpgrade(on_upgrade) => {
                tokio::spawn(async move {
                    if let Ok(upgraded) = on_upgrade.await {
                        let (transport, early) = raw(upgraded);
                        hub.attach(hub.next_shard(), transport, early, handler, false);
                    }
                });
            }
        }
        response
    }

    fn response(&self) -> Response {
        let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, self.accept.clone());
        if let Some(protocol) = &self.selected {
            headers.insert(header::SEC_WEBSOCKET_PROTOCOL, protocol.clone());
        }
        response
    }
}

/// The TCP stream below hyper where there is one, else the stream as hyper has it.
fn raw(upgraded: Upgraded) -> (Transport, Bytes) {
    let upgraded = match hyper_util::server::conn::auto::upgrade::downcast::<TokioIo<TcpStream>>(upgraded) {
        Ok(parts) => return (Transport::Tcp(parts.io.into_inner()), parts.read_buf),
        Err(upgraded) => upgraded,
    };
    match upgraded.downcast::<TokioIo<TcpStream>>() {
        Ok(parts) => (Transport::Tcp(parts.io.into_inner()), parts.read_buf),
        Err(upgraded) => (Transport::Other(Box::pin(TokioIo::new(upgraded))), Bytes::new()),
    }
}

/// For programs with an accept loop of their own on a shard's thread: put it into the extensions of each request of an
/// HTTP/1.1 connection, and when that connection has ended [`take`](Handover::take) what is to become of its stream.
/// It spares the connection a task and a virtual call per write.
#[derive(Clone)]
pub struct Handover {
    shard: usize,
    then: Arc<Mutex<Option<TakeOver>>>,
}

/// Gives a stream to the hub.
pub struct TakeOver(Box<dyn FnOnce(Transport, Bytes) + Send>);

impl Handover {
    /// For a connection that was accepted on this shard's thread.
    #[must_use]
    pub fn new(shard: usize) -> Self {
        Self { shard, then: Arc::default() }
    }

    /// What a handler has decided about the stream, if one of the requests was an upgrade.
    #[must_use]
    pub fn take(&self) -> Option<TakeOver> {
        self.then.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn set(&self, then: TakeOver) {
        *self.then.lock().unwrap_or_else(PoisonError::into_inner) = Some(then);
    }
}

impl fmt::Debug for Handover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handover").field("shard", &self.shard).finish_non_exhaustive()
    }
}

impl fmt::Debug for TakeOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TakeOver")
    }
}

impl TakeOver {
    /// A TCP stream of the shard's own runtime, and what the client has sent behind its request.
    pub fn tcp(self, stream: TcpStream, early: Bytes) {
        (self.0)(Transport::Tcp(stream), early);
    }

    /// Any other stream, TLS for example.
    pub fn stream(self, stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + 'static, early: Bytes) {
        let boxed: std::pin::Pin<Box<dyn Stream>> = Box::pin(stream);
        (self.0)(Transport::Other(boxed), early);
    }
}
