//! One who writes as fast as the answers come.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::{ROOM, connect};
use crate::client::Incoming::{Closed, Frame};
use crate::stream::seq;
use crate::{Client, Server};

/// Messages that may wait for their answers.
const AHEAD: usize = 4;
/// How long an answer may take: longer than a server stands still in any scenario.
const PATIENCE: Duration = Duration::from_secs(75);
/// Before the next attempt after a refusal.
const PAUSE: Duration = Duration::from_millis(20);

/// What a writer has sent, and what it was told.
#[derive(Debug)]
pub struct Writer {
    user: String,
    bytes: usize,
    /// How many it has sent.
    sent: usize,
    /// Nonce to number.
    pub acked: HashMap<String, u64>,
    /// Sent and not acknowledged: not answered, or refused.
    pub unsettled: Vec<String>,
    /// How many were refused, with `unavailable`.
    refusals: usize,
    /// How many were acknowledged when one had been refused before.
    pub acks_after_refusal: usize,
}

impl Writer {
    pub(super) fn new(number: usize, bytes: usize) -> Self {
        let user = format!("writer{number}");
        Self {
            user,
            bytes,
            sent: 0,
            acked: HashMap::new(),
            unsettled: Vec::new(),
            refusals: 0,
            acks_after_refusal: 0,
        }
    }

    pub(super) async fn connect(&self, server: &Server) -> Client {
        connect(server, &format!("/chat/{ROOM}?user={}", self.user)).await
    }

    /// Writes until the connection is gone, or it was told that it is enough and has all its answers.
    pub(super) async fn write(mut self, mut client: Client, enough: watch::Receiver<bool>) -> Self {
        let mut waiting = Vec::new();
        while !*enough.borrow() {
            let nonce = format!("{}-{}", self.user, self.sent);
            self.sent += 1;
            waiting.push(nonce.clone());
            let is_open = client.try_send(self.message(&nonce)).await.is_ok()
                && self.take_answers(&mut client, &mut waiting, AHEAD - 1).await;
            if !is_open {
                break;
            }
        }
        self.take_answers(&mut client, &mut waiting, 0).await;
        self.unsettled.append(&mut waiting);
        self
    }

    fn message(&self, nonce: &str) -> Value {
        let content = format!("{nonce} {}", "x".repeat(self.bytes.saturating_sub(nonce.len() + 1)));
        json!({"type": "message", "content": content.trim_end(), "nonce": nonce, "id": nonce})
    }

    /// Takes answers until at most so many are outstanding; false when the connection is gone.
    async fn take_answers(&mut self, client: &mut Client, waiting: &mut Vec<String>, most: usize) -> bool {
        while waiting.len() > most {
            match client.incoming(Instant::now() + PATIENCE).await {
                Some(Frame(frame)) if frame["type"] == "ack" => self.take_ack(&frame, waiting),
                Some(Frame(frame)) if frame["type"] == "error" => self.take_refusal(&frame, waiting).await,
                Some(Frame(_)) => {}
                Some(Closed(_)) => return false,
                None => panic!("{} has no answer after {PATIENCE:?}", self.user),
            }
        }
        true
    }

    fn take_ack(&mut self, ack: &Value, waiting: &mut Vec<String>) {
        let nonce = ack["nonce"].as_str().expect("an ack repeats the nonce").to_owned();
        assert_eq!(ack["id"], nonce.as_str());
        waiting.retain(|sent| *sent != nonce);
        self.acks_after_refusal += usize::from(self.refusals > 0);
        assert!(self.acked.insert(nonce, seq(ack)).is_none(), "acknowledged twice: {ack}");
    }

    async fn take_refusal(&mut self, error: &Value, waiting: &mut Vec<String>) {
        assert_eq!((&error["code"], &error["temporary"]), (&json!("unavailable"), &json!(true)), "{error}");
        let nonce = error["id"].as_str().expect("a refusal repeats the id").to_owned();
        waiting.retain(|sent| *sent != nonce);
        self.unsettled.push(nonce);
        self.refusals += 1;
        sleep(PAUSE).await;
    }

    /// Sends again what was not acknowledged, until it is. What was kept must get the number that it has.
    pub(super) async fn repeat(&mut self, server: &Server, kept: &HashMap<String, u64>) {
        let mut client = self.connect(server).await;
        for nonce in std::mem::take(&mut self.unsettled) {
            let ack = client.ask(self.message(&nonce)).await;
            assert_eq!(ack["type"], "ack", "{ack}");
            let number = kept.get(&nonce).copied().unwrap_or(seq(&ack));
            assert_eq!(number, seq(&ack), "{nonce} was kept, and is not said again: {ack}");
            self.acked.insert(nonce, number);
        }
        client.close().await;
    }
}
