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
