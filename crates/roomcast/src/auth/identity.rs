//! Whom a token names, and what it is good for.

use super::grants::{Grants, Verb};
use roomcast_protocol::{ErrorCode, RoomName, UserName, server::ErrorFrame};
use std::{borrow::Cow, fmt, pin::Pin};

/// Somebody whose name is believed, and what they may do.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Name and identity.
    pub name: UserName,
    /// What the token said beyond that. Without one (guests, and people whom a program vouches for) they read and write
    /// everywhere, for as long as they like.
    pub pass: Option<Box<Pass>>,
}

/// What a token allows, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    /// What may be done where.
    pub grants: Grants,
    /// When the token says that it expires: seconds since the Unix epoch.
    pub expires: u64,
    /// When it is not accepted any more, which may be a little later, as clocks differ. Seconds since the Unix epoch.
    pub ends: u64,
    /// When it was issued, where it says so: seconds since the Unix epoch.
    pub issued: Option<u64>,
    /// Its own name, `jti`.
    pub id: Option<Box<str>>,
}

impl From<UserName> for Identity {
    fn from(name: UserName) -> Self {
        Self { name, pass: None }
    }
}

impl Identity {
    /// Whether they may do this there.
    #[must_use]
    pub fn may(&self, room: &RoomName, verb: Verb) -> bool {
        may(self.pass.as_deref(), room, verb)
    }
}

pub(crate) fn may(pass: Option<&Pass>, room: &RoomName, verb: Verb) -> bool {
    pass.map_or(verb != Verb::Moderate, |pass| pass.grants.may(room, verb))
}

/// Why a token is not accepted. It never holds any of the token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Denied {
    /// [`ErrorCode::Unauthenticated`], [`ErrorCode::TokenExpired`] or [`ErrorCode::Unavailable`].
    pub code: ErrorCode,
    /// For whoever wrote the client, or signs its tokens.
    pub message: Cow<'static, str>,
}

impl Denied {
    /// A token that is not good, and will not be.
    #[must_use]
    pub fn bad(message: impl Into<Cow<'static, str>>) -> Self {
        Self { code: ErrorCode::Unauthenticated, message: message.into() }
    }

    /// A token that was good.
    #[must_use]
    pub fn expired() -> Self {
        let message = "the token has expired: fetch a new one".into();
        Self { code: ErrorCode::TokenExpired, message }
    }

    /// A token that cannot be checked at the moment.
    #[must_use]
    pub fn unavailable(message: impl Into<Cow<'static, str>>) -> Self {
        Self { code: ErrorCode::Unavailable, message: message.into() }
    }

    pub(crate) fn frame(&self) -> ErrorFrame<'static> {
        ErrorFrame::new(self.code, self.message.clone())
    }
}

/// What a [`Verifier`] answers, some time later.
pub type Checked = Pin<Box<dyn Future<Output = Result<Identity, Denied>> + Send>>;

/// Tells whom a token names. Implemented outside of this crate, which knows nothing of signatures.
pub trait Verifier: fmt::Debug + Send + Sync {
    /// Checks a token: signature, times, and whatever else the operator asks of it. It must not panic whatever the token
    /// is, must bound its own time, and must not put any of the token into logs or errors.
    fn verify(&self, token: String) -> Checked;
}
