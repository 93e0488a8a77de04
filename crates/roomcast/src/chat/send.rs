//! Saying something, and changing it, without a connection.

use super::{Chat, Refusal};
use crate::{
    append::Reply,
    auth::User,
    store::{Append, Appended, What},
};
use roomcast_protocol::{RoomName, check_content, check_nonce};
use tokio::sync::oneshot;

/// A message from somebody who has no connection.
#[derive(Clone, Debug, Default)]
pub struct Post {
    /// What is said.
    pub content: String,
    /// Makes it safe to say it again.
    pub nonce: Option<String>,
    /// The message it answers.
    pub reply_to: Option<u64>,
}

impl Chat {
    /// Says something without a connection. It is durable when this answers.
    ///
    /// # Errors
    /// Content or nonce that the protocol does not allow, an empty budget, or a store that does not answer.
    pub async fn send(&self, room: RoomName, user: &User, post: &Post) -> Result<Appended, Refusal> {
        let content = check_content(&post.content).map_err(|e| Refusal::new(e.code(), e.to_string()))?;
        let nonce = post.nonce.as_deref().map(check_nonce).transpose();
        let nonce = nonce.map_err(|e| Refusal::new(e.code(), e.to_string()))?.map(Into::into);
        self.submit(room, user, What::Message { content: content.into(), nonce, reply_to: post.reply_to })
            .await
    }

    /// Changes what a message of this person says, without a connection. It is durable when this answers.
    ///
    /// # Errors
    /// Content that the protocol does not allow, a message that is not there or is somebody else's, an empty budget, or a
    /// store that does not answer.
    pub async fn edit(
        &self,
        room: RoomName,
        user: &User,
        seq: u64,
        content: &str,
    ) -> Result<Appended, Refusal> {
        let content = check_content(content).map_err(|e| Refusal::new(e.code(), e.to_string()))?.into();
        self.submit(room, user, What::Edit { seq, content }).await
    }

    /// Takes a message of this person away, without a connection. It is durable when this answers.
    ///
    /// # Errors
    /// A message that is not there or is somebody else's, an empty budget, or a store that does not answer.
    pub async fn delete(&self, room: RoomName, user: &User, seq: u64) -> Result<Appended, Refusal> {
        self.submit(room, user, What::Delete { seq }).await
    }

    async fn submit(&self, room: RoomName, user: &User, what: What) -> Result<Appended, Refusal> {
        user.budget.spend().map_err(Refusal::rate_limited)?;
        if self.0.hub.congested() {
            return Err(Refusal::unavailable());
        }
        let append = Append { room, user: user.name.clone(), at_ms: self.now_ms(), what };
        let (tx, answer) = oneshot::channel();
        self.append(vec![(append, Reply::Waiting(tx))]);
        answer.await.unwrap_or_else(|_| Err(Refusal::unavailable()))
    }
}
