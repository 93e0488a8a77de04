//! An echo for conformance suites: `cargo run --release -p roomcast-socket --example echo -- 127.0.0.1:9001`. It prints
//! where it listens. `/echo` takes messages of up to 64 MiB, `/small` of exactly 65,536 bytes.

use axum::{Router, extract::State, routing::get};
use roomcast_socket::{Context, Handler, Hub, Message, Options, Response, Upgrade, frame};

/// Gives back what it is given.
struct Echo;

impl Handler for Echo {
    type Shard = ();

    fn message(&mut self, context: &mut Context<'_, Self>, message: Message<'_>) {
        context.send(match message {
            Message::Text(text) => frame::text(text),
            Message::Binary(bytes) => frame::binary(bytes),
        });
    }
}

async fn echo(upgrade: Upgrade, State(hub): State<Hub<Echo>>) -> Response {
    upgrade.attach(&hub, Echo)
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let hub = |max_message| {
        Hub::<Echo>::start(Options { max_message, outbox_bytes: 128 << 20, ..Options::default() })
    };
    let (large, small) = (hub(64 << 20)?, hub(65_536)?);
    let app = Router::new()
        .route("/echo", get(echo).with_state(large))
        .route("/small", get(echo).with_state(small));
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("{}", listener.local_addr()?);
    axum::serve(listener, app).await
}
