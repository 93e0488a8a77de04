//! Putting somebody out: their connections end, and their tokens are refused. On the admin listener, which asks nobody who
//! they are.

use super::Admin;
use crate::http::{Problem, body::Body};
use axum::{
    extract::{FromRequestParts, Path, State},
    http::{StatusCode, request::Parts},
};
use roomcast::auth::TooMany;
use roomcast_protocol::{CloseCode, ErrorCode, UserName};
use serde::Deserialize;
use std::time::Duration;

/// The longest reason, in bytes.
const MAX_REASON_BYTES: usize = 500;
/// The longest that a revocation is remembered, in seconds: ten years.
const MAX_REVOKED_S: u64 = 10 * 366 * 86_400;

/// Why, and whether tokens are refused from now on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Order {
    /// For the person.
    reason: String,
    /// Tokens that were issued until now are refused for so many seconds: as long as the longest of them lasts.
    revoke_for_s: Option<u64>,
}

impl Order {
    fn check(&self) -> Result<(), Problem> {
        if self.reason.len() > MAX_REASON_BYTES {
            return Err(Problem::new(
                ErrorCode::TooLarge,
                format!("`reason` has more than {MAX_REASON_BYTES} bytes"),
            ));
        }
        if self.revoke_for_s.is_some_and(|s| s > MAX_REVOKED_S) {
            return Err(Problem::new(
                ErrorCode::BadFrame,
                format!("`revoke_for_s` is more than {MAX_REVOKED_S}, ten years"),
            ));
        }
        Ok(())
    }
}

/// `POST /users/{identity}/disconnect`.
pub(super) async fn user(
    State(admin): State<Admin>,
    Named(identity): Named,
    Body(order): Body<Order>,
) -> Result<StatusCode, Problem> {
    order.check()?;
    let name = UserName::parse(&identity)?;
    match order.revoke_for_s {
        Some(s) => admin.chat.revoke_user(&name, Duration::from_secs(s), &order.reason)?,
        None => admin.chat.disconnect(&name, CloseCode::Removed, &order.reason),
    }
    tracing::info!(user = name.identity(), revoke_for_s = order.revoke_for_s, "put out");
    Ok(StatusCode::ACCEPTED)
}

/// `POST /tokens/{jti}/revoke`.
pub(super) async fn token(
    State(admin): State<Admin>,
    Named(id): Named,
    Body(order): Body<Order>,
) -> Result<StatusCode, Problem> {
    order.check()?;
    let missing =
        || Problem::new(ErrorCode::BadFrame, "`revoke_for_s` is missing: how long may the token last?");
    let lasting = Duration::from_secs(order.revoke_for_s.ok_or_else(missing)?);
    admin.chat.revoke_token(&id, lasting, &order.reason)?;
    tracing::info!(revoke_for_s = order.revoke_for_s, "a token is revoked");
    Ok(StatusCode::ACCEPTED)
}

/// What the path names.
#[derive(Debug)]
pub(super) struct Named(String);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let named = Path::<String>::from_request_parts(parts, state).await;
        named
            .map(|Path(name)| Self(name))
            .map_err(|_| Problem::new(ErrorCode::BadName, "the name is not percent-encoded UTF-8"))
    }
}

impl From<TooMany> for Problem {
    fn from(error: TooMany) -> Self {
        Self::new(ErrorCode::Limit, error.to_string())
    }
}
