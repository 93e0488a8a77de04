//! The accept loops, one on each shard's thread, seen from the main one.

use crate::listener::{self, Front};
use roomcast::Session;
use roomcast_socket::Hub;
use std::net::TcpListener;
use tokio::sync::mpsc;

/// The loops that run.
pub(super) struct Listeners {
    n_running: usize,
    ended: mpsc::Receiver<()>,
}

impl Listeners {
    /// Starts one on each shard. There are as many sockets as shards.
    pub(super) fn start(hub: &Hub<Session>, sockets: Vec<TcpListener>, front: &Front) -> Self {
        let n_running = sockets.len();
        let (ended_tx, ended) = mpsc::channel(n_running.max(1));
        for (shard, socket) in sockets.into_iter().enumerate() {
            let ended = Ended(ended_tx.clone());
            let front = Front { shard, ..front.clone() };
            hub.spawn_on(shard, move || accept(socket, front, ended));
        }
        Self { n_running, ended }
    }

    /// Waits until any of them ends.
    pub(super) async fn one_ended(&mut self) {
        if self.n_running > 0 && self.ended.recv().await.is_some() {
            self.n_running -= 1;
        }
    }

    /// Waits until all of them have ended.
    pub(super) async fn all_ended(&mut self) {
        while self.n_running > 0 {
            self.one_ended().await;
        }
    }
}

async fn accept(socket: TcpListener, front: Front, _ended: Ended) {
    match tokio::net::TcpListener::from_std(socket) {
        Ok(socket) => listener::serve(socket, front).await,
        Err(error) => tracing::error!(%error, "a shard cannot listen"),
    }
}

/// Tells the main thread that a loop has ended, by a panic of its shard too.
struct Ended(mpsc::Sender<()>);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.try_send(());
    }
}
