//! Why something was not done.

use crate::{
    auth::Verb,
    limits::millis,
    store::{AppendError, StoreError},
};
use roomcast_protocol::{ErrorCode, server::ErrorFrame};
use std::{borrow::Cow, time::Duration};

/// Why something was not done, as a client is told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The protocol's code.
    pub code: ErrorCode,
    /// Text for people.
    pub message: Cow<'static, str>,
    /// When trying again is worth it.
    pub retry_after: Option<Duration>,
}

impl Refusal {
    pub(crate) fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), retry_after: None }
    }

    pub(crate) fn unavailable() -> Self {
        let message = "the message store does not answer at the moment: try again";
        Self { retry_after: Some(Duration::from_secs(1)), ..Self::new(ErrorCode::Unavailable, message) }
    }

    /// Memory for answers is used up.
    pub(crate) fn overloaded() -> Self {
        let message = "too many answers wait to be taken at the moment: try again";
        Self { message: message.into(), ..Self::unavailable() }
    }

    /// What the token does not allow.
    #[must_use]
    pub fn forbidden(verb: Verb) -> Self {
        let message = match verb {
            Verb::Read => "the token does not let you read this room",
            Verb::Write => "the token does not let you write in this room",
            Verb::Moderate => "the token does not let you moderate this room",
        };
        Self::new(ErrorCode::Forbidden, message)
    }

    pub(crate) fn rate_limited(wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..Self::new(ErrorCode::RateLimited, "Rate limited") }
    }

    /// As a frame.
    pub(crate) fn frame(&self) -> ErrorFrame<'static> {
        ErrorFrame {
            retry_after_ms: self.retry_after.map(millis),
            ..ErrorFrame::new(self.code, self.message.clone())
        }
    }
}

impl From<AppendError> for Refusal {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::NonceConflict => Self::new(ErrorCode::NonceConflict, error.to_string()),
            AppendError::NoSuchMessage => Self::new(ErrorCode::NoSuchMessage, error.to_string()),
            AppendError::NotTheAuthor => Self::new(ErrorCode::Forbidden, error.to_string()),
            AppendError::Overloaded | AppendError::Unavailable => Self::unavailable(),
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        tracing::warn!(%error, "a question to the store was not answered");
        Self::unavailable()
    }
}
