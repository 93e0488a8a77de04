//! Tokens: which are good, and whom they name (`docs/protocol.md` §10).
//!
//! ```text
//!  text ─▶ header: one algorithm, which key? ─▶ keys: files, or fetched ─▶ signature ─▶ claims ─▶ identity
//! ```

mod header;
mod keys;
mod fetch;
mod jwks;
mod claims;
pub(crate) mod sign;

pub use keys::KeyError;

use crate::config::{Algorithm, AuthMode, Config};
use claims::Rules;
use jsonwebtoken::{DecodingKey, Validation};
use jwks::Jwks;
use keys::Ring;
use roomcast::{
    Identity,
    auth::{Checked, Denied, Verifier},
    clock::Clock,
};
use serde_json::{Map, Value};
use std::{convert::Infallible, fmt, sync::Arc};

/// Checks tokens as the configuration wants it. A cheap handle.
#[derive(Clone)]
pub struct Tokens(Arc<Inner>);

struct Inner {
    algorithm: jsonwebtoken::Algorithm,
    rules: Rules,
    keys: Keys,
    clock: Arc<dyn Clock>,
}

enum Keys {
    Ring(Ring),
    Fetched(Jwks),
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("algorithm", &self.0.algorithm).finish_non_exhaustive()
    }
}

impl Tokens {
    /// Gets hold of the keys, where the configuration wants tokens.
    ///
    /// # Errors
    /// When there is a key that cannot be read, or is none.
    pub fn open(config: &Config, clock: Arc<dyn Clock>) -> Result<Option<Self>, KeyError> {
        if config.auth.mode == AuthMode::Guests {
            return Ok(None);
        }
        let jwt = &config.auth_jwt;
        let algorithm = algorithm(jwt.algorithm);
        let keys = match (jwt.secret_file.get(), jwt.public_key_file.get(), jwt.jwks_url.get()) {
            (Some(path), _, _) => Keys::Ring(keys::secrets(path)?.ring()),
            (_, Some(path), _) => Keys::Ring(keys::public(path, algorithm)?),
            (_, _, Some(url)) => Keys::Fetched(Jwks::new(url.clone(), algorithm)?),
            (None, None, None) => return Ok(None), // refused with the configuration
        };
        Ok(Some(Self(Arc::new(Inner { algorithm, rules: Rules::of(jwt), keys, clock }))))
    }

    /// Fetches keys now and then, where they are fetched, for as long as it is let to.
    pub async fn keep_keys_fresh(self) -> Infallible {
        match &self.0.keys {
            Keys::Ring(_) => std::future::pending().await,
            Keys::Fetched(jwks) => jwks.keep_fresh().await,
        }
    }
}

impl Verifier for Tokens {
    fn verify(&self, token: String) -> Checked {
        let inner = self.0.clone();
        Box::pin(async move { inner.check(&token).await })
    }
}

impl Inner {
    async fn check(&self, token: &str) -> Result<Identity, Denied> {
        let kid = header::kid(token, self.algorithm)?;
        let claims = match &self.keys {
            Keys::Ring(ring) => self.opened(token, ring.find(kid.as_deref())?)?,
            Keys::Fetched(jwks) => {
                // Nothing is fetched for a token of somebody else's.
                claims::check_issuer(&header::unproven_claims(token)?, &self.rules)?;
                self.opened(token, &jwks.find(kid.as_deref()).await?)?
            }
        };
        claims::identity(&claims, &self.rules, self.clock.now_ms() / 1000)
    }

    /// What a token says, once its signature has been found good. What it says is checked by [`claims`], which has our clock.
    fn opened(&self, token: &str, key: &DecodingKey) -> Result<Map<String, Value>, Denied> {
        let mut validation = Validation::new(self.algorithm);
        (validation.validate_exp, validation.validate_nbf, validation.validate_aud) = (false, false, false);
        validation.required_spec_claims.clear();
        let opened = jsonwebtoken::decode(token, key, &validation);
        opened
            .map(|data| data.claims)
            .map_err(|_| Denied::bad("the token's signature is not that of our key"))
    }
}

/// The library's name for it.
fn algorithm(configured: Algorithm) -> jsonwebtoken::Algorithm {
    match configured {
        Algorithm::Hs256 => jsonwebtoken::Algorithm::HS256,
        Algorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
        Algorithm::Es256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::EdDsa => jsonwebtoken::Algorithm::EdDSA,
    }
}

#[cfg(test)]
mod tests;
