//! The head of a token: what is looked at before its signature can be.

use jsonwebtoken::{Algorithm, dangerous::insecure_decode_claims, decode_header};
use roomcast::auth::Denied;
use roomcast_protocol::MAX_TOKEN_BYTES;
use serde_json::{Map, Value};

/// Bytes of the name of a key.
const MAX_KID_BYTES: usize = 256;

/// The name of the key that a token says it is signed with, if the token is to be looked at further at all. Whatever else
/// stands in its head (`jku`, `x5u`, `jwk`, …) is not looked at.
pub(super) fn kid(token: &str, algorithm: Algorithm) -> Result<Option<String>, Denied> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(Denied::bad("the token is longer than 4 KiB"));
    }
    let header = decode_header(token).map_err(|_| Denied::bad("this is not a signed JSON Web Token"))?;
    if header.alg != algorithm {
        return Err(Denied::bad("the token is not signed with the algorithm that this server is set to"));
    }
    if header.crit.is_some() {
        return Err(Denied::bad("the token's `crit` asks for what this server does not know"));
    }
    match header.kid {
        Some(kid) if kid.len() > MAX_KID_BYTES => {
            Err(Denied::bad("the token's `kid` is longer than 256 bytes"))
        }
        kid => Ok(kid),
    }
}

/// What a token says, without any proof of it.
pub(super) fn unproven_claims(token: &str) -> Result<Map<String, Value>, Denied> {
    insecure_decode_claims(token).map_err(|_| Denied::bad("this is not a signed JSON Web Token"))
}
