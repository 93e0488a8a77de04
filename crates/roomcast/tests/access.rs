//! What a token allows is looked at when something is done, and not only when its bearer comes.

use crate::{Client, World};
use axum::{
    Extension, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use roomcast::{
    Chat, Entry, Identity,
    auth::{Grants, Pass},
    bus::Local,
    chat::MAX_OWING,
    protocol::{RoomName, UserName},
    socket::{Options, Upgrade, testing},
    store::memory::Memory,
};
use serde_json::json;
use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Ann with a token of this name that is good for so long, checked a moment ago.
pub(crate) fn ann(id: &str, good_for: Duration) -> Identity {
    let ends = (SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + good_for).as_secs();
    let pass =
        Pass { grants: Grants::everywhere(), expires: ends, ends, issued: Some(0), id: Some(id.into()) };
    Identity { name: UserName::parse("ann").unwrap(), pass: Some(Box::new(pass)) }
}

async fn enter(
    upgrade: Upgrade,
    State(chat): State<Chat>,
    Extension(identity): Extension<Identity>,
) -> Response {
    chat.connect(upgrade, identity, Entry::Room(RoomName::parse("hall").unwrap(), None), ())
}

/// A world whose shards look at deadlines so seldom that none passes in a test, and a client of that identity.
pub(crate) async fn enters(world: &World, identity: Identity) -> Client {
    let app = Router::new().route("/", get(enter)).layer(Extension(identity)).with_state(world.chat.clone());
    Client::connect(serve(app).await, "/").await
}

async fn enter_owing(upgrade: Upgrade, State(chat): State<Chat>) -> Response {
    let owing = chat.connect_owing(upgrade, Entry::Any, ());
    owing.unwrap_or_else(|refusal| (StatusCode::TOO_MANY_REQUESTS, refusal.message).into_response())
}

/// Serves a router, on a port of its own, until the test ends.
async fn serve(app: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

async fn world() -> World {
    let (hour, days) = (Duration::from_secs(3600), Duration::from_secs(864_000));
    let options = Options { tick: hour, heartbeat: days, stall: days, ..Options::default() };
    World::with(Arc::new(Memory::default()), Arc::new(Local::default()), options).await
}

#[tokio::test]
async fn s14_a_token_that_has_ended_allows_nothing_even_before_its_connection_is_closed() {
    let world = world().await;
    let mut client = enters(&world, ann("t", Duration::from_secs(2))).await;
    client.until("presence").await;
    tokio::time::sleep(Duration::from_millis(2100)).await;
    for frame in [
        json!({"type": "message", "content": "too late", "id": 1}),
        json!({"type": "typing", "id": 1}),
        json!({"type": "history", "id": 1}),
        json!({"type": "join", "room": "hall", "id": 1}),
    ] {
        client.send(frame.clone()).await;
        assert_eq!(client.until("error").await["code"], "token_expired", "{frame}");
    }
}

#[tokio::test]
async fn s15_a_token_that_is_revoked_while_its_connection_is_being_made_ends_it() {
    let world = world().await;
    world.chat.revoke_token("lost", Duration::from_secs(60), "lost").unwrap();
    let mut thief = enters(&world, ann("lost", Duration::from_secs(60))).await;
    assert_eq!(thief.next().await["code"], 4501, "the first frame is going_away");
    let mut other = enters(&world, ann("kept", Duration::from_secs(60))).await;
    other.until("presence").await;
    let name = UserName::parse("ann").unwrap();
    world.chat.revoke_user(&name, Duration::from_secs(60), "enough").unwrap();
    assert_eq!(other.until("going_away").await["code"], 4504);
    let mut again = enters(&world, ann("kept", Duration::from_secs(60))).await;
    assert_eq!(again.next().await["code"], 4501);
}

/// Until they are gone, and not a moment longer.
#[tokio::test]
async fn s3_so_many_connections_may_wait_for_their_token_and_one_more_is_refused() {
    let world = world().await;
    let app = Router::new().route("/", get(enter_owing)).with_state(world.chat.clone());
    let address = serve(app).await;
    let mut waiting = Vec::new();
    for _ in 0..MAX_OWING {
        waiting.push(testing::Client::connect(address, "/").await.unwrap());
    }
    let refused = testing::Client::connect(address, "/").await.unwrap_err().to_string();
    assert!(refused.starts_with("HTTP/1.1 429"), "{refused}");
    world.settled("hall", "bob").await;
    drop(waiting);
    let room = async {
        while testing::Client::connect(address, "/").await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), room).await.expect("their places are free again");
}
