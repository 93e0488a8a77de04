//! What one connection may be: how long its messages, how many of them wait, how much it is owed, how often it is read
//! before the others are, and on which shard it lives.

use crate::{Echo, Log, World, load::hold, serve, soon};
use axum::{Router, extract::FromRequestParts, http::Request, routing::get};
use bytes::Bytes;
use roomcast_socket::{
    Context, Handler, Handover, Hub, Message, Options, Socket, Upgrade, frame,
    socket::WAITING_MESSAGES,
    testing::{Client, masked},
    upgrade::TakeOver,
};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, atomic::Ordering, mpsc},
    time::Duration,
};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
};

/// What a test does with a message.
type Act = dyn Fn(&mut Context<'_, Scripted>, &str) + Send + Sync;

pub(crate) struct Scripted(Arc<Act>);

impl Handler for Scripted {
    type Shard = ();

    fn message(&mut self, context: &mut Context<'_, Self>, message: Message<'_>) {
        if let Message::Text(text) = message {
            (self.0.clone())(context, text);
        }
    }
}

/// Where messages are dealt with as the test wants.
pub(crate) async fn scripted(
    options: Options,
    act: impl Fn(&mut Context<'_, Scripted>, &str) + Send + Sync + 'static,
) -> (Hub<Scripted>, SocketAddr) {
    let (hub, act): (_, Arc<Act>) = (Hub::start(options).unwrap(), Arc::new(act));
    let state = hub.clone();
    let enter = async move |upgrade: Upgrade| upgrade.attach(&state, Scripted(act));
    (hub, serve(Router::new().route("/", get(enter))).await)
}

#[tokio::test]
async fn the_longest_message_is_read_and_one_byte_more_is_1009() {
    let options = Options { shards: 1, ..Options::default() };
    let longest = "x".repeat(options.max_message);
    let world = World::start(options).await;
    let mut client = world.client().await;
    client.send(&longest).await.unwrap();
    assert_eq!(soon(client.recv_text()).await.unwrap(), longest);
    client.send(&format!("{longest}x")).await.unwrap();
    assert_eq!(soon(client.recv()).await.unwrap().close_code(), Some(1009));
}

/// Answers may pass the outbox's limit by so much (`outbox.rs`).
const ANSWER_BYTES: usize = 4 << 20;

#[tokio::test]
async fn answers_may_be_owed_up_to_their_bound_and_beyond_it_is_4008() {
    let limit = 1000;
    // Nothing is written before the handler returns: all of it is owed at once.
    let answer = move |cx: &mut Context<'_, Scripted>, text: &str| {
        let rest: usize = text.parse().unwrap();
        cx.send(frame::text(&"x".repeat(limit - 4)));
        cx.send(frame::binary(&vec![0; rest - frame::MAX_HEADER]));
    };
    let (_hub, address) =
        scripted(Options { shards: 1, outbox_bytes: limit, ..Options::default() }, answer).await;
    let mut client = Client::connect(address, "/").await.unwrap();
    for (rest, ending) in [(ANSWER_BYTES, None), (ANSWER_BYTES + 1, Some(4008))] {
        client.send(&rest.to_string()).await.unwrap();
        assert_eq!(soon(client.recv_text()).await.unwrap().len(), limit - 4);
        assert_eq!(soon(client.recv()).await.unwrap().close_code(), ending);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_does_not_listen_has_its_bound_of_messages_waiting_and_no_more() {
    let hub = Hub::start(Options { shards: 1, ..Options::default() }).unwrap();
    let (listen, (heard_tx, heard)) = (Arc::new(tokio::sync::Notify::new()), mpsc::channel());
    let program = {
        let listen = listen.clone();
        async move |mut socket: Socket<u64, ()>| {
            listen.notified().await;
            while let Some(message) = socket.recv().await {
                heard_tx.send(message.unwrap()).unwrap();
            }
        }
    };
    let state = hub.clone();
    let enter = async move |upgrade: Upgrade| upgrade.on_connect(&state, program);
    let mut client = Client::connect(serve(Router::new().route("/", get(enter))).await, "/").await.unwrap();
    let said: Vec<u64> = (0..2 * WAITING_MESSAGES as u64 + 1).collect();
    for n in &said {
        client.send(&n.to_string()).await.unwrap();
    }
    let read = || usize::try_from(hub.counters().messages.load(Ordering::Relaxed)).unwrap();
    soon(async {
        while read() < WAITING_MESSAGES {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(read(), WAITING_MESSAGES);
    listen.notify_one();
    let heard: Vec<u64> =
        soon(tokio::task::spawn_blocking(move || heard.iter().take(said.len()).collect())).await.unwrap();
    assert!(heard.iter().copied().eq(0..2 * WAITING_MESSAGES as u64 + 1), "{heard:?}");
}

/// What an accept loop on shard 0 has in its hands after the handshake.
async fn accepted_on_0<H: Handler>(hub: &Hub<H>, handler: H) -> TakeOver {
    let handover = Handover::new(0);
    let request = Request::get("/").header("host", "x").header("connection", "Upgrade");
    let request = request.header("upgrade", "websocket").header("sec-websocket-version", "13");
    let request = request.header("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA==");
    let request = request.extension(handover.clone()).body(()).unwrap();
    let upgrade = Upgrade::from_request_parts(&mut request.into_parts().0, &()).await.unwrap();
    let _ = upgrade.attach(hub, handler);
    handover.take().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_floods_is_read_a_few_times_before_the_others_have_their_turn() {
    let hub = Hub::start(Options { shards: 1, ..Options::default() }).unwrap();
    let lengths: Arc<Mutex<Vec<usize>>> = Arc::default();
    let seen = lengths.clone();
    let act: Arc<Act> = Arc::new(move |_, text| seen.lock().unwrap().push(text.len()));
    let release = hold(&hub, 0);
    let mut clients = Vec::new();
    for (n, length) in [(1000, 1000), (1, 3)] {
        // Streams without a kernel, so that all of it is there when the shard looks.
        let (mut client, stream) = tokio::io::duplex(2 << 20);
        client.write_all(&masked(0x81, &vec![b'x'; length]).repeat(n)).await.unwrap();
        accepted_on_0(&hub, Scripted(act.clone())).await.stream(stream, Bytes::new(), Bytes::new());
        clients.push(client);
    }
    drop(release);
    soon(async {
        while lengths.lock().unwrap().len() < 1001 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    let before = lengths.lock().unwrap().iter().position(|length| *length == 3).unwrap();
    // As many as come whole in four reads of 64 KiB.
    assert_eq!(before, 4 * 65_536 / masked(0x81, &[0; 1000]).len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shard_keeps_what_it_accepted_until_it_has_so_many_more_than_another() {
    let hub = Hub::start(Options { shards: 2, ..Options::default() }).unwrap();
    let (log, mut clients, mut spreads) = (Log::default(), Vec::new(), Vec::new());
    for _ in 0..8 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let echo = Echo { topic: hub.topic("all"), log: log.clone() };
        let accepted = listener.accept().await.unwrap().0;
        accepted_on_0(&hub, echo).await.tcp(accepted, Bytes::new(), Bytes::new());
        clients.push(Client { stream });
        spreads.push(hub.spread());
    }
    assert_eq!(spreads[3..], [[4, 0], [5, 0], [5, 1], [6, 1], [6, 2]]);
    for client in &mut clients {
        client.stream.write_all(&masked(0x82, b"here")).await.unwrap();
        assert_eq!(soon(client.recv()).await.unwrap().payload, b"here");
    }
}
