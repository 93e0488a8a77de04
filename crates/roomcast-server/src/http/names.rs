//! Names of rooms and people, as requests have them.

use super::Problem;
use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use roomcast_protocol::{ErrorCode, NameError, RoomName, UserName};

/// Who somebody is that does not say.
const ANONYMOUS: &str = "anonymous";

/// A guest's name: the one they give, or nobody's.
pub(crate) fn user(given: Option<&str>) -> Result<UserName, Problem> {
    Ok(UserName::parse(given.unwrap_or(ANONYMOUS))?)
}

/// The room in a path.
#[derive(Debug)]
pub(crate) struct Room(pub(crate) RoomName);

impl<S: Send + Sync> FromRequestParts<S> for Room {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Ok(Path(text)) = Path::<String>::from_request_parts(parts, state).await else {
            return Err(Problem::new(ErrorCode::BadName, "the room's name is not percent-encoded UTF-8"));
        };
        Ok(Self(RoomName::parse(&text)?))
    }
}

impl From<NameError> for Problem {
    fn from(error: NameError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}
