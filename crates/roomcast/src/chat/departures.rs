//! Leaving: at once by whoever takes their leave, after a grace by whoever vanishes.

use super::Chat;
use crate::{
    auth::User,
    room::{Left, Room},
};
use std::sync::{Arc, PoisonError};
use tokio::time::Instant;

/// Graces that run at once; beyond that the oldest ends early.
const MAX_GRACES: usize = 100_000;
/// Somebody who vanished and may come back.
pub(super) struct Grace {
    ends: Instant,
    room: Arc<Room>,
    user: Arc<User>,
    departure: u64,
}

impl Chat {
    pub(crate) fn depart(&self, room: &Arc<Room>, user: &Arc<User>, properly: bool) {
        if let Left::Grace(departure) = room.depart(user, properly) {
            let ends = Instant::now() + self.0.options.grace;
            let mut graces = self.0.graces.lock().unwrap_or_else(PoisonError::into_inner);
            graces.push_back(Grace { ends, room: room.clone(), user: user.clone(), departure });
            let early = if graces.len() > MAX_GRACES { graces.pop_front() } else { None };
            drop(graces);
            if let Some(grace) = early {
                self.end_grace(&grace);
            }
        }
        self.retire(room);
    }

    fn end_grace(&self, grace: &Grace) {
        grace.room.grace_ended(&grace.user, grace.departure);
        self.retire(&grace.room);
    }

    pub(super) fn retire(&self, room: &Arc<Room>) {
        if self.0.rooms.retire(room) {
            self.0.bus.unsubscribe(&room.name);
        }
    }

    pub(super) fn end_graces(&self) {
        let now = Instant::now();
        loop {
            let mut graces = self.0.graces.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(grace) = graces.pop_front_if(|grace| grace.ends <= now) else {
                return;
            };
            drop(graces);
            self.end_grace(&grace);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Options, bus::Local, store::memory::Memory};
    use roomcast_protocol::{RoomName, UserName};
    use roomcast_socket::Hub;
    use std::time::Duration;

    #[tokio::test]
    async fn beyond_the_bound_the_oldest_grace_ends_early() {
        let hub = Hub::start(roomcast_socket::Options { shards: 1, ..Default::default() }).unwrap();
        let options = Options { grace: Duration::from_secs(3600), ..Options::default() };
        let chat = Chat::start(hub, Arc::new(Memory::default()), Arc::new(Local::default()), options);
        let room = chat.open(RoomName::parse("hall").unwrap()).await.unwrap();
        let [ann, bob] = ["ann", "bob"].map(|name| chat.user(UserName::parse(name).unwrap()));
        let vanish = |user: &Arc<User>| {
            room.enter(user).unwrap();
            chat.depart(&room, user, false);
        };
        vanish(&ann);
        (1..MAX_GRACES).for_each(|_| vanish(&bob));
        assert_eq!(room.people(None, 9).0, ["ann", "bob"]);
        vanish(&bob);
        assert_eq!(room.people(None, 9).0, ["bob"]);
        assert_eq!(chat.0.graces.lock().unwrap().len(), MAX_GRACES);
    }
}
