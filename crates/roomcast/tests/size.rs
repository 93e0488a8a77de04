//! What an idle person costs.

use roomcast::{Session, User, socket::handler::connection_bytes};

#[test]
fn an_idle_connection_is_small() {
    assert!(size_of::<Session>() <= 96, "{}", size_of::<Session>());
    assert!(connection_bytes::<Session>() <= 248, "{}", connection_bytes::<Session>());
    // Three budgets of 64 bytes.
    assert!(size_of::<User>() <= 216, "{}", size_of::<User>());
}
