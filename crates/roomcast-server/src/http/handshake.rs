//! What stands before a socket is opened, whichever it is: may this page, who is it, and is it a handshake at all.

use super::{App, Client, Problem, auth, names::user, query::Query};
use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use roomcast::{Entry, Identity, auth::Verb};
use roomcast_protocol::ErrorCode;
use roomcast_socket::{Refused, Upgrade};
use std::time::Duration;

/// Somebody who may connect.
#[derive(Debug)]
pub(crate) struct Handshake {
    app: App,
    upgrade: Upgrade,
    /// None where the token is to come by a frame.
    who: Option<Identity>,
    client: Client,
    pub(crate) query: Query,
}

impl FromRequestParts<App> for Handshake {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let (who, query) = who(parts, app).await.map_err(IntoResponse::into_response)?;
        let client = parts.extensions.get::<Client>().cloned();
        let client = client.ok_or_else(|| missing().into_response())?;
        let upgrade = Upgrade::from_request_parts(parts, app).await;
        let upgrade = upgrade.map_err(|refused| answer(refused, parts))?;
        Ok(Self { app: app.clone(), upgrade, who, client, query })
    }
}

impl Handshake {
    /// Opens the socket. The connection's places under the caps go with it.
    pub(crate) fn connect(self, entry: Entry) -> Result<Response, Problem> {
        let (chat, places) = (&self.app.chat, self.client.into_places());
        let Some(who) = self.who else {
            return Ok(chat.connect_owing(self.upgrade, entry, places)?);
        };
        if let Entry::Room(room, _) = &entry {
            auth::check(&who, room, Verb::Read)?;
        }
        Ok(chat.connect(self.upgrade, who, entry, places))
    }
}

/// Whom the token names; a guest is who they say.
async fn who(parts: &mut Parts, app: &App) -> Result<(Option<Identity>, Query), Problem> {
    app.origins.check(&parts.headers)?;
    if app.stop.is_draining() {
        return Err(
            Problem::new(ErrorCode::Unavailable, "the server stops").retry_after(Duration::from_secs(5))
        );
    }
    let query = Query::from_request_parts(parts, app).await?;
    let who = match parts.extensions.get::<Identity>() {
        Some(identity) => Some(identity.clone()),
        None if app.chat.has_tokens() => None,
        None => Some(user(query.get("user"))?.into()),
    };
    Ok((who, query))
}

fn missing() -> Problem {
    Problem::new(ErrorCode::Internal, "the listener does not say who connects")
}

/// Why there is no socket, with the headers that belong to it.
fn answer(refused: Refused, parts: &Parts) -> Response {
    // RFC 6455 §4.2.1: what speaks our version and is no handshake is a bad request, not one for another protocol
    let ours = parts.headers.get(header::SEC_WEBSOCKET_VERSION).is_some_and(|version| version == "13");
    let status = match refused.status {
        StatusCode::UPGRADE_REQUIRED if ours => StatusCode::BAD_REQUEST,
        status => status,
    };
    let mut response = Problem::of_status(status, refused.reason).into_response();
    let headers = response.headers_mut();
    if status == StatusCode::UPGRADE_REQUIRED {
        headers.extend(refused.headers());
    } else if status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(header::ALLOW, HeaderValue::from_static("GET"));
    }
    response
}
