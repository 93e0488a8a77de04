//! People who write and read in one room while something happens to their server, and who know afterwards what they
//! were promised.
//!
//! ```text
//! People::new -> enter -> Visit -> gone or finish -> People -> settle -> … -> check
//! ```

mod writer;
mod reader;

pub use reader::Reader;
pub use writer::Writer;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::stream::{Stream, messages, seq};
use crate::{Client, Server, http};

/// The room they are in.
const ROOM: &str = "general";
/// How long everybody may take to come to an end.
const PATIENCE: Duration = Duration::from_secs(90);

/// Writers and readers between their visits.
#[derive(Debug)]
pub struct People {
    /// Those who write, each message with a nonce.
    pub writers: Vec<Writer>,
    /// Those who read, each from where it was.
    pub readers: Vec<Reader>,
    /// The nonces of the room's log as far as it was read, in order.
    log: Vec<String>,
}

/// People whose connections are open.
#[derive(Debug)]
pub struct Visit {
    writing: JoinSet<Writer>,
    reading: JoinSet<Reader>,
    /// Set, the writers come to an end.
    enough: watch::Sender<bool>,
    /// Set, the readers read that far and no further.
    head: watch::Sender<Option<u64>>,
    log: Vec<String>,
}

impl People {
    /// So many, who write messages of so many bytes.
    pub fn new(writers: usize, readers: usize, bytes: usize) -> Self {
        let writers = (0..writers).map(|number| Writer::new(number, bytes)).collect();
        Self { writers, readers: vec![Reader::default(); readers], log: Vec::new() }
    }

    /// Everybody connects, the readers resume, and it begins.
    pub async fn enter(self, server: &Server) -> Visit {
        let (enough, head) = (watch::Sender::new(false), watch::Sender::new(None));
        let (mut writing, mut reading) = (JoinSet::new(), JoinSet::new());
        for mut reader in self.readers {
            let client = reader.resume(server).await;
            reading.spawn(reader.read(client, head.subscribe()));
        }
        let mut clients = Vec::new();
        for writer in &self.writers {
            clients.push(writer.connect(server).await);
        }
        for (writer, client) in self.writers.into_iter().zip(clients) {
            writing.spawn(writer.write(client, enough.subscribe()));
        }
        Visit { writing, reading, enough, head, log: self.log }
    }

    /// After a restart: every acknowledged message lies where its ack said, and every other one, sent again with its
    /// nonce, gets a number; the one it had, where it was kept.
    pub async fn settle(mut self, server: &Server) -> Self {
        self.read_on(server).await;
        let kept: HashMap<_, _> = (1..).zip(&self.log).map(|(seq, nonce)| (nonce.clone(), seq)).collect();
        for writer in &mut self.writers {
            for (nonce, seq) in &writer.acked {
                assert_eq!(kept.get(nonce), Some(seq), "{nonce} was acknowledged");
            }
            writer.repeat(server, &kept).await;
        }
        self.read_on(server).await;
        self
    }

    /// The whole log is 1, 2, 3, …, and holds each message that was sent once, where its ack said. Every reader has
    /// seen that one order and no other, and gets what it lacks.
    pub async fn check(&mut self, server: &Server) {
        let known = std::mem::take(&mut self.log);
        self.read_on(server).await;
        assert!(self.log.starts_with(&known), "what was read before has changed");
        let once: HashSet<_> = self.log.iter().collect();
        assert_eq!(once.len(), self.log.len(), "a nonce is there twice");
        let acked: HashMap<_, _> = self.writers.iter().flat_map(|writer| &writer.acked).collect();
        assert_eq!(self.log.len(), acked.len(), "what was never sent is there, or something sent is not");
        for (seq, nonce) in (1..).zip(&self.log) {
            assert_eq!(acked.get(nonce), Some(&&seq), "{nonce} is not where its ack said");
        }
        for reader in &mut self.readers {
            assert!(reader.stream.count > 0, "a reader heard nothing: the test tested nothing");
            reader.catch_up(server, &self.log).await;
        }
    }

    /// Messages that were acknowledged.
    pub fn n_acked(&self) -> usize {
        self.writers.iter().map(|writer| writer.acked.len()).sum()
    }

    /// Messages that were sent, and for which nobody knows (or which were refused).
    pub fn n_unsettled(&self) -> usize {
        self.writers.iter().map(|writer| writer.unsettled.len()).sum()
    }

    /// How many acknowledged messages the server has not, or has elsewhere. Its log is dense all the same.
    pub async fn n_lost(&self, server: &Server) -> usize {
        let log = nonces(server, 0).await;
        let is_kept = |nonce: &String, seq: u64| log.get(seq as usize - 1) == Some(nonce);
        let acked = self.writers.iter().flat_map(|writer| &writer.acked);
        acked.filter(|(nonce, seq)| !is_kept(nonce, **seq)).count()
    }

    async fn read_on(&mut self, server: &Server) {
        self.log.extend(nonces(server, self.log.len() as u64).await);
    }
}

impl Visit {
    /// Waits until every connection has ended.
    pub async fn gone(mut self) -> People {
        self.leave().await
    }

    /// The writers end what they began, the readers read to the last ack, all on the connections they have.
    pub async fn finish(mut self) -> People {
        self.enough.send_replace(true);
        let mut writers = Vec::new();
        while let Some(writer) = timeout(PATIENCE, self.writing.join_next()).await.expect("writers end") {
            writers.push(writer.expect("a writer is satisfied"));
        }
        let head = writers.iter().flat_map(|writer| writer.acked.values()).max().copied().unwrap_or_default();
        self.head.send_replace(Some(head));
        let mut people = self.leave().await;
        people.writers = writers;
        let all_read = people.readers.iter().all(|reader| reader.stream.last >= head);
        assert!(all_read, "a reader's connection ended before everything was read");
        people
    }

    async fn leave(&mut self) -> People {
        let writing = std::mem::take(&mut self.writing);
        let reading = std::mem::take(&mut self.reading);
        let all = async { (writing.join_all().await, reading.join_all().await) };
        let (writers, readers) = timeout(PATIENCE, all).await.expect("every connection ends");
        People { writers, readers, log: std::mem::take(&mut self.log) }
    }
}

/// The nonces of the log behind `after`, which must be without holes.
async fn nonces(server: &Server, after: u64) -> Vec<String> {
    let mut stream = Stream::after(after);
    let mut nonces = Vec::new();
    loop {
        let path = format!("/api/v1/rooms/{ROOM}/messages?limit=200&after={}", stream.last);
        let page = messages(&http::get(server.address(), &path).await.json());
        if page.is_empty() {
            return nonces;
        }
        for message in &page {
            stream.take(seq(message));
            nonces.push(nonce_of(message));
        }
    }
}

/// The content begins with the nonce, for history keeps nonces to itself.
fn nonce_of(message: &Value) -> String {
    message["content"].as_str().and_then(|content| content.split(' ').next()).unwrap_or_default().to_owned()
}

/// A connection that has seen `hello`.
async fn connect(server: &Server, path: &str) -> Client {
    let mut client = Client::open(server.address(), path).await;
    client.expect("hello").await;
    client
}
