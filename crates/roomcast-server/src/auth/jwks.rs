//! The public keys of one issuer, fetched (RFC 7517). They are fetched at the start, every now and then, and when a token
//! names one that is not there: not more often than every so many seconds, however many tokens do.
//!
//! What is kept belongs to the one issuer of the configuration, whose tokens alone are looked up here: keys of two issuers
//! with the same `kid` cannot be taken for each other.

use super::{
    fetch::{FETCH_WITHIN, Source},
    keys::KeyError,
};
use axum::http::Uri;
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse},
};
use roomcast::auth::Denied;
use serde::Deserialize;
use serde_json::Value;
use std::{collections::HashMap, convert::Infallible, sync::Arc, time::Duration};
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep_until, timeout},
};

/// Between two fetches, where nobody asks for a key that is not there.
const REFRESH: Duration = Duration::from_secs(600);
/// Between two fetches, whoever asks.
const MIN_INTERVAL: Duration = Duration::from_secs(30);
/// The same, after one that failed.
const RETRY: Duration = Duration::from_secs(5);
/// Keys in one set; further ones are not looked at.
const MAX_KEYS: usize = 100;
/// Bytes of the name of a key.
const MAX_KID_BYTES: usize = 256;

/// Keys as they were fetched last.
#[derive(Debug)]
pub(super) struct Jwks {
    source: Source,
    algorithm: Algorithm,
    known: watch::Sender<Known>,
    wanted: Notify,
}

type Keys = HashMap<String, DecodingKey>;

#[derive(Debug, Clone, Default)]
struct Known {
    /// None until a fetch succeeds. A failed one takes nothing away.
    keys: Option<Arc<Keys>>,
    /// Before this there is no other fetch.
    next: Option<Instant>,
}

impl Jwks {
    pub(super) fn new(url: Uri, algorithm: Algorithm) -> Result<Self, KeyError> {
        let source = Source::new(url)?;
        Ok(Self { source, algorithm, known: watch::Sender::default(), wanted: Notify::new() })
    }

    /// Fetches, for ever.
    pub(super) async fn keep_fresh(&self) -> Infallible {
        loop {
            let fetched = self.fetch().await;
            let (pause, refresh) = if fetched { (MIN_INTERVAL, REFRESH) } else { (RETRY, RETRY) };
            let now = Instant::now();
            self.known.send_modify(|known| known.next = Some(now + pause));
            sleep_until(now + pause).await;
            let _ = timeout(refresh - pause, self.wanted.notified()).await;
        }
    }

    async fn fetch(&self) -> bool {
        match self.source.get().await.and_then(|document| Ok(usable(&document, self.algorithm)?)) {
            Ok(keys) => {
                tracing::debug!(keys = keys.len(), "keys fetched");
                self.known.send_modify(|known| known.keys = Some(Arc::new(keys)));
                true
            }
            Err(error) => {
                tracing::warn!(url = ?self.source, %error, "keys for tokens could not be fetched");
                false
            }
        }
    }

    /// The key that a token names, fetched if it is time to.
    pub(super) async fn find(&self, kid: Option<&str>) -> Result<DecodingKey, Denied> {
        let mut changes = self.known.subscribe();
        let known = changes.borrow_and_update().clone();
        if let Some(key) = known.find(kid) {
            return Ok(key);
        }
        if known.next.is_none_or(|next| next <= Instant::now()) {
            self.wanted.notify_one();
            // Those who ask while it is fetched wait for the same answer.
            let _ = timeout(FETCH_WITHIN, changes.changed()).await;
        }
        let known = self.known.borrow().clone();
        match known.find(kid) {
            Some(key) => Ok(key),
            None if known.keys.is_none() => Err(Denied::unavailable(
                "the keys that tokens are checked with cannot be fetched at the moment",
            )),
            None => Err(Denied::bad("the token is signed with a key that its issuer does not publish")),
        }
    }
}

impl Known {
    fn find(&self, kid: Option<&str>) -> Option<DecodingKey> {
        let keys = self.keys.as_ref()?;
        match kid {
            Some(kid) => keys.get(kid).cloned(),
            None => keys.values().next().filter(|_| keys.len() == 1).cloned(),
        }
    }
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<Value>,
}

/// Those keys of a set that signatures with this algorithm can be checked with.
fn usable(document: &[u8], algorithm: Algorithm) -> serde_json::Result<Keys> {
    let set: Set = serde_json::from_slice(document)?;
    let mut keys = Keys::new();
    for value in set.keys.into_iter().take(MAX_KEYS) {
        let Ok(jwk) = serde_json::from_value::<Jwk>(value) else { continue };
        let name = jwk.common.key_id.clone().unwrap_or_default();
        if name.len() <= MAX_KID_BYTES
            && fits(&jwk, algorithm)
            && let Ok(key) = DecodingKey::from_jwk(&jwk)
        {
            keys.entry(name).or_insert(key);
        }
    }
    Ok(keys)
}

/// What a key says of itself must agree with the configuration, which alone decides.
fn fits(jwk: &Jwk, algorithm: Algorithm) -> bool {
    let (its_own, kind) = match (algorithm, &jwk.algorithm) {
        (Algorithm::RS256, AlgorithmParameters::RSA(_)) => (KeyAlgorithm::RS256, true),
        (Algorithm::ES256, AlgorithmParameters::EllipticCurve(key)) => {
            (KeyAlgorithm::ES256, key.curve == EllipticCurve::P256)
        }
        (Algorithm::EdDSA, AlgorithmParameters::OctetKeyPair(key)) => {
            (KeyAlgorithm::EdDSA, key.curve == EllipticCurve::Ed25519)
        }
        _ => return false,
    };
    let signs = jwk.common.public_key_use.as_ref().is_none_or(|purpose| *purpose == PublicKeyUse::Signature);
    kind && signs && jwk.common.key_algorithm.is_none_or(|named| named == its_own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn kids(set: &Value, algorithm: Algorithm) -> Vec<String> {
        let mut kids: Vec<_> = usable(set.to_string().as_bytes(), algorithm).unwrap().into_keys().collect();
        kids.sort();
        kids
    }

    #[test]
    fn s8_of_a_set_only_keys_of_the_configured_kind_are_used() {
        let rsa = |more: Value| {
            let mut key = json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"});
            key.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            key
        };
        let set = json!({"keys": [
            rsa(json!({"kid": "a"})), rsa(json!({"kid": "b", "alg": "RS256", "use": "sig"})),
            rsa(json!({"kid": "other alg", "alg": "RS512"})), rsa(json!({"kid": "for secrecy", "use": "enc"})),
            {"kty": "oct", "kid": "symmetric", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U"},
            {"kty": "EC", "crv": "P-256", "kid": "ec", "x": "AQAB", "y": "AQAB"},
            {"kty": "EC", "crv": "P-384", "kid": "ec384", "x": "AQAB", "y": "AQAB"},
            {"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": "AQAB"},
            {"kty": "future"}, 7, rsa(json!({"kid": "x".repeat(257)})),
        ]});
        assert_eq!(kids(&set, Algorithm::RS256), ["a", "b"]);
        assert_eq!(kids(&set, Algorithm::ES256), ["ec"]);
        assert_eq!(kids(&set, Algorithm::EdDSA), ["ed"]);
        for junk in ["", "[]", "{}", "{\"keys\": 7}", "<html>"] {
            assert!(usable(junk.as_bytes(), Algorithm::RS256).is_err(), "{junk}");
        }
    }

    #[test]
    fn of_a_set_so_many_keys_are_looked_at() {
        let keys: Vec<_> = (0..=MAX_KEYS)
            .map(|n| json!({"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": n.to_string()}))
            .collect();
        assert_eq!(kids(&json!({"keys": keys}), Algorithm::RS256).len(), MAX_KEYS);
    }
}
