//! What the bus brings: each byte says what happens in the room and what becomes of the notice of it. It may be lost, doubled, delayed,
//! turned round or stripped, and notices of other logs come between; the member sees everything, once and in order (I7).

use crate::chat::{ROOM, World};
use roomcast::{
    bus::{Bus, Listener, Notice},
    protocol::RoomName,
    store::Position,
};
use std::{
    num::NonZeroUsize,
    sync::{Arc, LazyLock, Mutex, MutexGuard, OnceLock, PoisonError},
};

const KEPT: NonZeroUsize = NonZeroUsize::new(1000).expect("it is not zero");
/// The fate of a notice that tells where the log ends, and not what is in it.
const STRIPPED: u8 = 5;
/// Bytes of input: fewer than what the member may be behind.
const MAX_INPUT: usize = 100;

static BUS: LazyLock<Arc<Unreliable>> = LazyLock::new(Arc::default);
static WORLD: LazyLock<Mutex<World>> = LazyLock::new(|| {
    let mut world = World::start(BUS.clone(), KEPT);
    world.say();
    world.send(&format!(r#"{{"type":"join","room":"{ROOM}"}}"#));
    world.until("presence");
    Mutex::new(world)
});

/// Does with each notice what it is told to.
#[derive(Default)]
struct Unreliable {
    listener: OnceLock<Listener>,
    fate: Mutex<u8>,
    late: Mutex<Vec<Notice>>,
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn fuzz(data: &[u8]) {
    let mut world = lock(&WORLD);
    let mut seen = head(&world);
    for byte in data.iter().take(MAX_INPUT) {
        *lock(&BUS.fate) = byte >> 2;
        happen(&world, byte & 3);
    }
    // The last notices may be lost: one without events makes the node read what it lacks at once, and not at its next tick.
    *lock(&BUS.fate) = STRIPPED;
    lock(&BUS.late).clear();
    world.say();
    let head = head(&world);
    while seen != head {
        seen = follow(&mut world, seen);
    }
}

fn head(world: &World) -> Position {
    let head = world.runtime.block_on(world.chat.store().head(world.room.clone()));
    head.expect("the memory answers").position()
}

fn happen(world: &World, what: u8) {
    let head = head(world);
    match what {
        0 | 1 => world.say(),
        2 => world.edit(head.seq, &format!("edit {}", head.change)),
        _ => world.delete(head.seq),
    }
}

/// The member's next message or change is the next of its kind.
fn follow(world: &mut World, seen: Position) -> Position {
    let frame = world.next();
    match frame["type"].as_str().unwrap_or_default() {
        "message" => {
            assert_eq!(frame["seq"], seen.seq + 1, "behind {seen:?}: {frame}");
            Position { seq: seen.seq + 1, ..seen }
        }
        "edit" | "delete" => {
            assert_eq!(frame["change"], seen.change + 1, "behind {seen:?}: {frame}");
            Position { change: seen.change + 1, ..seen }
        }
        kind => {
            assert!(!matches!(kind, "gap" | "reset" | "error"), "{frame}");
            seen
        }
    }
}

impl Unreliable {
    fn tell(&self, notice: Notice) {
        if let Some(listener) = self.listener.get() {
            listener(notice);
        }
    }

    /// A log of the same room that is not this one, far ahead, of which nothing is kept.
    fn tell_of_another_log(&self, room: &RoomName) {
        let (epoch, head) = ("another".into(), Position { seq: u64::MAX / 4, change: u64::MAX / 4 });
        self.tell(Notice::Log { room: room.clone(), epoch, head, events: Arc::new([]) });
        self.tell(Notice::Floor { room: room.clone(), epoch: "another".into(), floor: u64::MAX / 4 });
    }
}

impl Bus for Unreliable {
    fn listen(&self, listener: Listener) {
        let _ = self.listener.set(listener);
    }

    fn publish(&self, notice: Notice) {
        let fate = *lock(&self.fate);
        match fate % 7 {
            1 => {}
            2 => [notice.clone(), notice].into_iter().for_each(|notice| self.tell(notice)),
            3 => lock(&self.late).push(notice),
            4 => {
                self.tell(notice);
                let late = std::mem::take(&mut *lock(&self.late));
                late.into_iter().rev().for_each(|notice| self.tell(notice));
            }
            STRIPPED => match notice {
                Notice::Log { room, epoch, head, .. } => {
                    self.tell(Notice::Log { room, epoch, head, events: Arc::new([]) });
                }
                other => self.tell(other),
            },
            6 => {
                self.tell_of_another_log(notice.room());
                self.tell(notice);
            }
            _ => self.tell(notice),
        }
    }

    fn subscribe(&self, _: &RoomName) {}

    fn unsubscribe(&self, _: &RoomName) {}
}
