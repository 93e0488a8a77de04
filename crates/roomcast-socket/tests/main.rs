//! The library over real sockets, under a foreign `axum::serve`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "tasks of a test end with its runtime")]

mod bounds;
mod conformance;
mod deadlines;
mod differential;
mod endings;
mod fanout;
mod load;
mod oracle;
mod slow;
mod topics;

use axum::{Router, extract::State, response::Response, routing::get};
use roomcast_socket::{
    Close, Closed, Context, Handler, Hub, Message, Options, Topic, Upgrade, frame, testing::Client,
};
use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

/// Serves a router, on a port of its own, until the test ends.
async fn serve(app: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::task::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

/// Fails rather than hangs.
async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), what).await.expect("this takes too long")
}

/// A handler that publishes what it hears to one topic, and writes down how connections end.
struct Echo {
    topic: Topic,
    log: Log,
}

/// What became of the connections.
#[derive(Clone, Default)]
struct Log {
    opened: Arc<AtomicUsize>,
    ended: Arc<Mutex<Vec<Closed>>>,
    /// How often one was told that it had missed something volatile.
    missed: Arc<AtomicU64>,
}

impl Handler for Echo {
    type Shard = ();

    fn opened(&mut self, context: &mut Context<'_, Self>) {
        context.subscribe(&self.topic);
        self.log.opened.fetch_add(1, Ordering::AcqRel);
    }

    fn message(&mut self, context: &mut Context<'_, Self>, message: Message<'_>) {
        match message {
            Message::Text("panic") => panic!("as the test asked"),
            Message::Text("soon") => context.set_deadline(Some(Duration::from_millis(200))),
            Message::Text("never") => context.set_deadline(None),
            Message::Text("tag") => context.set_tag(7),
            Message::Text("close") => context.close(Close::new(4321, "as you wish")),
            Message::Text(text) => context.hub().publish(&self.topic, frame::text(text)).unwrap(),
            Message::Binary(bytes) => context.send(frame::binary(bytes)),
        }
    }

    fn deadline(&mut self, context: &mut Context<'_, Self>) {
        context.send(frame::text("time"));
    }

    fn drained(&mut self, _: &mut Context<'_, Self>, missed: bool) {
        self.log.missed.fetch_add(missed.into(), Ordering::Relaxed);
    }

    fn closed(&mut self, _: &mut Context<'_, Self>, how: Closed) {
        self.log.ended.lock().unwrap().push(how);
    }
}

#[derive(Clone)]
struct World {
    hub: Hub<Echo>,
    log: Log,
    address: SocketAddr,
}

impl World {
    async fn start(options: Options) -> Self {
        let hub = Hub::start(options).unwrap();
        let log = Log::default();
        let state = (hub.clone(), log.clone());
        let app = Router::new().route("/", get(enter)).with_state(state);
        Self { hub, log, address: serve(app).await }
    }

    async fn client(&self) -> Client {
        let before = self.log.opened.load(Ordering::Acquire);
        let client = Client::connect(self.address, "/").await.unwrap();
        soon(async {
            while self.log.opened.load(Ordering::Acquire) == before {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
        .await;
        client
    }

    async fn empty(&self) {
        soon(async {
            while self.hub.connections() > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }

    async fn ended(&self, n: usize) -> Vec<Closed> {
        soon(async {
            while self.log.ended.lock().unwrap().len() < n {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
        self.log.ended.lock().unwrap().clone()
    }
}

async fn enter(upgrade: Upgrade, State((hub, log)): State<(Hub<Echo>, Log)>) -> Response {
    let topic = hub.topic("all");
    upgrade.attach(&hub, Echo { topic, log })
}
