//! Who is here: the first frames, tabs, graces, typing.

use crate::{World, guest};
use serde_json::json;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn the_first_frames_come_in_the_promised_order() {
    let world = World::start().await;
    let mut ann = world.join("hall", "ann").await;
    for kind in ["hello", "joined", "presence", "join"] {
        assert_eq!(ann.next().await["type"], kind);
    }
    let mut bob = world.join("hall", "bob").await;
    assert_eq!(bob.next().await["user"], "bob");
    let joined = bob.next().await;
    assert_eq!(
        (&joined["head"], &joined["recovered"], &joined["users"]),
        (&json!(0), &json!(false), &json!(2))
    );
    assert_eq!(bob.next().await["users"], json!(["ann", "bob"]));
    let join = json!({"type": "join", "room": "hall", "user": "bob"});
    assert_eq!(bob.next().await, join);
    assert_eq!(ann.next().await, join);
}

#[tokio::test(flavor = "multi_thread")]
async fn tabs_of_one_person_come_and_go_unnoticed() {
    let world = World::start().await;
    let mut bob = world.settled("hall", "bob").await;
    bob.until("join").await;
    let mut ann = world.settled("hall", "ann").await;
    assert_eq!(ann.until("join").await["user"], "ann");
    assert_eq!(bob.until("join").await["user"], "ann");
    let mut tab = world.settled("hall", "ANN").await;
    tab.hears_no("join").await;
    close(&mut ann).await;
    bob.hears_no("leave").await;
    close(&mut tab).await;
    assert_eq!(bob.next().await, json!({"type": "leave", "room": "hall", "user": "ann"}));
}

async fn close(client: &mut crate::Client) {
    use tokio::io::AsyncWriteExt;
    client
        .0
        .stream
        .write_all(&roomcast::socket::testing::masked(0x88, &1000u16.to_be_bytes()))
        .await
        .unwrap();
    while client.0.recv().await.is_ok() {}
}

#[tokio::test(flavor = "multi_thread")]
async fn who_vanishes_stays_for_a_grace_and_who_is_back_never_left() {
    let world = World::start().await;
    let mut bob = world.settled("hall", "bob").await;
    bob.until("join").await;
    drop(world.settled("hall", "ann").await);
    assert_eq!(bob.until("join").await["user"], "ann");
    let back = world.settled("hall", "ann").await;
    tokio::time::sleep(Duration::from_millis(2500)).await;
    bob.hears_no("leave").await;
    drop(back);
    tokio::time::sleep(Duration::from_millis(500)).await;
    bob.hears_no("leave").await;
    assert_eq!(bob.next().await, json!({"type": "leave", "room": "hall", "user": "ann"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn typing_reaches_the_others_once_in_three_seconds() {
    let world = World::start().await;
    let (mut ann, mut bob) = (world.settled("hall", "ann").await, world.settled("hall", "bob").await);
    for _ in 0..5 {
        ann.send(json!({"type": "typing"})).await;
    }
    ann.hears_no("typing").await;
    assert_eq!(bob.until("typing").await, json!({"type": "typing", "room": "hall", "user": "ann"}));
    bob.hears_no("typing").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rooms_are_listed_with_messages_or_people_and_forgotten_without() {
    let world = World::start().await;
    world.say("written", 1, "x").await;
    let mut ann = world.settled("visited", "ann").await;
    let names = || async {
        world.chat.room_names(&guest()).await.unwrap().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(names().await, ["visited", "written"]);
    close(&mut ann).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(names().await, ["written"]);
    assert_eq!(world.chat.stats().rooms, 0, "nothing is held for rooms that nobody is in");
}
