//! What one person may do, over all of their connections, and what becomes of those who do more.

use crate::{Client, World, access};
use roomcast::{
    Options,
    bus::Local,
    limits::{Limits, MAX_REFUSALS, Rate},
    socket,
    store::memory::Memory,
};
use serde_json::{Value, json};
use std::{num::NonZeroU32, sync::Arc, time::Duration};

/// So many, and then none for as long as a test lasts.
fn only(n: u32) -> Rate {
    Rate { count: NonZeroU32::new(n).unwrap(), per: Duration::from_secs(86_400) }
}

async fn world(limits: Limits) -> World {
    let options = Options { limits, ..Options::default() };
    World::with_chat(
        Arc::new(Memory::default()),
        Arc::new(Local::default()),
        socket::Options::default(),
        options,
    )
    .await
}

async fn ask(client: &mut Client, frame: Value) -> Value {
    client.send(frame).await;
    loop {
        let answer = client.next().await;
        if answer["id"] == 1 {
            return answer;
        }
    }
}

fn is_too_often(answer: &Value) -> bool {
    answer["code"] == "rate_limited" && answer["retry_after_ms"].as_u64().is_some_and(|ms| ms > 1_000)
}

#[tokio::test]
async fn s32_commands_are_counted_over_all_connections_of_a_person_and_beside_their_messages() {
    let world = world(Limits { commands: only(4), ..Limits::default() }).await;
    let (mut ann, mut again) = (world.settled("hall", "ann").await, world.settled("hall", "ann").await);
    let mut bob = world.settled("hall", "bob").await;
    let (ping, history) = (json!({"type": "ping", "id": 1}), json!({"type": "history", "id": 1}));
    for _ in 0..2 {
        assert_eq!(ask(&mut ann, ping.clone()).await["type"], "pong");
        assert_eq!(ask(&mut again, history.clone()).await["type"], "history");
    }
    for frame in [
        ping.clone(),
        history,
        json!({"type": "typing", "id": 1}),
        json!({"type": "leave", "room": "x", "id": 1}),
    ] {
        let answer = ask(&mut ann, frame.clone()).await;
        assert!(is_too_often(&answer), "{frame}: {answer}");
    }
    assert!(is_too_often(&ask(&mut again, ping.clone()).await));
    assert_eq!(ask(&mut ann, json!({"type": "message", "content": "still", "id": 1})).await["type"], "ack");
    assert_eq!(ask(&mut bob, ping).await["type"], "pong", "another person has their own");
}

#[tokio::test]
async fn s32_rooms_are_entered_so_often_and_no_more() {
    let world = world(Limits { joins: only(2), ..Limits::default() }).await;
    let mut ann = Client::connect(world.address, "/ws?user=ann").await;
    for room in ["one", "two"] {
        assert_eq!(ask(&mut ann, json!({"type": "join", "room": room, "id": 1})).await["type"], "joined");
    }
    assert!(is_too_often(&ask(&mut ann, json!({"type": "join", "room": "three", "id": 1})).await));
    assert_eq!(
        ask(&mut ann, json!({"type": "message", "room": "one", "content": "x", "id": 1})).await["type"],
        "ack"
    );
}

#[tokio::test]
async fn who_hears_nothing_but_refusals_is_closed_with_4029() {
    let world = world(Limits { commands: only(1), ..Limits::default() }).await;
    let mut ann = world.settled("hall", "ann").await;
    let ping = json!({"type": "ping", "id": 1});
    assert_eq!(ask(&mut ann, ping.clone()).await["type"], "pong");
    for _ in 1..MAX_REFUSALS {
        assert!(is_too_often(&ask(&mut ann, ping.clone()).await));
    }
    // Something that is allowed, and all is forgiven.
    assert_eq!(ask(&mut ann, json!({"type": "message", "content": "x", "id": 1})).await["type"], "ack");
    for _ in 0..MAX_REFUSALS {
        assert!(is_too_often(&ask(&mut ann, ping.clone()).await));
    }
    let away = ann.next().await;
    assert_eq!(
        (&away["type"], &away["code"], &away["reconnect"]),
        (&json!("going_away"), &json!(4029), &json!(true))
    );
    assert_eq!(ann.close_code().await, 4029);
    world.settled("hall", "bob").await;
}

#[tokio::test]
async fn s31_a_person_with_a_token_has_so_many_connections_and_one_more_when_one_has_gone() {
    let world = world(Limits { connections: NonZeroU32::new(2).unwrap(), ..Limits::default() }).await;
    let enters = || access::enters(&world, access::ann("t", Duration::from_secs(600)));
    let (mut first, mut second) = (enters().await, enters().await);
    first.until("presence").await;
    second.until("presence").await;
    let mut third = enters().await;
    assert_eq!(third.next().await["code"], "limit");
    assert_eq!(third.close_code().await, 4530);
    drop(first);
    let entered = async {
        while enters().await.next().await["type"] != "hello" {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), entered).await.expect("the place is free again");
    // Whoever says who they are by themselves is known by their address alone.
    let mut guests = Vec::new();
    for _ in 0..3 {
        guests.push(world.settled("hall", "ann").await);
    }
}
