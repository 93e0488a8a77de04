//! Who asks: a layer in front of every route looks for a token and checks it; endpoints take whom it names by an extractor.
//! Where people name themselves, the same extractors give the guest.

mod credential;

pub(crate) use credential::credential;

use super::{App, Problem, names};
use axum::{
    extract::{FromRequestParts, Request, State},
    http::request::Parts,
    middleware::Next,
    response::{IntoResponse, Response},
};
use roomcast::{
    Identity, Refusal,
    auth::{Denied, Verb},
};
use roomcast_protocol::{ErrorCode, RoomName};

/// Lets requests pass that bring no token, or a good one. Which of them need one is the endpoints' business.
pub(crate) async fn authenticate(State(app): State<App>, mut request: Request, next: Next) -> Response {
    if app.chat.has_tokens() {
        let token = credential(request.headers(), request.uri().query(), app.query_tokens);
        match identify(&app, token).await {
            Ok(Some(identity)) => drop(request.extensions_mut().insert(identity)),
            Ok(None) => {}
            Err(problem) => return problem.into_response(),
        }
    }
    next.run(request).await
}

async fn identify(app: &App, token: Result<Option<String>, Problem>) -> Result<Option<Identity>, Problem> {
    match token? {
        Some(token) => Ok(Some(app.chat.authenticate(token).await?)),
        None => Ok(None),
    }
}

/// Somebody who asks for something.
#[derive(Debug)]
pub(crate) enum Caller {
    /// Who names themselves, elsewhere in the request.
    Guest,
    /// Whom a token names.
    Known(Identity),
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        match parts.extensions.get::<Identity>() {
            Some(identity) => Ok(Self::Known(identity.clone())),
            None if app.chat.has_tokens() => Err(Problem::new(
                ErrorCode::Unauthenticated,
                "a token is needed here: send the header `Authorization: Bearer <token>`",
            )),
            None => Ok(Self::Guest),
        }
    }
}

impl Caller {
    /// Who it is: whom the token names, whatever name is given; else the guest of that name.
    pub(crate) fn named(self, given: Option<&str>) -> Result<Identity, Problem> {
        match self {
            Self::Guest => Ok(names::user(given)?.into()),
            Self::Known(identity) => Ok(identity),
        }
    }

    /// Refuses what the token does not allow.
    pub(crate) fn check(&self, room: &RoomName, verb: Verb) -> Result<(), Problem> {
        match self {
            Self::Known(identity) => check(identity, room, verb),
            Self::Guest => Ok(()),
        }
    }
}

/// Refuses what is not allowed, whether there is such a room or not.
pub(crate) fn check(identity: &Identity, room: &RoomName, verb: Verb) -> Result<(), Problem> {
    if identity.may(room, verb) { Ok(()) } else { Err(Refusal::forbidden(verb).into()) }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        Self::new(denied.code, denied.message).challenge(r#"Bearer realm="roomcast", error="invalid_token""#)
    }
}
