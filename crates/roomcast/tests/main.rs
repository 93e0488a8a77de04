//! Rooms over real sockets, in a foreign axum program.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests; their tasks end with their runtime"
)]

mod access;
mod bounds;
mod changes;
mod crowd;
mod embed;
mod faults;
mod limits;
mod people;
mod resume;
mod retention;
mod say;
mod size;
mod slow;
mod watched;

use axum::{
    Router,
    extract::{Path, Query, State},
    response::Response,
    routing::get,
};
use roomcast::{
    Chat, Entry, Identity, Options,
    bus::{Bus, Local},
    limits::{Limits, Rate},
    protocol::{Resume, RoomName, UserName},
    socket::{self, Hub, Upgrade, testing},
    store::{Store, memory::Memory},
};
use serde_json::{Value, json};
use std::{collections::HashMap, net::SocketAddr, num::NonZeroU32, sync::Arc, time::Duration};

/// A chat and where it is served.
struct World {
    chat: Chat,
    address: SocketAddr,
}

impl World {
    async fn start() -> Self {
        Self::with(Arc::new(Memory::default()), Arc::new(Local::default()), socket::Options::default()).await
    }

    async fn with(store: Arc<dyn Store>, bus: Arc<dyn Bus>, options: socket::Options) -> Self {
        Self::with_chat(store, bus, options, Options::default()).await
    }

    async fn with_chat(
        store: Arc<dyn Store>,
        bus: Arc<dyn Bus>,
        options: socket::Options,
        chat: Options,
    ) -> Self {
        let hub = Hub::start(socket::Options { shards: 2, ..options }).unwrap();
        let rate = Rate { count: NonZeroU32::new(1_000_000).unwrap(), per: Duration::from_secs(1) };
        let free = Limits { messages: rate, joins: rate, commands: rate, ..chat.limits };
        let limits = if chat.limits == Limits::default() { free } else { chat.limits };
        let options = Options { limits, grace: Duration::from_millis(1500), ..chat };
        let chat = Chat::start(hub, store, bus, options);
        let app = Router::new()
            .route("/chat/{room}", get(enter))
            .route("/ws", get(enter_any))
            .with_state(chat.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { chat, address }
    }

    /// A client in one room.
    async fn join(&self, room: &str, user: &str) -> Client {
        Client::connect(self.address, &format!("/chat/{room}?user={user}")).await
    }

    /// A client that has had its first frames.
    async fn settled(&self, room: &str, user: &str) -> Client {
        let mut client = self.join(room, user).await;
        client.until("presence").await;
        client
    }

    /// Says things without a connection, and returns the last number.
    async fn say(&self, room: &str, n: usize, content: &str) -> u64 {
        let (room, bot) = (RoomName::parse(room).unwrap(), self.chat.user(UserName::parse("bot").unwrap()));
        let mut seq = 0;
        for _ in 0..n {
            let post = roomcast::Post { content: content.to_owned(), ..Default::default() };
            seq = self.chat.send(room.clone(), &bot, &post).await.unwrap().seq;
        }
        seq
    }
}

impl World {
    /// Edits of the room's messages by turns, each to something new, and how many were made.
    async fn edit(&self, room: &str, n: usize, content: &str) {
        let (room, bot) = (RoomName::parse(room).unwrap(), self.chat.user(UserName::parse("bot").unwrap()));
        let head = self.chat.store().head(room.clone()).await.unwrap();
        for n in 0..n as u64 {
            let content = format!("{content}{}", head.change + n);
            self.chat.edit(room.clone(), &bot, n % head.seq + 1, &content).await.unwrap();
        }
    }

    /// The whole log of a room, from the store.
    async fn log(&self, room: &str) -> Vec<Happened> {
        let room = RoomName::parse(room).unwrap();
        let head = self.chat.store().head(room.clone()).await.unwrap();
        let mut changes = Vec::new();
        while (changes.len() as u64) < head.change {
            let page = self.chat.store().changes(room.clone(), changes.len() as u64, 1000).await.unwrap();
            changes.extend(page.changes);
        }
        let mut log = Vec::new();
        for seq in 0..=head.seq {
            log.extend((seq > 0).then_some(Happened::Message(seq)));
            let behind = changes.iter().filter(|change| change.after == seq);
            log.extend(behind.map(|change| Happened::Change(change.number)));
        }
        log
    }
}

/// Somebody who may see everything.
fn guest() -> Identity {
    UserName::parse("guest").unwrap().into()
}

type Params = Query<HashMap<String, String>>;

async fn enter(
    upgrade: Upgrade,
    Path(room): Path<String>,
    Query(q): Params,
    State(chat): State<Chat>,
) -> Response {
    let resume = q.get("since").map(|since| Resume {
        seq: since.parse().unwrap(),
        epoch: q["epoch"].clone().into(),
        change: q.get("change").map(|change| change.parse().unwrap()),
    });
    let entry = Entry::Room(RoomName::parse(&room).unwrap(), resume);
    chat.connect(upgrade, UserName::parse(&q["user"]).unwrap(), entry, ())
}

async fn enter_any(upgrade: Upgrade, Query(q): Params, State(chat): State<Chat>) -> Response {
    chat.connect(upgrade, UserName::parse(&q["user"]).unwrap(), Entry::Any, ())
}

/// A message by its number, or a change by its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Happened {
    Message(u64),
    Change(u64),
}

/// A client that speaks JSON.
struct Client(testing::Client);

impl Client {
    async fn connect(address: SocketAddr, path: &str) -> Self {
        Self(testing::Client::connect(address, path).await.unwrap())
    }

    async fn send(&mut self, frame: Value) {
        self.0.send(&frame.to_string()).await.unwrap();
    }

    /// The next frame.
    async fn next(&mut self) -> Value {
        let text = tokio::time::timeout(Duration::from_secs(20), self.0.recv_text()).await;
        serde_json::from_str(&text.expect("no frame came").unwrap()).unwrap()
    }

    /// The next frame of this type, whatever comes before it.
    async fn until(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.next().await;
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// The numbers of the next `n` messages.
    async fn seqs(&mut self, n: usize) -> Vec<u64> {
        let mut seqs = Vec::new();
        while seqs.len() < n {
            seqs.push(self.until("message").await["seq"].as_u64().unwrap());
        }
        seqs
    }

    /// The next `n` messages, edits and deletions.
    async fn events(&mut self, n: usize) -> Vec<Happened> {
        let mut events = Vec::new();
        while events.len() < n {
            let frame = self.next().await;
            match frame["type"].as_str().unwrap() {
                "message" => events.push(Happened::Message(frame["seq"].as_u64().unwrap())),
                "edit" | "delete" => events.push(Happened::Change(frame["change"].as_u64().unwrap())),
                "gap" | "reset" | "error" => panic!("{frame}"),
                _ => {}
            }
        }
        events
    }

    /// The code that the connection is closed with, whatever comes before.
    async fn close_code(&mut self) -> u16 {
        loop {
            let frame = tokio::time::timeout(Duration::from_secs(20), self.0.recv()).await;
            if let Some(code) = frame.expect("it is not closed").unwrap().close_code() {
                return code;
            }
        }
    }

    /// Nothing of this type comes before a `pong`.
    async fn hears_no(&mut self, kind: &str) {
        self.send(json!({"type": "ping", "id": "quiet"})).await;
        loop {
            let frame = self.next().await;
            assert_ne!(frame["type"], kind, "{frame}");
            if frame["type"] == "pong" {
                return;
            }
        }
    }
}
