//! Coming back: from any distance, exactly what was missed, then live.

use crate::{Client, World, watched::watched};
use roomcast::bus::Local;
use serde_json::json;
use std::sync::Arc;
use tokio::task::JoinSet;

pub(crate) async fn back(world: &World, since: u64, epoch: &str) -> Client {
    Client::connect(world.address, &format!("/chat/hall?user=ann&since={since}&epoch={epoch}")).await
}

pub(crate) async fn epoch(world: &World) -> String {
    world.join("hall", "eve").await.until("joined").await["epoch"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_missed_comes_once_in_order_from_any_distance() {
    let world = World::start().await;
    let epoch = epoch(&world).await;
    for (total, since) in [(10, 7), (700, 3), (701, 700), (701, 701)] {
        let head = world.say("hall", total - world.chat.stats().appended as usize, "x").await.max(since);
        let mut ann = back(&world, since, &epoch).await;
        let joined = ann.until("joined").await;
        assert_eq!(
            (&joined["recovered"], joined["head"].as_u64()),
            (&json!(true), Some(total as u64)),
            "{head}"
        );
        let missed = total - since as usize;
        assert_eq!(ann.seqs(missed).await, (since + 1..=total as u64).collect::<Vec<_>>());
        assert_eq!(ann.until("caught_up").await["seq"], total);
        ann.hears_no("message").await;
    }
    world.say("hall", 1, "live").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_meanwhile_joins_behind_without_a_hole() {
    let world = World::start().await;
    let epoch = epoch(&world).await;
    world.say("hall", 2000, "x").await;
    let mut clients = Vec::new();
    for since in [0, 500, 1500, 1999] {
        clients.push((since, back(&world, since, &epoch).await));
    }
    let writing = world.say("hall", 500, "y");
    let reading = async {
        for (since, client) in &mut clients {
            let n = 2500 - usize::try_from(*since).unwrap();
            assert_eq!(client.seqs(n).await, (*since + 1..=2500).collect::<Vec<_>>());
        }
    };
    tokio::join!(writing, reading);
}

/// Nothing is at hand after a restart, and everyone comes at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_herd_that_comes_back_costs_a_few_reads() {
    let (store, before) = watched().await;
    let (head, herd) = (1000, 500);
    before.say("hall", head, "x").await;
    let epoch = epoch(&before).await;
    let world = Arc::new(World::with(store.clone(), Arc::new(Local::default()), Default::default()).await);
    let read = store.pages().len();
    let mut back_again = JoinSet::new();
    for n in 0..herd {
        let (world, epoch, since) = (world.clone(), epoch.clone(), head - n);
        back_again.spawn(async move {
            let mut client = back(&world, since as u64, &epoch).await;
            assert_eq!(client.seqs(n).await, (since as u64 + 1..=head as u64).collect::<Vec<_>>());
            assert_eq!(client.until("caught_up").await["seq"], head);
        });
    }
    while let Some(done) = back_again.join_next().await {
        done.unwrap();
    }
    let reads = store.pages().len() - read;
    assert!((1..=herd.div_ceil(200) + 1).contains(&reads), "{reads} reads");
}

/// Pages that were asked for by an earlier `join` are not sent after a later one.
#[tokio::test(flavor = "multi_thread")]
async fn who_joins_again_meanwhile_gets_what_the_last_join_asked_for() {
    let (store, before) = watched().await;
    before.say("hall", 1000, "x").await;
    let epoch = epoch(&before).await;
    let world = World::with(store, Arc::new(Local::default()), Default::default()).await;
    let mut ann = Client::connect(world.address, "/ws?user=ann").await;
    for round in 0..20 {
        for seq in [0, 900 + round] {
            let resume = json!({"seq": seq, "epoch": epoch});
            ann.send(json!({"type": "join", "room": "hall", "resume": resume, "id": seq})).await;
        }
        while ann.until("joined").await["id"] != 900 + round {}
        let mut seqs = Vec::new();
        loop {
            let frame = ann.next().await;
            match frame["type"].as_str().unwrap() {
                "message" => seqs.push(frame["seq"].as_u64().unwrap()),
                "caught_up" => break,
                _ => {}
            }
        }
        assert_eq!(seqs, (901 + round..=1000).collect::<Vec<_>>());
        ann.send(json!({"type": "leave", "room": "hall", "id": "left"})).await;
        ann.until("left").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_that_means_nothing_here_is_told_why() {
    let world = World::start().await;
    let epoch = epoch(&world).await;
    world.say("hall", 5, "x").await;
    for (since, epoch, reason) in [(3, "another", "epoch"), (6, &*epoch, "ahead")] {
        let mut ann = back(&world, since, epoch).await;
        let joined = ann.until("joined").await;
        assert_eq!((&joined["recovered"], joined["reason"].as_str()), (&json!(false), Some(reason)));
        let reset = ann.until("reset").await;
        assert_eq!((reset["reason"].as_str(), &reset["head"]), (Some(reason), &json!(5)));
        world.say("other", 1, "x").await;
        ann.hears_no("message").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_retention_has_taken_is_told() {
    use roomcast::store::memory::Memory;
    let store = Memory::new(std::num::NonZeroUsize::new(10).unwrap());
    let world = World::with(Arc::new(store), Arc::new(Local::default()), Default::default()).await;
    world.say("hall", 30, "x").await;
    let epoch = epoch(&world).await;
    let mut ann = back(&world, 3, &epoch).await;
    assert_eq!(ann.until("reset").await["reason"], "retention");
    let mut bob = back(&world, 25, &epoch).await;
    assert_eq!(bob.seqs(5).await, [26, 27, 28, 29, 30]);
}

#[tokio::test(flavor = "multi_thread")]
async fn history_goes_to_the_asker_oldest_first() {
    let world = World::start().await;
    world.say("hall", 300, "x").await;
    let mut ann = world.settled("hall", "ann").await;
    for (ask, seqs, more) in [
        (json!({"type": "history", "limit": 3}), vec![298, 299, 300], true),
        (json!({"type": "history", "limit": 3, "before": 3}), vec![1, 2], false),
        (json!({"type": "history", "limit": 2, "after": 7}), vec![8, 9], true),
        (json!({"type": "history", "limit": 4, "around": 100}), vec![98, 99, 100, 101], true),
        (json!({"type": "history", "limit": 9999}), (101..=300).collect(), true),
    ] {
        ann.send(ask.clone()).await;
        let page = ann.until("history").await;
        let got: Vec<u64> =
            page["messages"].as_array().unwrap().iter().map(|m| m["seq"].as_u64().unwrap()).collect();
        assert_eq!((got, page["more"].as_bool().unwrap()), (seqs, more), "{ask}");
    }
}
