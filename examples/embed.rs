//! Rooms inside an axum program of one's own, with its own way of telling who somebody is:
//! `cargo run -p roomcast --example embed`, then
//! `websocat -H 'authorization: Bearer tea' ws://127.0.0.1:3002/rooms/kitchen` in two terminals.

use axum::{
    Extension, Router,
    extract::{Path, Request, State},
    http::{StatusCode, header},
    middleware::{self, Next},
    response::Response,
    routing::get,
};
use roomcast::{
    Chat, Entry, Options,
    bus::Local,
    protocol::{RoomName, UserName},
    socket::{Hub, Upgrade},
    store::memory::Memory,
};
use std::sync::Arc;

/// Runs before the upgrade. A program of one's own asks its sessions, its database or its tokens here.
async fn who_is_it(mut request: Request, next: Next) -> Result<Response, StatusCode> {
    let token = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let name = match token {
        Some("Bearer tea") => "ann",
        Some("Bearer coffee") => "bob",
        _ => return Err(StatusCode::UNAUTHORIZED),
    };
    let user = UserName::parse(name).map_err(|_| StatusCode::UNAUTHORIZED)?;
    request.extensions_mut().insert(user);
    Ok(next.run(request).await)
}

/// The rest is the chat's: presence, history, order, resuming.
async fn enter(
    State(chat): State<Chat>,
    Path(room): Path<String>,
    Extension(user): Extension<UserName>,
    upgrade: Upgrade,
) -> Result<Response, (StatusCode, String)> {
    let room = RoomName::parse(&room).map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))?;
    Ok(chat.connect(upgrade, user, Entry::Room(room, None), ()))
}

/// The program, apart from where it listens.
pub(crate) fn app() -> std::io::Result<Router> {
    let hub = Hub::start(roomcast::socket::Options::default())?;
    let (store, bus) = (Arc::new(Memory::default()), Arc::new(Local::default()));
    let chat = Chat::start(hub, store, bus, Options::default());
    let rooms = Router::new().route("/rooms/{room}", get(enter)).layer(middleware::from_fn(who_is_it));
    Ok(Router::new().route("/", get(async || "a program of one's own")).merge(rooms).with_state(chat))
}

#[tokio::main]
#[expect(clippy::allow_attributes, reason = "the tests include this file, and do not call main")]
#[allow(dead_code)]
async fn main() -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3002").await?;
    axum::serve(listener, app()?).await
}
