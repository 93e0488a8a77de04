//! Edits and deletions: heard in the log's order, shown in history, replayed to whoever comes back.

use crate::{Client, Happened, World, watched::watched};
use roomcast::{
    bus::Local,
    limits::Rate,
    protocol::RoomName,
    socket,
    store::{Store, memory::Memory},
    testing::store::Dice,
};
use serde_json::{Value, json};
use std::{
    num::NonZeroUsize,
    sync::{Arc, atomic::Ordering},
};

/// A connection that has so much: `change` where the client counts changes.
async fn back(world: &World, seq: u64, change: Option<u64>) -> Client {
    let change = change.map(|change| format!("&change={change}")).unwrap_or_default();
    let epoch = world.chat.store().epoch();
    Client::connect(world.address, &format!("/chat/hall?user=eve&since={seq}&epoch={epoch}{change}")).await
}

/// A world on the store of another, as after a restart: nothing is at hand.
async fn again(store: Arc<dyn Store>) -> World {
    World::with(store, Arc::new(Local::default()), socket::Options::default()).await
}

/// What of the log somebody lacks who has so many messages and changes.
fn rest(log: &[Happened], seq: u64, change: u64) -> Vec<Happened> {
    let lacks = |event: &&Happened| match **event {
        Happened::Message(of) => of > seq,
        Happened::Change(of) => of > change,
    };
    log.iter().filter(lacks).copied().collect()
}

/// How many changes are in front of what follows a message at once.
fn changes_before(log: &[Happened], seq: u64) -> u64 {
    let behind = log.iter().position(|event| *event == Happened::Message(seq)).map_or(0, |at| at + 1);
    log[..behind].iter().filter(|event| matches!(event, Happened::Change(_))).count() as u64
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_heard_by_all_acknowledged_and_shown_from_then_on() {
    let world = World::start().await;
    let (mut ann, mut bob) = (world.settled("hall", "ann").await, world.settled("hall", "bob").await);
    for content in ["one", "two"] {
        ann.send(json!({"type": "message", "content": content, "id": content})).await;
    }
    ann.send(json!({"type": "edit", "seq": 1, "content": "uno", "id": "e"})).await;
    let ack = ann.until("ack").await;
    assert!(ack.get("change").is_none(), "a message is no change: {ack}");
    ann.until("ack").await;
    let ack = ann.until("ack").await;
    assert_eq!((&ack["id"], &ack["seq"], &ack["change"]), (&json!("e"), &json!(1), &json!(1)));
    ann.send(json!({"type": "delete", "seq": 2, "id": "d"})).await;
    let ack = ann.until("ack").await;
    assert_eq!((&ack["id"], &ack["seq"], &ack["change"]), (&json!("d"), &json!(2), &json!(2)));
    assert!(ack["budget"]["remaining"].is_u64() && ack["timestamp"].as_u64().unwrap() > 1_700_000_000);

    let edit = bob.until("edit").await;
    let expected = json!({"type": "edit", "room": "hall", "seq": 1, "change": 1, "user": "ann", "content": "uno",
        "timestamp": edit["timestamp"]});
    assert_eq!(edit, expected);
    let delete = bob.until("delete").await;
    let expected = json!({"type": "delete", "room": "hall", "seq": 2, "change": 2, "user": "ann",
        "timestamp": delete["timestamp"]});
    assert_eq!(delete, expected);
    for client in [&mut bob, &mut world.settled("hall", "late").await] {
        client.send(json!({"type": "history"})).await;
        let messages = client.until("history").await["messages"].clone();
        assert_eq!((&messages[0]["content"], &messages[0]["edited"]), (&json!("uno"), &edit["timestamp"]));
        assert_eq!((&messages[1]["content"], &messages[1]["deleted"]), (&json!(""), &json!(true)));
        assert!(messages[0].get("deleted").is_none() && messages[1].get("edited").is_none(), "{messages}");
    }
    let joined = world.join("hall", "later").await.until("joined").await;
    assert_eq!((&joined["head"], &joined["change"]), (&json!(2), &json!(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_changed_is_refused_with_its_reason() {
    let world = World::start().await;
    let (mut ann, mut bob) = (world.settled("hall", "ann").await, world.settled("hall", "bob").await);
    for content in ["one", "two"] {
        ann.send(json!({"type": "message", "content": content, "nonce": content, "id": 0})).await;
        ann.until("ack").await;
    }
    ann.send(json!({"type": "delete", "seq": 2, "id": 0})).await;
    ann.until("ack").await;
    let cases = [
        (json!({"type": "edit", "seq": 1, "content": "mine"}), "forbidden"),
        (json!({"type": "delete", "seq": 1}), "forbidden"),
        (json!({"type": "delete", "seq": 2}), "forbidden"),
        (json!({"type": "edit", "seq": 3, "content": "x"}), "no_such_message"),
        (json!({"type": "delete", "seq": 0}), "no_such_message"),
        (json!({"type": "edit", "seq": 1, "content": " "}), "empty"),
        (json!({"type": "edit", "seq": 1, "content": "x".repeat(4001)}), "too_large"),
        (json!({"type": "edit", "seq": 1}), "bad_frame"),
        (json!({"type": "delete", "seq": 1, "room": "other"}), "not_joined"),
    ];
    for (mut frame, code) in cases {
        frame["id"] = code.into();
        bob.send(frame.clone()).await;
        let error = bob.until("error").await;
        assert_eq!(
            (&error["code"], &error["id"], &error["temporary"]),
            (&json!(code), &json!(code), &json!(false))
        );
    }
    ann.send(json!({"type": "edit", "seq": 2, "content": "back", "id": 1})).await;
    assert_eq!(ann.until("error").await["code"], "no_such_message", "what was deleted stays so");
    for (frame, change) in [
        (json!({"type": "delete", "seq": 2, "id": 2}), Some(1)),
        (json!({"type": "edit", "seq": 1, "content": "one", "id": 2}), Some(1)),
        (json!({"type": "message", "content": "two", "nonce": "two", "id": 2}), None),
    ] {
        ann.send(frame).await;
        let ack = ann.until("ack").await;
        assert_eq!(ack.get("change").and_then(Value::as_u64), change, "it is so already: {ack}");
    }
    ann.send(json!({"type": "message", "content": "", "nonce": "two", "id": 3})).await;
    assert_eq!(ann.until("error").await["code"], "empty");
    ann.send(json!({"type": "message", "content": "other", "nonce": "two", "id": 3})).await;
    assert_eq!(ann.until("error").await["code"], "nonce_conflict");
    bob.hears_no("edit").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_spend_the_budget_of_messages() {
    let hub = socket::Hub::start(socket::Options { shards: 1, ..Default::default() }).unwrap();
    let rate = Rate { count: 3.try_into().unwrap(), per: std::time::Duration::from_secs(3600) };
    let limits = roomcast::limits::Limits { messages: rate, ..Default::default() };
    let options = roomcast::Options { limits, ..Default::default() };
    let chat = roomcast::Chat::start(hub, Arc::new(Memory::default()), Arc::new(Local::default()), options);
    let (hall, ann) =
        (RoomName::parse("hall").unwrap(), chat.user(roomcast::protocol::UserName::parse("ann").unwrap()));
    let post = roomcast::Post { content: "one".into(), ..Default::default() };
    chat.send(hall.clone(), &ann, &post).await.unwrap();
    chat.edit(hall.clone(), &ann, 1, "uno").await.unwrap();
    chat.delete(hall.clone(), &ann, 1).await.unwrap();
    for refused in [chat.edit(hall.clone(), &ann, 1, "x").await, chat.delete(hall, &ann, 1).await] {
        assert_eq!(refused.unwrap_err().code.as_str(), "rate_limited");
    }
    assert_eq!((chat.stats().appended, chat.stats().changed), (1, 2));
}

/// From every place of a log, with and without counting changes, before and after a restart.
#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_gets_the_changes_that_they_lack_in_their_places() {
    let store: Arc<dyn Store> = Arc::new(Memory::default());
    let before = again(store.clone()).await;
    let mut room = before.settled("hall", "eve").await;
    for messages in [2, 1, 1, 3] {
        before.say("hall", messages, "x").await;
        before.edit("hall", 2, "y").await;
    }
    let log = before.log("hall").await;
    assert_eq!(room.events(log.len()).await, log, "live, in the log's order");
    for world in [&before, &again(store).await] {
        for (seq, change) in (0..=7).flat_map(|seq| (0..=8).map(move |change| (seq, change))) {
            let mut eve = back(world, seq, Some(change)).await;
            let expected = rest(&log, seq, change);
            assert_eq!(eve.events(expected.len()).await, expected, "from {seq} and {change}");
            let caught_up = eve.until("caught_up").await;
            assert_eq!((&caught_up["seq"], &caught_up["change"]), (&json!(7), &json!(8)));
            eve.hears_no("edit").await;
        }
        for seq in 0..=7 {
            let mut eve = back(world, seq, None).await;
            let expected = rest(&log, seq, changes_before(&log, seq));
            assert_eq!(eve.events(expected.len()).await, expected, "from {seq}, changes uncounted");
            eve.until("caught_up").await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_not_there_yet_is_ahead() {
    let world = World::start().await;
    world.say("hall", 1, "x").await;
    world.edit("hall", 1, "y").await;
    let mut eve = back(&world, 1, Some(2)).await;
    let joined = eve.until("joined").await;
    assert_eq!((&joined["recovered"], &joined["reason"]), (&json!(false), &json!("ahead")));
    let reset = eve.until("reset").await;
    assert_eq!((&reset["head"], &reset["change"]), (&json!(1), &json!(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_deleted_is_shown_to_nobody_who_comes_back() {
    let world = World::start().await;
    world.say("hall", 300, "secret").await;
    world.edit("hall", 3, "secret").await;
    let (hall, bot) = (
        RoomName::parse("hall").unwrap(),
        world.chat.user(roomcast::protocol::UserName::parse("bot").unwrap()),
    );
    // Read before, and kept; and the newest are at hand.
    back(&world, 0, Some(0)).await.until("caught_up").await;
    for (change, seq) in [(4, 2), (5, 299)] {
        world.chat.delete(hall.clone(), &bot, seq).await.unwrap();
        let mut eve = back(&world, 0, Some(0)).await;
        loop {
            let frame = eve.next().await;
            assert!(
                frame["seq"] != seq || frame.get("content").is_none_or(|content| content == ""),
                "{frame}"
            );
            if frame["change"] == change && frame["type"] == "delete" {
                break;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_deleted_leaves_no_hole_in_what_is_told() {
    let (store, before) = watched().await;
    before.say("hall", 3, "secret").await;
    before.edit("hall", 3, "secret").await;
    let (hall, bot) = (
        RoomName::parse("hall").unwrap(),
        before.chat.user(roomcast::protocol::UserName::parse("bot").unwrap()),
    );
    before.chat.delete(hall, &bot, 2).await.unwrap();
    let world = again(store).await;
    let mut eve = back(&world, 0, Some(0)).await;
    let mut told = Vec::new();
    while told.len() < 7 {
        let frame = eve.next().await;
        if frame["seq"] == 2 && frame["type"] != "caught_up" {
            assert!(frame.get("content").is_none_or(|content| content == ""), "{frame}");
        }
        if matches!(frame["type"].as_str(), Some("message" | "edit" | "delete")) {
            told.push((frame["type"].as_str().unwrap().to_owned(), frame["seq"].as_u64().unwrap()));
        }
    }
    let kinds: Vec<_> = told.iter().map(|(kind, seq)| (&**kind, *seq)).collect();
    let expected = [
        ("message", 1),
        ("message", 2),
        ("message", 3),
        ("edit", 1),
        ("delete", 2),
        ("edit", 3),
        ("delete", 2),
    ];
    assert_eq!(kinds, expected, "an edit that was erased is told as a deletion: no number is missing");
}

/// Around the borders of pages, of both kinds.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_where_pages_end() {
    for (messages, changes) in [(199, 200), (200, 200), (201, 199), (200, 201), (1, 401), (401, 1)] {
        let (store, before) = watched().await;
        before.say("hall", messages / 2 + 1, "x").await;
        before.edit("hall", changes / 2, "y").await;
        before.say("hall", messages - messages / 2 - 1, "x").await;
        before.edit("hall", changes - changes / 2, "z").await;
        let log = before.log("hall").await;
        let world = again(store.clone()).await;
        for (seq, change) in [
            (0, Some(0)),
            (1, Some(0)),
            (messages as u64 - 1, None),
            (messages as u64, Some(199.min(changes as u64))),
        ] {
            let mut eve = back(&world, seq, change).await;
            let expected = rest(&log, seq, change.unwrap_or_else(|| changes_before(&log, seq)));
            assert_eq!(
                eve.events(expected.len()).await,
                expected,
                "{messages} {changes}: from {seq} {change:?}"
            );
            let caught_up = eve.until("caught_up").await;
            assert_eq!((&caught_up["seq"], &caught_up["change"]), (&json!(messages), &json!(changes)));
        }
        let pages = |n: usize| n.div_ceil(200);
        assert!(
            store.pages().len() <= pages(messages) && store.changes().len() <= 1 + pages(changes),
            "read once"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_all_changes_costs_no_question_for_them() {
    let (store, before) = watched().await;
    before.say("hall", 300, "x").await;
    before.edit("hall", 5, "y").await;
    let world = again(store.clone()).await;
    let mut eve = back(&world, 0, Some(5)).await;
    assert_eq!(eve.seqs(300).await, (1..=300).collect::<Vec<_>>());
    eve.until("caught_up").await;
    assert!(store.changes().is_empty(), "{:?}", store.changes());
    assert_eq!(store.pages().len(), 2);
}

/// What was read for one is shown to the next, though it says something else by now; what changed it follows.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_page_is_put_right_by_what_stands_behind_it() {
    let (store, before) = watched().await;
    before.say("hall", 300, "old").await;
    let world = again(store.clone()).await;
    back(&world, 0, Some(0)).await.until("caught_up").await;
    let read = store.pages().len();
    world.edit("hall", 3, "new").await;
    let mut eve = back(&world, 0, Some(0)).await;
    let first = eve.until("message").await;
    assert_eq!((&first["content"], store.pages().len()), (&json!("old"), read), "it was read before");
    for n in 0..3 {
        let edit = eve.until("edit").await;
        assert_eq!((&edit["seq"], &edit["content"]), (&json!(n + 1), &json!(format!("new{n}"))));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_that_are_not_kept_any_more_are_a_reset() {
    let store: Arc<dyn Store> = Arc::new(Memory::new(NonZeroUsize::new(10).unwrap()));
    let before = again(store.clone()).await;
    before.say("hall", 3, "x").await;
    before.edit("hall", 30, "y").await;
    let world = again(store).await;
    let mut eve = back(&world, 3, Some(7)).await;
    assert_eq!(eve.until("joined").await["recovered"], true);
    let reset = eve.until("reset").await;
    assert_eq!(
        (&reset["reason"], &reset["head"], &reset["change"]),
        (&json!("retention"), &json!(3), &json!(30))
    );
    eve.until("caught_up").await;
    world.edit("hall", 1, "live").await;
    assert_eq!(eve.until("edit").await["change"], 31);
    let mut zoe = back(&world, 3, Some(25)).await;
    assert_eq!(zoe.events(6).await, (26..=31).map(Happened::Change).collect::<Vec<_>>());
}

/// Whoever reads, from wherever, while somebody writes and changes without pause, sees the one log.
#[tokio::test(flavor = "multi_thread")]
async fn what_happens_meanwhile_joins_behind_without_a_hole() {
    let store: Arc<dyn Store> = Arc::new(Memory::default());
    let before = again(store.clone()).await;
    for _ in 0..40 {
        before.say("hall", 15, "x").await;
        before.edit("hall", 10, "y").await;
    }
    let (world, mut dice) = (again(store).await, Dice::from_environment());
    let mut readers = Vec::new();
    for n in 0..12 {
        let (seq, change) = (dice.below(601), (n % 3 > 0).then(|| dice.below(401)));
        readers.push((seq, change, back(&world, seq, change).await));
    }
    for _ in 0..20 {
        world.say("hall", 5, "live").await;
        world.edit("hall", 5, "live").await;
    }
    let log = world.log("hall").await;
    for (seq, change, mut reader) in readers {
        let expected = rest(&log, seq, change.unwrap_or_else(|| changes_before(&log, seq)));
        assert_eq!(reader.events(expected.len()).await, expected, "from {seq} {change:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_fell_behind_misses_no_change() {
    let options = socket::Options { outbox_bytes: 128 * 1024, ..Default::default() };
    let world = World::with(Arc::new(Memory::default()), Arc::new(Local::default()), options).await;
    let mut slow = world.settled("hall", "slow").await;
    let content = "x".repeat(3800);
    for _ in 0..20 {
        world.say("hall", 75, &content).await;
        world.edit("hall", 75, &content).await;
    }
    assert!(world.chat.hub().counters().behind.load(Ordering::Relaxed) > 0, "the test must fill the outbox");
    let log = world.log("hall").await;
    assert_eq!(slow.events(log.len()).await, log);
    let caught_up = slow.until("caught_up").await;
    assert_eq!((&caught_up["seq"], &caught_up["change"]), (&json!(1500), &json!(1500)));
}
