//! A chat for tests of what stands before it.

use roomcast::{Chat, Options, bus::Local, store::memory::Memory};
use roomcast_socket::Hub;
use std::sync::Arc;

/// One in memory. It needs a runtime.
pub(crate) fn chat() -> Chat {
    let options = roomcast_socket::Options { shards: 1, ..roomcast_socket::Options::default() };
    let hub = Hub::start(options).unwrap();
    Chat::start(hub, Arc::new(Memory::default()), Arc::new(Local::default()), Options::default())
}
