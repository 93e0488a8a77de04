//! What lies below fails: the store, the bus. Nothing is lost, doubled or out of order for it.

use crate::{World, watched::watched};
use roomcast::{
    bus::{Bus, Listener, Local, Notice},
    protocol::RoomName,
    store::memory::Memory,
};
use serde_json::json;
use std::sync::{
    Arc, Mutex, OnceLock,
    atomic::{AtomicU32, Ordering},
};

#[tokio::test]
async fn the_local_bus_conforms() {
    roomcast::testing::bus::conforms(vec![Arc::new(Local::default())]).await;
}

/// Loses, doubles, delays, reorders and strips notices, by turns.
#[derive(Default)]
struct Chaos {
    listener: OnceLock<Listener>,
    count: AtomicU32,
    late: Mutex<Vec<Notice>>,
}

impl Bus for Chaos {
    fn listen(&self, listener: Listener) {
        let _ = self.listener.set(listener);
    }

    fn publish(&self, notice: Notice) {
        let listener = self.listener.get().unwrap();
        match self.count.fetch_add(1, Ordering::Relaxed) % 7 {
            0 => {}
            1 => [notice.clone(), notice].into_iter().for_each(|n| listener(n)),
            2 | 3 => self.late.lock().unwrap().push(notice),
            4 => std::mem::take(&mut *self.late.lock().unwrap()).into_iter().rev().for_each(|n| listener(n)),
            5 => {
                if let Notice::Log { room, epoch, head, .. } = notice {
                    listener(Notice::Log { room, epoch, head, events: Arc::new([]) });
                }
            }
            _ => listener(notice),
        }
    }

    fn subscribe(&self, _: &RoomName) {}
    fn unsubscribe(&self, _: &RoomName) {}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bus_that_loses_doubles_and_reorders_costs_no_message() {
    let world =
        World::with(Arc::new(Memory::default()), Arc::new(Chaos::default()), Default::default()).await;
    let (mut ann, mut bob) = (world.settled("hall", "ann").await, world.settled("hall", "bob").await);
    for _ in 0..50 {
        world.say("hall", 20, "x").await;
        world.edit("hall", 7, "y").await;
    }
    let log = world.log("hall").await;
    // The last notices may have been lost: the next one tells of them.
    for _ in 0..7 {
        world.say("hall", 1, "x").await;
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    for client in [&mut ann, &mut bob] {
        assert_eq!(client.events(log.len()).await, log);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_fails_is_told_of_and_recovers_by_itself() {
    let (store, world) = watched().await;
    let (mut ann, mut bob) = (world.settled("hall", "ann").await, world.settled("hall", "bob").await);
    store.fail(true);
    ann.send(json!({"type": "message", "content": "lost?", "nonce": "n", "id": 1})).await;
    let error = ann.until("error").await;
    assert_eq!(
        (&error["code"], &error["id"], &error["temporary"]),
        (&json!("unavailable"), &json!(1), &json!(true))
    );
    assert!(error["retry_after_ms"].is_u64());
    ann.send(json!({"type": "history", "limit": 1, "id": 2})).await;
    assert_eq!(ann.until("error").await["code"], "unavailable");
    let mut any = crate::Client::connect(world.address, "/ws?user=eve").await;
    any.send(json!({"type": "join", "room": "new", "id": 3})).await;
    let error = any.until("error").await;
    assert_eq!((&error["code"], &error["room"]), (&json!("unavailable"), &json!("new")));

    store.fail(false);
    ann.send(json!({"type": "message", "content": "lost?", "nonce": "n", "id": 4})).await;
    assert_eq!(ann.until("ack").await["seq"], 1);
    assert_eq!(bob.until("message").await["content"], "lost?");
    any.send(json!({"type": "join", "room": "new", "id": 5})).await;
    assert_eq!(any.until("joined").await["id"], 5);
}
