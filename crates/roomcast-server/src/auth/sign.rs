//! Making tokens, for those who try the server out: with the secret that it checks them with.

use super::keys::{self, KeyError};
use crate::config::Config;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use secrecy::ExposeSecret;
use serde::Serialize;

/// What a token is to say.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Claims {
    pub(crate) sub: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rooms: Option<Vec<Room>>,
    pub(crate) iat: u64,
    pub(crate) exp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) iss: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) aud: Option<String>,
}

/// An entry of the claim `rooms`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Room {
    pub(crate) name: String,
    pub(crate) can: Vec<&'static str>,
}

/// Signs with the configured secret: the newest, where there are several. None where the server has no secret.
pub(crate) fn sign(config: &Config, mut claims: Claims) -> Result<Option<String>, KeyError> {
    let jwt = &config.auth_jwt;
    let Some(path) = jwt.secret_file.get() else { return Ok(None) };
    let secrets = keys::secrets(path)?;
    let Some((kid, secret)) = secrets.newest() else { return Ok(None) };
    claims.iss = jwt.issuer.get().map(str::to_owned);
    claims.aud = jwt.audience.get().map(str::to_owned);
    let header = Header { kid: kid.map(str::to_owned), ..Header::new(Algorithm::HS256) };
    Ok(encode(&header, &claims, &EncodingKey::from_secret(secret.expose_secret())).ok())
}
