//! How connections end, and that one's end is nobody else's.

use crate::{World, soon};
use roomcast_socket::{Close, Closed, Options, testing::masked};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn quick() -> Options {
    let ms = Duration::from_millis;
    Options { shards: 1, tick: ms(50), heartbeat: ms(1500), close_timeout: ms(400), ..Options::default() }
}

#[tokio::test]
async fn a_close_is_answered_with_its_code_and_then_tcp_ends() {
    let world = World::start(quick()).await;
    for code in [1000u16, 3000, 4999] {
        let mut client = world.client().await;
        client.stream.write_all(&masked(0x88, &code.to_be_bytes())).await.unwrap();
        assert_eq!(soon(client.recv()).await.unwrap().close_code(), Some(code));
        assert_eq!(soon(client.stream.read(&mut [0; 8])).await.unwrap(), 0);
    }
    assert_eq!(world.ended(3).await, [1000, 3000, 4999].map(Closed::ByPeer));
}

#[tokio::test]
async fn violations_are_told_and_nobody_else_is_disturbed() {
    let world = World::start(quick()).await;
    let mut bystander = world.client().await;
    for (bytes, code) in
        [(masked(0x81, &[0xFF]), 1007), (masked(0x83, b""), 1002), (masked(0x81, &[b'x'; 70_000]), 1009)]
    {
        let mut client = world.client().await;
        client.stream.write_all(&bytes).await.unwrap();
        assert_eq!(soon(client.recv()).await.unwrap().close_code(), Some(code));
        assert_eq!(soon(client.stream.read(&mut [0; 8])).await.unwrap(), 0, "{code}");
    }
    bystander.send("still here").await.unwrap();
    assert_eq!(soon(bystander.recv_text()).await.unwrap(), "still here");
}

#[tokio::test]
async fn a_panic_ends_its_connection_alone() {
    let world = World::start(quick()).await;
    let (mut bad, mut good) = (world.client().await, world.client().await);
    bad.send("panic").await.unwrap();
    assert_eq!(soon(bad.recv()).await.unwrap().close_code(), Some(1011));
    good.send("on").await.unwrap();
    assert_eq!(soon(good.recv_text()).await.unwrap(), "on");
    assert_eq!(world.ended(1).await, [Closed::ByUs(1011)]);
}

#[tokio::test]
async fn a_stream_that_ends_without_a_word_is_lost() {
    let world = World::start(quick()).await;
    drop(world.client().await);
    assert_eq!(world.ended(1).await, [Closed::Lost]);
    world.empty().await;
}

#[tokio::test]
async fn silence_is_pinged_and_then_given_up_and_a_pong_is_life() {
    let world = World::start(quick()).await;
    let (mut silent, mut alive) = (world.client().await, world.client().await);
    let living = tokio::task::spawn(async move {
        for _ in 0..3 {
            while soon(alive.recv()).await.unwrap().opcode != 9 {}
            alive.stream.write_all(&masked(0x8A, b"")).await.unwrap();
        }
        alive
    });
    assert_eq!(soon(silent.recv()).await.unwrap().opcode, 9);
    assert_eq!(soon(silent.recv()).await.unwrap().close_code(), Some(4009));
    assert_eq!(world.ended(1).await, [Closed::ByUs(4009)]);
    let _alive = soon(living).await.unwrap();
    assert_eq!(world.log.ended.lock().unwrap().len(), 1, "the one that answers stays");
}

#[tokio::test]
async fn a_peer_that_does_not_answer_our_close_is_cut_off() {
    let world = World::start(quick()).await;
    let mut client = world.client().await;
    client.send("close").await.unwrap();
    assert_eq!(soon(client.recv()).await.unwrap().close_code(), Some(4321));
    assert_eq!(soon(client.stream.read(&mut [0; 8])).await.unwrap(), 0);
    world.empty().await;
}

#[tokio::test]
async fn stopping_tells_everyone_and_joins_the_shards() {
    let world = World::start(Options { shards: 2, ..Options::default() }).await;
    let mut clients = vec![world.client().await, world.client().await];
    let hub = world.hub.clone();
    let stop =
        tokio::task::spawn(async move { hub.stop(Close::new(1001, "bye"), Duration::from_secs(5)).await });
    for client in &mut clients {
        assert_eq!(soon(client.recv()).await.unwrap().close_code(), Some(1001));
        client.stream.write_all(&masked(0x88, &1001u16.to_be_bytes())).await.unwrap();
        assert_eq!(soon(client.stream.read(&mut [0; 8])).await.unwrap(), 0);
    }
    assert_eq!(soon(stop).await.unwrap(), 0);
}
