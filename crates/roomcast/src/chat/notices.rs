//! What the bus brings: the only way by which anything that many see reaches them.

use super::Chat;
use crate::{
    bus::Notice,
    merge::Merge,
    room::Room,
    store::{Epoch, Event, MAX_PAGE, Position, Range, StoreError},
};
use roomcast_protocol::RoomName;
use std::sync::{Arc, Weak};

impl Chat {
    pub(super) fn listen(&self) {
        // Weak, since the bus is held by the chat.
        let chat = Arc::downgrade(&self.0);
        self.0.bus.listen(Arc::new(move |notice| {
            if let Some(inner) = Weak::upgrade(&chat) {
                Self(inner).notice(notice);
            }
        }));
    }

    fn notice(&self, notice: Notice) {
        if let Notice::Log { room, events, .. } = &notice {
            self.forget_deleted(room, events);
        }
        let Some(room) = self.open_room(notice.room()) else {
            return;
        };
        match notice {
            Notice::Log { epoch, head, events, .. } => self.room_grew(&room, &epoch, head, &events),
            Notice::Floor { epoch, floor, .. } => room.forgot(&epoch, floor),
            Notice::Typing { user, .. } => room.typing(&user, self.0.users.tag(&user)),
        }
    }

    pub(super) fn room_grew(&self, room: &Arc<Room>, epoch: &Epoch, head: Position, events: &[Event]) {
        if room.grown(epoch, head, events, |user| self.0.users.tag(user)) {
            self.fetch(room.clone());
        }
    }

    /// Reads what the room lacks from the store, until it lacks nothing.
    pub(super) fn fetch(&self, room: Arc<Room>) {
        let chat = self.clone();
        self.spawn(async move {
            loop {
                let before = room.cursor();
                let events = chat.missing(&room, before).await.unwrap_or_default();
                chat.forget_deleted(&room.name, &events);
                let more = room.fetched(&events, |user| chat.0.users.tag(user));
                if !more || room.cursor() == before {
                    // The next tick tries again where something is still missing.
                    return room.not_fetched();
                }
            }
        });
    }

    /// What was deleted is not to be shown from pages that were read before.
    fn forget_deleted(&self, room: &RoomName, events: &[Event]) {
        if events.iter().any(Event::is_deletion) {
            self.0.pages.forget(room);
        }
    }

    /// What follows a place, up to where the room is known to go: a page of messages and one of changes, of whichever there
    /// are.
    async fn missing(&self, room: &Room, from: Position) -> Result<Vec<Event>, StoreError> {
        let (store, upto) = (self.store(), room.ahead());
        let (mut messages, mut changes) = (Vec::new(), Vec::new());
        if from.seq < upto.seq {
            messages = store.page(room.name.clone(), Range::After(from.seq), MAX_PAGE).await?.messages;
        }
        if from.change < upto.change {
            changes = store.changes(room.name.clone(), from.change, MAX_PAGE).await?.changes;
        }
        Ok(Merge::new(from, upto, &messages, &changes).into_events())
    }
}
