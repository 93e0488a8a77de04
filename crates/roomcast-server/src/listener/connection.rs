//! One connection: HTTP until it is closed or upgraded.

use super::{Refused, Ticket, accept::Front, held::Held};
use crate::http::{
    Client, Problem,
    client::{forwarded_for, is_trusted},
};
use axum::{
    body::Body,
    http::{HeaderMap, Request},
    response::{IntoResponse, Response},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use roomcast_socket::Handover;
use std::{convert::Infallible, future::poll_fn, net::IpAddr, pin::Pin, rc::Rc, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tower::ServiceExt;

/// Serves requests until the client or the drain ends the connection. If a handler upgraded it, the stream goes where
/// the handler wants it.
pub(super) async fn run(
    stream: TcpStream,
    http: http1::Builder,
    front: Rc<Front>,
    ip: IpAddr,
    place: Arc<Ticket>,
) {
    let handover = Handover::new(front.shard);
    let service = service_fn(|request: Request<Incoming>| {
        Box::pin(answer(request.map(Body::new), front.clone(), ip, place.clone(), handover.clone()))
    });
    let mut connection = http.serve_connection(TokioIo::new(Held::new(stream)), service);
    let done = until_done(&mut connection, &front).await;
    let parts = connection.into_parts();
    let (stream, answer) = parts.io.into_inner().into_parts();
    match (done, handover.take()) {
        (Ok(()), Some(take_over)) => return take_over.tcp(stream, answer, parts.read_buf),
        (Ok(()), None) => {}
        (Err(error), _) => tracing::debug!(%error, "connection failed"),
    }
    tokio::select! {
        () = Box::pin(linger(stream)) => {} // boxed, so that connections that are open do not hold its buffer
        () = front.stop.draining() => {}
    }
}

/// What a client may still send after the last answer, and how long it may take.
const LINGER_BYTES: usize = 1 << 20;
const LINGER: Duration = Duration::from_secs(1);

/// Closes without taking the last answer back: closing over unread bytes, the rest of a body that was too large, resets
/// the connection, and the client may lose what it was told (RFC 9112 §9.6).
async fn linger(mut stream: TcpStream) {
    let _ = timeout(LINGER, async {
        stream.shutdown().await?;
        let (mut sink, mut n_read) = ([0; 4096], 0);
        while n_read < LINGER_BYTES {
            match stream.read(&mut sink).await? {
                0 => break,
                n => n_read += n,
            }
        }
        std::io::Result::Ok(())
    })
    .await;
}

/// Runs a connection to its end; from the drain on, to the end of the request that it is at.
async fn until_done<S>(
    connection: &mut http1::Connection<TokioIo<Held>, S>,
    front: &Front,
) -> hyper::Result<()>
where
    S: hyper::service::Service<Request<Incoming>, Response = Response, Error = Infallible> + Unpin,
    S::Future: Unpin,
{
    tokio::select! {
        done = poll_fn(|cx| connection.poll_without_shutdown(cx)) => return done,
        () = front.stop.draining() => {}
    }
    Pin::new(&mut *connection).graceful_shutdown();
    poll_fn(|cx| connection.poll_without_shutdown(cx)).await
}

async fn answer(
    mut request: Request<Body>,
    front: Rc<Front>,
    ip: IpAddr,
    place: Arc<Ticket>,
    handover: Handover,
) -> Result<Response, Infallible> {
    match client(request.headers(), &front, ip, place) {
        Ok(client) => {
            request.extensions_mut().insert(client);
            request.extensions_mut().insert(handover);
            front.app.clone().oneshot(request).await
        }
        Err(refused) => Ok(Problem::from(refused).into_response()),
    }
}

fn client(headers: &HeaderMap, front: &Front, peer: IpAddr, place: Arc<Ticket>) -> Result<Client, Refused> {
    if !is_trusted(peer, &front.trusted) {
        return Ok(Client::direct(peer, place));
    }
    Client::behind_proxy(forwarded_for(headers, peer, &front.trusted), place, &front.caps)
}
