//! Names of rooms, messages and people, as requests have them.

use super::{Problem, query::number};
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

/// The room and the message in a path.
#[derive(Debug)]
pub(crate) struct Message(pub(crate) RoomName, pub(crate) u64);

impl<S: Send + Sync> FromRequestParts<S> for Message {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Ok(Path((room, seq))) = Path::<(String, String)>::from_request_parts(parts, state).await else {
            return Err(Problem::new(ErrorCode::BadName, "the path is not percent-encoded UTF-8"));
        };
        Ok(Self(RoomName::parse(&room)?, number("seq", &seq)?))
    }
}

impl From<NameError> for Problem {
    fn from(error: NameError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}
