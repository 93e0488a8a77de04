//! The handshake (RFC 6455 §4.2) as an axum extractor: the only file that names axum. It runs behind whatever
//! layers the route has, so authentication, limits and tracing come before the 101.

mod check;
mod handover;

/// What a route answers.
pub use axum::response::Response;
pub use handover::{Handover, TakeOver};

use crate::{
    connection::Transport,
    handler::Handler,
    hub::Hub,
    inbox::Handed,
    socket::{Channel, Invalid, Peer, Socket},
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::IntoResponse,
};
use bytes::Bytes;
use check::{check, refuse, tokens};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use std::fmt;
use tokio::net::TcpStream;

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
            (None, None) => {
                return Err(refuse(StatusCode::UPGRADE_REQUIRED, "this connection cannot be upgraded"));
            }
        };
        let offered = tokens(&parts.headers, header::SEC_WEBSOCKET_PROTOCOL).map(str::to_owned).collect();
        Ok(Self { accept, offered, selected: None, way })
    }
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
    #[expect(
        clippy::disallowed_methods,
        reason = "a task that waits for hyper; it ends with the HTTP connection"
    )]
    pub fn attach<H: Handler>(self, hub: &Hub<H>, handler: H) -> Response {
        let hub = hub.clone();
        let response = self.response();
        match self.way {
            Way::Handover(handover) => {
                let shard = handover.shard;
                handover.set(TakeOver(Box::new(move |stream| hub.attach(Some(shard), stream, handler))));
            }
            Way::OnUpgrade(on_upgrade) => {
                tokio::spawn(async move {
                    if let Ok(upgraded) = on_upgrade.await {
                        hub.attach(None, raw(upgraded), handler);
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
fn raw(upgraded: Upgraded) -> Handed {
    let answered = |transport, early| Handed { transport, answer: Bytes::new(), early };
    let upgraded = match hyper_util::server::conn::auto::upgrade::downcast::<TokioIo<TcpStream>>(upgraded) {
        Ok(parts) => return answered(Transport::Tcp(parts.io.into_inner()), parts.read_buf),
        Err(upgraded) => upgraded,
    };
    match upgraded.downcast::<TokioIo<TcpStream>>() {
        Ok(parts) => answered(Transport::Tcp(parts.io.into_inner()), parts.read_buf),
        Err(upgraded) => answered(Transport::Other(Box::pin(TokioIo::new(upgraded))), Bytes::new()),
    }
}
