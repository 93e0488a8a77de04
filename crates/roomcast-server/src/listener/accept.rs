//! The loop that takes connections, one on each shard.

use super::{
    Caps, Refused, Ticket,
    backoff::{Backoff, Verdict},
    connection, refuse,
};
use crate::{config::Proxy, http::client::is_trusted, lifecycle::Stop};
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::TokioTimer;
use std::{
    io,
    net::{IpAddr, SocketAddr},
    rc::Rc,
    sync::Arc,
    time::Duration,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;

/// What a listener needs to serve connections; each shard has a clone.
#[derive(Debug, Clone)]
pub struct Front {
    /// Which shard this is, counted from 0.
    pub shard: usize,
    /// What answers requests.
    pub app: Router,
    /// How many connections may be open.
    pub caps: Arc<Caps>,
    /// Proxies that say whom they speak for.
    pub trusted: Arc<[Proxy]>,
    /// When to stop.
    pub stop: Stop,
}

/// How long the head of a request may take, and the pause between two.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the head of a request may be; hyper also stops at 100 headers.
const HEAD_BYTES: usize = 16 * 1024;
/// How many refused clients may be waited for at once; further ones just see the connection close.
pub(crate) const MOST_REFUSALS: usize = 64;

/// Takes connections until the server drains, then lets their requests finish until it ends. Runs inside a local runtime.
pub async fn serve(listener: TcpListener, front: Front) {
    let (stop, tasks) = (front.stop.clone(), TaskTracker::new());
    let shard = Shard { http: http(), front, tasks: tasks.clone(), refusals: TaskTracker::new() };
    shard.accept(listener).await;
    tasks.close();
    tokio::select! {
        () = tasks.wait() => {}
        () = stop.ended() => {}
    }
}

fn http() -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(HEAD_BYTES);
    http
}

struct Shard {
    http: http1::Builder,
    front: Front,
    tasks: TaskTracker,
    refusals: TaskTracker,
}

impl Shard {
    /// Drops the listening socket at the end, so that the port is free while what runs still finishes.
    async fn accept(self, listener: TcpListener) {
        let (mut backoff, front) = (Backoff::default(), Rc::new(self.front.clone()));
        loop {
            let next = tokio::select! {
                next = listener.accept() => next,
                () = self.front.stop.draining() => return,
            };
            match next {
                Ok((stream, peer)) => {
                    backoff.succeed();
                    self.take(stream, peer, &front);
                }
                Err(error) => pause(backoff.fail(&error), &error).await,
            }
        }
    }

    fn take(&self, stream: TcpStream, peer: SocketAddr, front: &Rc<Front>) {
        let ip = peer.ip().to_canonical();
        match self.admit(ip) {
            Ok(ticket) => {
                let connection =
                    connection::run(stream, self.http.clone(), front.clone(), ip, Arc::new(ticket));
                self.tasks.spawn_local(connection);
            }
            Err(refused) => self.refuse(stream, refused),
        }
    }

    /// A proxy's own address has no share of its own: its clients have.
    fn admit(&self, ip: IpAddr) -> Result<Ticket, Refused> {
        let known = (!is_trusted(ip, &self.front.trusted)).then_some(ip);
        self.front.caps.admit(known)
    }

    fn refuse(&self, stream: TcpStream, refused: Refused) {
        if self.refusals.len() < MOST_REFUSALS {
            self.refusals.spawn_local(async move { refuse::refuse(stream, &refuse::answer(refused)).await });
        }
    }
}

async fn pause(verdict: Verdict, error: &io::Error) {
    let Verdict::Wait { wait, tell } = verdict else {
        return;
    };
    if tell {
        tracing::error!(%error, "no connections can be accepted; trying again (see `ulimit -n`)");
    }
    tokio::time::sleep(wait).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        io::{Read, Write},
        num::NonZeroU32,
    };
    use tokio::task::LocalSet;

    fn shard() -> Shard {
        let caps = Caps::new(NonZeroU32::MIN, NonZeroU32::MIN);
        let front = Front { shard: 0, app: Router::new(), caps, trusted: Arc::default(), stop: Stop::new() };
        Shard { http: http(), front, tasks: TaskTracker::new(), refusals: TaskTracker::new() }
    }

    /// A client that is refused.
    async fn refused(shard: &Shard, listener: &TcpListener) -> std::net::TcpStream {
        let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        client.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        shard.refuse(listener.accept().await.unwrap().0, Refused::Full);
        client
    }

    #[tokio::test]
    async fn so_many_refused_clients_are_told_why_and_further_ones_see_the_end() {
        let (shard, listener) = (shard(), TcpListener::bind("127.0.0.1:0").await.unwrap());
        let told = async {
            let mut clients = Vec::new();
            for _ in 0..MOST_REFUSALS {
                clients.push(refused(&shard, &listener).await);
            }
            let mut further = refused(&shard, &listener).await;
            assert_eq!(shard.refusals.len(), MOST_REFUSALS);
            assert_eq!(further.read(&mut [0; 8]).unwrap(), 0);
            let ask = |client: &mut std::net::TcpStream| client.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
            clients.iter_mut().for_each(ask);
            let answers = tokio::task::spawn_blocking(move || clients.into_iter().map(first_line).collect());
            let answers: Vec<_> = answers.await.unwrap();
            assert_eq!(answers, ["HTTP/1.1 503 Service"; MOST_REFUSALS]);
        };
        LocalSet::new().run_until(told).await;
    }

    fn first_line(mut client: std::net::TcpStream) -> String {
        let mut line = [0; 20];
        client.read_exact(&mut line).unwrap();
        String::from_utf8_lossy(&line).into_owned()
    }
}
