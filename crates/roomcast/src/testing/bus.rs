//! What every bus must do. It is little: losing, doubling and reordering are allowed, since the store heals them. Inventing
//! and altering are not.

use crate::{
    bus::{Bus, Notice},
    store::{Change, Event, Happened, Kind, Position, Record},
};
use roomcast_protocol::{RoomName, UserName};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

type Heard = Arc<Mutex<Vec<Notice>>>;

/// Notices that a check waits for arrive within this time, or the bus does not conform.
const PATIENCE: Duration = Duration::from_secs(10);

/// Checks nodes of one bus, each of which is a handle that nobody listens to yet.
///
/// # Panics
/// With the promise that is not kept.
#[expect(clippy::panic, reason = "a suite for tests")]
pub async fn conforms(nodes: Vec<Arc<dyn Bus>>) {
    let heard: Vec<Heard> = nodes.iter().map(|node| listen(&**node)).collect();
    let (hall, yard) = (room("hall"), room("yard"));
    for node in &nodes {
        node.subscribe(&hall);
    }
    for (n, node) in nodes.iter().enumerate() {
        let seq = n as u64 + 1;
        let notice = || Notice::Log {
            room: hall.clone(),
            epoch: "e".into(),
            head: Position { seq, change: seq },
            events: events(seq),
        };
        let told = || {
            heard
                .iter()
                .all(|h| h.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|n| is_log(n, seq)))
        };
        // A subscription may take a moment to reach the others.
        if !eventually(|| node.publish(notice()), told).await {
            panic!("a notice of node {n} did not reach all nodes, its own included");
        }
        node.publish(Notice::Typing { room: yard.clone(), user: user("ann") });
    }
    let floor = || Notice::Floor { room: hall.clone(), epoch: "e".into(), floor: 7 };
    let told = || heard.iter().all(|h| h.lock().unwrap_or_else(PoisonError::into_inner).iter().any(is_floor));
    assert!(eventually(|| nodes[0].publish(floor()), told).await, "a floor did not arrive");
    let typed =
        || heard.iter().all(|h| h.lock().unwrap_or_else(PoisonError::into_inner).iter().any(is_typing));
    let typing = || {
        nodes[0].publish(Notice::Typing { room: hall.clone(), user: user("ann") });
    };
    assert!(eventually(typing, typed).await, "a `typing` did not arrive");
    for notice in heard.iter().flat_map(|h| h.lock().unwrap_or_else(PoisonError::into_inner).clone()) {
        assert!(
            is_typing(&notice)
                || is_floor(&notice)
                || (1..=nodes.len() as u64).any(|seq| is_log(&notice, seq)),
            "altered: {notice:?}"
        );
    }
    nodes.iter().for_each(|node| node.unsubscribe(&hall));
}

fn listen(node: &dyn Bus) -> Heard {
    let heard = Heard::default();
    let sink = heard.clone();
    node.listen(Arc::new(move |notice| {
        sink.lock().unwrap_or_else(PoisonError::into_inner).push(notice);
    }));
    heard
}

async fn eventually(act: impl Fn(), holds: impl Fn() -> bool) -> bool {
    let end = tokio::time::Instant::now() + PATIENCE;
    while tokio::time::Instant::now() < end {
        act();
        for _ in 0..20 {
            if holds() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    false
}

/// Nothing but what was said, with every character in its place.
fn is_log(notice: &Notice, seq: u64) -> bool {
    let Notice::Log { room, epoch, head, events: carried } = notice else {
        return false;
    };
    room.as_str() == "hall"
        && &**epoch == "e"
        && *head == Position { seq, change: seq }
        && (carried.is_empty() || carried[..] == events(seq)[..])
}

fn is_floor(notice: &Notice) -> bool {
    matches!(notice, Notice::Floor { room, epoch, floor: 7 } if room.as_str() == "hall" && &**epoch == "e")
}

fn is_typing(notice: &Notice) -> bool {
    matches!(notice, Notice::Typing { user, .. } if user.name() == "ann")
}

const CONTENT: &str = "\u{1F600} \"quoted\"\n\\ 漢字";

/// A message with everything that one can have, and a change of each kind.
fn events(seq: u64) -> Arc<[Event]> {
    let at = |change| Position { seq, change };
    let change = |number, kind| Event {
        at: at(number),
        what: Happened::Change(Change {
            number,
            after: seq,
            seq,
            user: user("ann"),
            at_ms: 1_750_000_000_124,
            kind,
        }),
    };
    Arc::new([
        Event { at: at(seq), what: Happened::Message(record(seq)) },
        change(seq + 1, Kind::Edit { content: Some(CONTENT.into()) }),
        change(seq + 2, Kind::Edit { content: None }),
        change(seq + 3, Kind::Delete),
    ])
}

fn record(seq: u64) -> Record {
    Record {
        seq,
        user: user("ann"),
        at_ms: 1_750_000_000_123,
        content: CONTENT.into(),
        nonce: Some("n".into()),
        reply_to: Some(1),
        edited_ms: Some(1_750_000_000_124),
        deleted_ms: None,
    }
}

fn room(name: &str) -> RoomName {
    RoomName::parse(name).expect("a good name")
}

fn user(name: &str) -> Arc<UserName> {
    Arc::new(UserName::parse(name).expect("a good name"))
}
