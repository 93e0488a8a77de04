//! A chat with one member, over a real socket: what the targets need that are about a whole connection.

use axum::{Router, extract::State, response::Response, routing::get};
use roomcast::{
    Chat, Entry, Options, Post, User,
    bus::Bus,
    limits::{Limits, Rate},
    protocol::{RoomName, UserName},
    socket::{self, Hub, Upgrade, testing::Client},
    store::memory::Memory,
};
use serde_json::Value;
use std::{
    num::{NonZeroU32, NonZeroUsize},
    sync::Arc,
    time::Duration,
};
use tokio::runtime::{Builder, Runtime};

/// How long a frame may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// The member's room.
pub(crate) const ROOM: &str = "hall";

pub(crate) struct World {
    pub(crate) runtime: Runtime,
    pub(crate) chat: Chat,
    pub(crate) member: Member,
    /// Who speaks without a connection.
    pub(crate) bot: Arc<User>,
    pub(crate) room: RoomName,
}

impl World {
    /// A chat that keeps the newest so many messages of its room. Its tasks run while something is waited for.
    pub(crate) fn start(bus: Arc<dyn Bus>, kept: NonZeroUsize) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("there is a runtime");
        let (chat, member) = runtime.block_on(open(bus, kept));
        let name = |text| UserName::parse(text).expect("this is a name");
        let room = RoomName::parse(ROOM).expect("this is a room");
        let mut world = Self { runtime, bot: chat.user(name("bot")), chat, member, room };
        world.until("hello");
        world
    }

    /// Says something, and returns once it is durable.
    pub(crate) fn say(&self) {
        let post = Post { content: "x".to_owned(), ..Post::default() };
        let said = self.runtime.block_on(self.chat.send(self.room.clone(), &self.bot, &post));
        said.expect("the bot may speak");
    }

    /// Changes what a message says; not where it was deleted or forgotten.
    pub(crate) fn edit(&self, seq: u64, content: &str) {
        let edit = self.chat.edit(self.room.clone(), &self.bot, seq, content);
        let _ = self.runtime.block_on(edit);
    }

    /// Takes a message away; not where that was done, or it is forgotten.
    pub(crate) fn delete(&self, seq: u64) {
        let _ = self.runtime.block_on(self.chat.delete(self.room.clone(), &self.bot, seq));
    }

    pub(crate) fn send(&mut self, text: &str) {
        self.runtime.block_on(self.member.0.send(text)).expect("the connection is good");
    }

    /// The member's next frame.
    pub(crate) fn next(&mut self) -> Value {
        self.runtime.block_on(self.member.next())
    }

    /// The member's next frame of this type, whatever comes before it.
    pub(crate) fn until(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.next();
            if frame["type"] == kind {
                return frame;
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "it ends with its runtime")]
async fn open(bus: Arc<dyn Bus>, kept: NonZeroUsize) -> (Chat, Member) {
    let hub =
        Hub::start(socket::Options { shards: 1, ..socket::Options::default() }).expect("there are threads");
    let rate = Rate { count: NonZeroU32::MAX, per: Duration::from_secs(1) };
    let limits = Limits { messages: rate, joins: rate, commands: rate, ..Limits::default() };
    let chat = Chat::start(hub, Arc::new(Memory::new(kept)), bus, Options { limits, ..Options::default() });
    let app = Router::new().route("/ws", get(enter)).with_state(chat.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    tokio::task::spawn(async move { axum::serve(listener, app).await });
    (chat, Member(Client::connect(address, "/ws").await.expect("the upgrade is answered")))
}

async fn enter(upgrade: Upgrade, State(chat): State<Chat>) -> Response {
    chat.connect(upgrade, UserName::from_parts("ann", "ann"), Entry::Any, ())
}

/// A client that speaks JSON.
pub(crate) struct Member(Client);

impl Member {
    async fn next(&mut self) -> Value {
        let text = tokio::time::timeout(PATIENCE, self.0.recv_text()).await.expect("a frame comes in time");
        serde_json::from_str(&text.expect("the connection stays")).expect("a frame is JSON")
    }
}
