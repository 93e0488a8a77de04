//! Retention: from time to time, what is not to be kept any more is forgotten, in steps that others fit between.

use super::{Chat, Inner};
use crate::{
    bus::Notice,
    store::{Forgotten, StoreError},
};
use std::sync::{Arc, Weak};

impl Chat {
    /// Forgets what is to be forgotten, now and from time to time, until the last handle has gone or the chat is stopped.
    pub(super) fn forget_in_time(&self) {
        if self.0.options.retention.is_off() {
            return;
        }
        let (chat, every): (Weak<Inner>, _) = (Arc::downgrade(&self.0), self.0.options.retention_every);
        self.spawn(async move {
            while let Some(chat) = chat.upgrade().map(Self).filter(|chat| !chat.0.tasks.is_closed()) {
                chat.sweep().await;
                drop(chat);
                tokio::time::sleep(every).await;
            }
        });
    }

    /// Goes through all rooms once.
    async fn sweep(&self) {
        let before = self.stats().forgotten;
        let outcome = self.forget_all().await;
        let messages = self.stats().forgotten - before;
        if messages > 0 {
            tracing::info!(messages, "retention has removed messages");
        }
        if let Err(error) = outcome
            && !self.0.tasks.is_closed()
        {
            tracing::warn!(%error, "retention has to stop here and begins again later");
        }
    }

    async fn forget_all(&self) -> Result<(), StoreError> {
        let (retention, mut from) = (self.0.options.retention, None);
        loop {
            let swept = self.0.store.retain(retention, self.now_ms(), from).await?;
            if let Some(forgotten) = swept.forgotten {
                self.forgot(forgotten);
            }
            from = swept.next;
            if from.is_none() || self.0.tasks.is_closed() {
                return Ok(());
            }
        }
    }

    fn forgot(&self, forgotten: Forgotten) {
        let Forgotten { room, floor, messages } = forgotten;
        self.count_forgotten(messages);
        self.bus().publish(Notice::Floor { room, epoch: self.store().epoch(), floor });
    }
}
