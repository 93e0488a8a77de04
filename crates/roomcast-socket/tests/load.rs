//! More than a shard can write, or than one connection takes: what waits is bounded, and the verdicts are as promised.

use crate::{World, bounds::scripted, soon};
use bytes::Bytes;
use roomcast_socket::{
    Congested, Handler, Hub, Lane, Options, Publish, frame,
    hub::{HARD_LOAD_BYTES, SOFT_LOAD_BYTES},
    testing::Client,
};
use std::{
    sync::{
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    time::Duration,
};

const CHUNK: usize = 1 << 20;

/// A frame of [`CHUNK`] bytes whose text begins with a number.
fn chunk(n: usize) -> Bytes {
    let mut text = format!("{n} ");
    text.extend(std::iter::repeat_n('x', CHUNK - frame::MAX_HEADER - text.len()));
    frame::text(&text)
}

/// Keeps a shard from its turns until the sender is dropped, as a turn that takes long would.
pub(crate) fn hold<H: Handler>(hub: &Hub<H>, shard: usize) -> mpsc::Sender<()> {
    let (release, released) = mpsc::channel::<()>();
    let (held_tx, held_rx) = mpsc::channel();
    hub.spawn_on(shard, move || async move {
        held_tx.send(()).unwrap();
        // An error: the sender was dropped.
        let _ = released.recv();
    });
    held_rx.recv().unwrap();
    release
}

/// The first words of what comes, up to and with `last`.
async fn words_until(client: &mut Client, last: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    while words.last().is_none_or(|word| word != last) {
        let text = soon(client.recv_text()).await.unwrap();
        words.push(text.split(' ').next().unwrap().to_owned());
    }
    words
}

fn numbers(n: usize) -> Vec<String> {
    (0..n).map(|n| n.to_string()).collect()
}

async fn reaches(counter: &AtomicU64, n: u64) {
    soon(async {
        while counter.load(Ordering::Relaxed) < n {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_the_hard_bound_nothing_is_published_to_anyone_until_it_has_drained() {
    let options = Options { shards: 2, outbox_bytes: 2 * HARD_LOAD_BYTES, ..Options::default() };
    let world = World::start(options).await;
    let (mut stuck, mut free) = (world.client().await, world.client().await);
    assert_eq!(world.hub.spread(), [1, 1]);
    let topic = world.hub.topic("all");
    let publish = |frames| world.hub.publish(&topic, Publish::from(frames));
    let release = hold(&world.hub, 0);
    // With exactly the bound waiting there is still a publish: the bound is what may wait before it.
    let n = HARD_LOAD_BYTES / CHUNK + 1;
    for n in 0..n {
        publish(chunk(n)).unwrap();
    }
    assert_eq!(publish(frame::text("refused")), Err(Congested));
    drop(release);
    soon(async {
        while publish(frame::text("after")).is_err() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    let expected = [numbers(n), vec!["after".to_owned()]].concat();
    for client in [&mut stuck, &mut free] {
        assert_eq!(words_until(client, "after").await, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_the_soft_bound_nobody_is_read_until_it_has_drained() {
    // No tick looks after anything here: who stopped reading is to be woken.
    let tick = Duration::from_secs(3600);
    let options = Options { shards: 2, outbox_bytes: 2 * SOFT_LOAD_BYTES, tick, ..Options::default() };
    let (hub, address) = scripted(options, |cx, text| {
        if text == "subscribe" {
            cx.subscribe(&cx.hub().topic("all"));
        }
        cx.send(frame::text(text));
    })
    .await;
    let mut stuck = Client::connect(address, "/").await.unwrap();
    stuck.send("subscribe").await.unwrap();
    assert_eq!(soon(stuck.recv_text()).await.unwrap(), "subscribe");
    let mut free = Client::connect(address, "/").await.unwrap();
    free.send("here").await.unwrap();
    assert_eq!(soon(free.recv_text()).await.unwrap(), "here");
    assert_eq!(hub.spread(), [1, 1]);
    let publish = |frames| hub.publish(&hub.topic("all"), Publish::from(frames)).unwrap();
    let release = hold(&hub, 0);
    let n = SOFT_LOAD_BYTES / CHUNK;
    (0..n).for_each(|n| publish(chunk(n)));
    assert!(!hub.congested(), "it may hold just so much");
    publish(frame::text("more"));
    assert!(hub.congested());
    // On the shard that has nothing to write.
    free.send("said").await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(hub.counters().messages.load(Ordering::Relaxed), 2, "it was read");
    drop(release);
    assert_eq!(soon(free.recv_text()).await.unwrap(), "said");
    assert_eq!(words_until(&mut stuck, "more").await, [numbers(n), vec!["more".to_owned()]].concat());
    assert!(!hub.congested());
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_the_soft_bound_others_are_written_to_all_the_same() {
    // More than the kernel takes for a connection.
    let n = 32;
    let options = Options { shards: 2, outbox_bytes: 2 * n * CHUNK, ..Options::default() };
    let world = World::start(options).await;
    let (mut stuck, mut free) = (world.client().await, world.client().await);
    assert_eq!(world.hub.spread(), [1, 1]);
    let release = hold(&world.hub, 0);
    (0..n).for_each(|n| world.hub.publish(&world.hub.topic("all"), chunk(n)).unwrap());
    assert!(world.hub.congested());
    assert_eq!(words_until(&mut free, &(n - 1).to_string()).await, numbers(n));
    assert!(world.hub.congested());
    drop(release);
    assert_eq!(words_until(&mut stuck, &(n - 1).to_string()).await, numbers(n));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_owed_too_much_does_without_volatile_frames_alone_and_is_told_so() {
    // More than the kernel takes for a connection, and less than its outbox holds.
    let n = 32;
    let options = Options { shards: 1, outbox_bytes: 2 * n * CHUNK, ..Options::default() };
    let world = World::start(options).await;
    let (mut slow, mut quick) = (world.client().await, world.client().await);
    let topic = world.hub.topic("all");
    (0..n).for_each(|n| world.hub.publish(&topic, chunk(n)).unwrap());
    assert_eq!(words_until(&mut quick, &(n - 1).to_string()).await, numbers(n));
    reaches(&world.hub.counters().bytes, 2 * (n * CHUNK) as u64).await;
    let typing = Publish { frames: frame::text("typing"), lane: Lane::Volatile, ..Publish::default() };
    world.hub.publish(&topic, typing).unwrap();
    world.hub.publish(&topic, frame::text("end")).unwrap();
    assert_eq!(words_until(&mut quick, "end").await, ["typing", "end"]);
    assert_eq!(words_until(&mut slow, "end").await, [numbers(n), vec!["end".to_owned()]].concat());
    reaches(&world.log.missed, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_members_than_one_turn_writes_to_get_everything_once() {
    let world = World::start(Options { shards: 1, ..Options::default() }).await;
    let mut members = Vec::new();
    // One turn has 256 writes.
    for _ in 0..=256 {
        members.push(world.client().await);
    }
    let topic = world.hub.topic("all");
    for n in numbers(3) {
        world.hub.publish(&topic, frame::text(&n)).unwrap();
    }
    for member in &mut members {
        assert_eq!(words_until(member, "2").await, numbers(3));
    }
}
