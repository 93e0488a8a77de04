//! What the endpoints share.

use super::origin::Origins;
use crate::{config::Config, lifecycle::Stop};
use roomcast::Chat;

/// What the endpoints share.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) chat: Chat,
    pub(crate) origins: Origins,
    pub(crate) stop: Stop,
    /// Whether tokens may stand in the query.
    pub(crate) query_tokens: bool,
}

impl App {
    /// For a chat, as the configuration wants it.
    pub(crate) fn new(chat: Chat, config: &Config, stop: Stop) -> Self {
        let query_tokens = config.auth_jwt.query;
        Self { chat, origins: Origins::of(&config.server), stop, query_tokens }
    }
}
