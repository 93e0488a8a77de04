//! Readers that do not read: bounded, dealt with, and nobody else's trouble.

use crate::{World, soon};
use roomcast_socket::{Closed, Options};
use std::time::Duration;
use tokio::io::AsyncWriteExt;

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_falls_behind_is_cut_and_the_others_miss_nothing() {
    let world = World::start(Options { shards: 1, outbox_bytes: 64 * 1024, ..Options::default() }).await;
    let slow = world.client().await;
    let (mut reader, mut writer) = (world.client().await, world.client().await);
    let reading = tokio::task::spawn(async move {
        for n in 0..3000 {
            assert!(soon(reader.recv_text()).await.unwrap().starts_with(&format!("{n} ")));
        }
    });
    let padding = "x".repeat(4000);
    for n in 0..3000 {
        writer.send(&format!("{n} {padding}")).await.unwrap();
        soon(writer.recv_text()).await.unwrap();
    }
    soon(reading).await.unwrap();
    assert_eq!(world.ended(1).await[0], Closed::ByUs(4008));
    drop(slow);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_takes_nothing_is_given_up() {
    let ms = Duration::from_millis;
    let options =
        Options { shards: 1, tick: ms(20), stall: ms(300), close_timeout: ms(100), ..Options::default() };
    let world = World::start(options).await;
    let (stuck, mut writer) = (world.client().await, world.client().await);
    let padding = "x".repeat(60_000);
    // More than the kernel takes for it, less than its outbox holds.
    for _ in 0..80 {
        writer.send(&padding).await.unwrap();
        soon(writer.recv_text()).await.unwrap();
        if !world.log.ended.lock().unwrap().is_empty() {
            break;
        }
    }
    assert_eq!(world.ended(1).await[0], Closed::ByUs(4008));
    drop(stuck);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_without_listening_is_not_read_any_more() {
    let world = World::start(Options { shards: 1, ..Options::default() }).await;
    let mut deaf = world.client().await;
    let frame = roomcast_socket::testing::masked(0x82, &[0; 60_000]);
    let flood = async {
        loop {
            deaf.stream.write_all(&frame).await.unwrap();
        }
    };
    // It gets its binary messages back, reads none, and at last cannot send any more: TCP pushes back.
    assert!(tokio::time::timeout(Duration::from_secs(2), flood).await.is_err());
    assert!(world.log.ended.lock().unwrap().is_empty(), "it was not closed for it");
    let counted = world.hub.counters().messages.load(std::sync::atomic::Ordering::Relaxed);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(world.hub.counters().messages.load(std::sync::atomic::Ordering::Relaxed), counted);
}
