//! One who reads, and keeps its place over all its connections.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;

use super::{ROOM, connect, nonce_of};
use crate::client::Incoming::{Closed, Frame};
use crate::stream::{Stream, seq};
use crate::{Client, Server};

/// How long it may hear nothing: longer than a server stands still in any scenario.
const PATIENCE: Duration = Duration::from_secs(75);

/// A reader's place, and all that it has read.
#[derive(Debug, Default, Clone)]
pub struct Reader {
    /// The numbers.
    pub stream: Stream,
    /// The log that they belong to; null before the first visit.
    pub epoch: Value,
    /// The nonces of what was read, in the order of the reading.
    order: Vec<String>,
}

impl Reader {
    /// Joins with the place it has, which the server must know.
    pub(super) async fn resume(&mut self, server: &Server) -> Client {
        let (client, joined) = self.join(server).await;
        if self.epoch.is_null() {
            assert_eq!(joined["head"], 0, "readers are there from the beginning");
            self.epoch = joined["epoch"].clone();
        } else {
            assert_eq!(joined["recovered"], true, "{joined}");
            assert_eq!(joined["epoch"], self.epoch);
        }
        client
    }

    /// Joins with the place it has; the answer.
    pub async fn join(&self, server: &Server) -> (Client, Value) {
        let mut client = connect(server, "/ws?user=reader").await;
        let resume = json!({"seq": self.stream.last, "epoch": self.epoch});
        let resume = if self.epoch.is_null() { Value::Null } else { resume };
        client.send(json!({"type": "join", "room": ROOM, "resume": resume})).await;
        let joined = client.expect("joined").await;
        (client, joined)
    }

    /// Reads until the connection is gone, or as far as it was told, checking every number.
    pub(super) async fn read(mut self, mut client: Client, mut head: watch::Receiver<Option<u64>>) -> Self {
        while head.borrow_and_update().is_none_or(|head| self.stream.last < head) {
            tokio::select! {
                incoming = client.incoming(Instant::now() + PATIENCE) => match incoming {
                    Some(Frame(frame)) => self.take(&frame),
                    Some(Closed(_)) => return self,
                    None => panic!("a reader hears nothing after {}", self.stream.last),
                },
                Ok(()) = head.changed() => {}
            }
        }
        self
    }

    fn take(&mut self, frame: &Value) {
        assert!(frame["type"] != "gap" && frame["type"] != "reset", "{frame}");
        if frame["type"] == "message" {
            self.stream.take(seq(frame));
            self.order.push(nonce_of(frame));
        }
    }

    /// Reads what it lacks of the log, and has then read just that.
    pub(super) async fn catch_up(&mut self, server: &Server, log: &[String]) {
        let mut client = self.resume(server).await;
        while self.order.len() < log.len() {
            let frame = client.next().await;
            self.take(&frame);
        }
        assert!(self.order == log, "a reader has seen another order");
    }
}
