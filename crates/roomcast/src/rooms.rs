//! The rooms that somebody is in, on this node.

use crate::{
    room::{Room, SessionHub},
    store::{Store, StoreError},
};
use papaya::HashMap;
use roomcast_protocol::RoomName;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// By name. Finding one takes no lock.
#[derive(Default)]
pub(crate) struct Rooms {
    rooms: HashMap<RoomName, Arc<Slot>>,
}

/// A room, or the asking where it stands: however many ask at once, the store is asked once.
#[derive(Default)]
pub(crate) struct Slot {
    room: OnceCell<Arc<Room>>,
}

impl Rooms {
    /// The room, where somebody is in it.
    pub(crate) fn get(&self, name: &RoomName) -> Option<Arc<Room>> {
        self.rooms.pin().get(name)?.room.get().cloned()
    }

    /// The room, and whether this call has made it: then the store is to be asked once more, for what was committed
    /// before the room began to listen.
    pub(crate) async fn open(
        &self,
        name: RoomName,
        hub: &SessionHub,
        store: &dyn Store,
    ) -> Result<(Arc<Room>, bool), StoreError> {
        let slot = self.rooms.pin_owned().get_or_insert_with(name.clone(), Arc::default).clone();
        let mut made = false;
        let room = slot
            .room
            .get_or_try_init(|| async {
                let head = store.head(name.clone()).await?;
                made = true;
                Ok::<_, StoreError>(Arc::new(Room::new(name, hub.clone(), &head)))
            })
            .await?;
        Ok((room.clone(), made))
    }

    /// Takes a room off the list if nobody is in it. True where it was.
    pub(crate) fn retire(&self, room: &Room) -> bool {
        let retired = room.retire();
        if retired {
            let is_it =
                |slot: &Arc<Slot>| slot.room.get().is_some_and(|r| std::ptr::eq(Arc::as_ptr(r), room));
            let _ = self.rooms.pin().remove_if(&room.name, |_, slot| is_it(slot));
        }
        retired
    }

    pub(crate) fn all(&self) -> Vec<Arc<Room>> {
        self.rooms.pin().values().filter_map(|slot| slot.room.get().cloned()).collect()
    }
}
