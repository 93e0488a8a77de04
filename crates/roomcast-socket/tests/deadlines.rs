//! What a handler can have done to its connection: after a while, to all that are alike, and with shorter messages.

use crate::{World, soon};
use roomcast_socket::{Options, frame};
use std::time::{Duration, Instant};

fn quick() -> Options {
    Options { shards: 2, tick: Duration::from_millis(50), ..Options::default() }
}

#[tokio::test]
async fn a_deadline_comes_once_and_not_early() {
    let world = World::start(quick()).await;
    let mut client = world.client().await;
    for _ in 0..2 {
        let asked = Instant::now();
        client.send("soon").await.unwrap();
        assert_eq!(soon(client.recv_text()).await.unwrap(), "time");
        assert!(asked.elapsed() >= Duration::from_millis(200));
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    client.send("nothing came meanwhile").await.unwrap();
    assert_eq!(soon(client.recv_text()).await.unwrap(), "nothing came meanwhile");
}

#[tokio::test]
async fn a_deadline_that_was_taken_back_does_not_come() {
    let world = World::start(quick()).await;
    let mut client = world.client().await;
    client.send("soon").await.unwrap();
    client.send("never").await.unwrap();
    tokio::time::sleep(Duration::from_millis(600)).await;
    client.send("on").await.unwrap();
    assert_eq!(soon(client.recv_text()).await.unwrap(), "on");
}

#[tokio::test]
async fn what_is_run_for_a_tag_reaches_those_who_have_it_on_every_shard() {
    let world = World::start(quick()).await;
    let mut clients = Vec::new();
    for n in 0..6 {
        let mut client = world.client().await;
        client.send(if n % 2 == 0 { "tag" } else { "never" }).await.unwrap();
        client.send(&format!("ready {n}")).await.unwrap();
        while soon(client.recv_text()).await.unwrap() != format!("ready {n}") {}
        clients.push(client);
    }
    world.hub.run_each(Some(7), |_, cx| cx.send(frame::text("for seven")));
    world.hub.run_each(None, |_, cx| cx.send(frame::text("for all")));
    for (n, client) in clients.iter_mut().enumerate() {
        let mut heard = Vec::new();
        while heard.last().is_none_or(|text| text != "for all") {
            heard.push(soon(client.recv_text()).await.unwrap());
        }
        assert_eq!(heard.contains(&"for seven".to_owned()), n % 2 == 0, "{n}: {heard:?}");
    }
}

#[tokio::test]
async fn messages_are_as_long_as_the_handler_lets_them_be() {
    let world = World::start(quick()).await;
    let (mut long, mut short) = (world.client().await, world.client().await);
    world.hub.run_each(None, |_, cx| {
        cx.set_max_message(10);
        cx.send(frame::text("from here on"));
    });
    for client in [&mut long, &mut short] {
        assert_eq!(soon(client.recv_text()).await.unwrap(), "from here on");
    }
    short.send("0123456789").await.unwrap();
    assert_eq!(soon(short.recv_text()).await.unwrap(), "0123456789");
    long.send("0123456789a").await.unwrap();
    while soon(long.recv()).await.unwrap().close_code() != Some(1009) {}
}
