//! How nodes tell each other that something happened: the contract, and the bus of one node alone.
//!
//! The bus carries hints; the store is the truth. A node shows a message or a change only where it is the next of its
//! room, and reads from the store what it lacks, so a bus that loses, doubles, delays or reorders costs time and never a message
//! (I7). Everything that many are to see goes over the bus, the sender's own node included, so that one node and twenty
//! run the same code.

use crate::store::{Epoch, Event, Position};
use roomcast_protocol::{RoomName, UserName};
use std::{
    fmt,
    sync::{Arc, OnceLock},
};

/// Something that happened in a room.
#[derive(Clone, Debug)]
pub enum Notice {
    /// The room's log has grown.
    Log {
        /// The room.
        room: RoomName,
        /// The log that the numbers belong to.
        epoch: Epoch,
        /// Behind everything that is in it.
        head: Position,
        /// What was added, up to the head, in order; empty where a bus would not carry it.
        events: Arc<[Event]>,
    },
    /// The room keeps less of its log.
    Floor {
        /// The room.
        room: RoomName,
        /// The log that the number belongs to.
        epoch: Epoch,
        /// What is kept begins with the next number.
        floor: u64,
    },
    /// Somebody writes.
    Typing {
        /// The room.
        room: RoomName,
        /// Who.
        user: Arc<UserName>,
    },
}

impl Notice {
    /// The room that it concerns.
    #[must_use]
    pub fn room(&self) -> &RoomName {
        match self {
            Self::Log { room, .. } | Self::Floor { room, .. } | Self::Typing { room, .. } => room,
        }
    }
}

/// Called with every notice of a room that is subscribed to. It must not block.
pub type Listener = Arc<dyn Fn(Notice) + Send + Sync>;

/// Carries notices between nodes.
pub trait Bus: Send + Sync + 'static {
    /// Sets who is called; once, before anything else.
    fn listen(&self, listener: Listener);

    /// Tells all nodes that subscribe to the room, this one included. It must not block; what cannot be carried is
    /// dropped.
    fn publish(&self, notice: Notice);

    /// From here on this node is told of the room.
    fn subscribe(&self, room: &RoomName);

    /// This node need not be told any more.
    fn unsubscribe(&self, room: &RoomName);
}

/// The bus of a node that is alone: it calls the listener before `publish` returns, in the order of the calls.
#[derive(Default)]
pub struct Local {
    listener: OnceLock<Listener>,
}

impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Local")
    }
}

impl Bus for Local {
    fn listen(&self, listener: Listener) {
        let _ = self.listener.set(listener);
    }

    fn publish(&self, notice: Notice) {
        if let Some(listener) = self.listener.get() {
            listener(notice);
        }
    }

    fn subscribe(&self, _: &RoomName) {}

    fn unsubscribe(&self, _: &RoomName) {}
}
