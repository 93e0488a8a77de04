//! What is answered to an edit and a deletion.

use axum::Json;
use roomcast::store::Appended;
use roomcast_protocol::RoomName;
use serde::Serialize;
use utoipa::ToSchema;

/// A message that is as it was wanted, and is kept so.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Changed {
    /// Where.
    room: String,
    /// The message.
    seq: u64,
    /// The newest change's number with which it is so.
    change: u64,
    /// Since when: seconds since the Unix epoch.
    timestamp: u64,
}

impl Changed {
    pub(super) fn answer(room: &RoomName, at: Appended) -> Json<Self> {
        let (room, timestamp) = (room.as_str().to_owned(), at.at_ms / 1000);
        Json(Self { room, seq: at.seq, change: at.at.change, timestamp })
    }
}
