//! A room as this node has it while people are in it: how far its log has been shown, and who is here. Its lock is taken
//! once per commit, join and leave, never per delivery; nothing is awaited under it.

mod log;
mod people;
mod floor;

pub(crate) use people::{Entered, Left};

use crate::{
    presence::Presence,
    session::Session,
    store::{Epoch, Event, Head, Position},
};
use roomcast_protocol::RoomName;
use roomcast_socket::{Hub, Topic};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

pub(crate) type SessionHub = Hub<Session>;

pub(crate) struct Room {
    pub(crate) name: RoomName,
    pub(crate) topic: Topic,
    hub: SessionHub,
    state: Mutex<State>,
}

struct State {
    epoch: Epoch,
    /// Everything up to here was published to this node's connections.
    cursor: Position,
    floor: u64,
    /// What came before its turn, by how many events are in front of what follows it.
    early: BTreeMap<u64, Event>,
    /// The newest messages and changes, up to the cursor.
    recent: VecDeque<Event>,
    /// A head beyond the cursor that this node has heard of: what is between is to be read from the store.
    ahead: Position,
    /// Somebody reads them already.
    fetching: bool,
    presence: Presence,
    /// Connections in the room, those included that are still catching up.
    connections: usize,
    /// Taken off the list of rooms: whoever still holds it must ask for a new one.
    retired: bool,
}

impl Room {
    pub(crate) fn new(name: RoomName, hub: SessionHub, head: &Head) -> Self {
        let topic = hub.topic(name.as_str());
        topic.start_at(head.position().events());
        let state = State {
            epoch: head.epoch.clone(),
            cursor: head.position(),
            floor: head.floor,
            early: BTreeMap::new(),
            recent: VecDeque::new(),
            ahead: head.position(),
            fetching: false,
            presence: Presence::default(),
            connections: 0,
            retired: false,
        };
        Self { name, topic, hub, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True, once, where nobody is here or may be back: the room is to be taken off the list.
    pub(crate) fn retire(&self) -> bool {
        let mut state = self.state();
        let idle = state.connections == 0 && state.presence.len() == 0;
        idle && !std::mem::replace(&mut state.retired, idle)
    }
}
