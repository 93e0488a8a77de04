//! What the bus brings: the only way by which anything that many see reaches them.

use super::Chat;
use crate::{
    bus::Notice,
    room::Room,
    store::{Epoch, MAX_PAGE, Range, Record},
};
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
        let Some(room) = self.open_room(notice.room()) else {
            return;
        };
        match notice {
            Notice::Log { epoch, head, messages, .. } => self.room_grew(&room, &epoch, head, &messages),
            Notice::Floor { epoch, floor, .. } => room.forgot(&epoch, floor),
            Notice::Typing { user, .. } => room.typing(&user, self.0.users.tag(&user)),
        }
    }

    pub(super) fn room_grew(&self, room: &Arc<Room>, epoch: &Epoch, head: u64, messages: &[Record]) {
        if room.grown(epoch, head, messages, |user| self.0.users.tag(user)) {
            self.fetch(room.clone());
        }
    }

    /// Reads what the room lacks from the store, until it lacks nothing.
    pub(super) fn fetch(&self, room: Arc<Room>) {
        let chat = self.clone();
        self.spawn(async move {
            loop {
                let before = room.cursor();
                let page = chat.store().page(room.name.clone(), Range::After(before), MAX_PAGE).await;
                let more = page.is_ok_and(|page| room.fetched(&page.messages, |user| chat.0.users.tag(user)));
                if !more || room.cursor() == before {
                    // The next tick tries again where something is still missing.
                    return room.not_fetched();
                }
            }
        });
    }
}
