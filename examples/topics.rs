//! A multi-room chat on `roomcast-socket` alone: `cargo run -p roomcast-socket --example topics`, then
//! `websocat 'ws://127.0.0.1:3001/rooms/tea?name=ann'` in two terminals.

use axum::{
    Router,
    extract::{Path, Query, Request, State},
    http::StatusCode,
    middleware::{self, Next},
    response::Response,
    routing::get,
};
use roomcast_socket::{Hub, Socket, Upgrade};
use serde::{Deserialize, Serialize};

/// What a client says.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Said {
    Message { content: String },
    Typing,
}

/// What everyone hears.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Heard {
    Join { name: String },
    Leave { name: String },
    Message { name: String, content: String },
    Typing { name: String },
    Error { message: String },
}

#[derive(Deserialize)]
struct Who {
    name: String,
}

/// A route with a path parameter, state, and whatever middleware lies before it.
async fn enter(
    upgrade: Upgrade,
    Path(room): Path<String>,
    Query(who): Query<Who>,
    State(hub): State<Hub>,
) -> Response {
    upgrade.on_connect(&hub, |socket| chat(socket, room, who.name))
}

async fn chat(mut socket: Socket<Said, Heard>, room: String, name: String) {
    socket.subscribe(&room);
    let _ = socket.publish(&room, &Heard::Join { name: name.clone() });
    while let Some(said) = socket.recv().await {
        let heard = match said {
            Ok(Said::Message { content }) => Heard::Message { name: name.clone(), content },
            Ok(Said::Typing) => Heard::Typing { name: name.clone() },
            Err(invalid) => {
                socket.send(&Heard::Error { message: invalid.to_string() });
                continue;
            }
        };
        if let Err(congested) = socket.publish(&room, &heard) {
            socket.send(&Heard::Error { message: congested.to_string() });
        }
    }
    let _ = socket.publish(&room, &Heard::Leave { name });
}

/// Runs before the upgrade: whoever has no name stays outside.
async fn named(request: Request, next: Next) -> Result<Response, StatusCode> {
    let named =
        request.uri().query().is_some_and(|q| q.split('&').any(|p| p.len() > 5 && p.starts_with("name=")));
    if named { Ok(next.run(request).await) } else { Err(StatusCode::UNAUTHORIZED) }
}

/// The program, apart from where it listens.
pub(crate) fn app(hub: Hub) -> Router {
    Router::new().route("/rooms/{room}", get(enter)).layer(middleware::from_fn(named)).with_state(hub)
}

#[tokio::main]
#[expect(clippy::allow_attributes, reason = "the tests include this file, and do not call main")]
#[allow(dead_code)]
async fn main() -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3001").await?;
    axum::serve(listener, app(Hub::with_defaults()?)).await
}
