//! Tokens: a header and claims of any kind. As they come they are refused, since nobody guesses the secret; signed with it,
//! they are good only if header and claims are. The first byte says which; a line's end parts header and claims.

use aws_lc_rs::hmac;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use roomcast::{
    Identity,
    auth::{Denied, Verifier},
    clock::Clock,
    protocol::UserName,
};
use roomcast_server::{
    auth::Tokens,
    config::{Config, Flag, Sources},
};
use serde_json::Value;
use std::{
    fs,
    sync::{Arc, LazyLock},
    task::{Context, Poll, Waker},
};

const SECRET: &[u8] = b"a secret of the fuzz targets, and of nobody else";
/// Seconds since the Unix epoch.
const NOW: u64 = 1_800_000_000;

static TOKENS: LazyLock<Tokens> = LazyLock::new(|| {
    let directory = tempfile::tempdir().expect("there is a directory for temporary files");
    let secret = directory.path().join("secret");
    fs::write(&secret, SECRET).expect("a temporary file can be written");
    let tokens = Tokens::open(&config(&secret.to_string_lossy()), Arc::new(Fixed));
    tokens.expect("the secret is good").expect("the mode is jwt")
});

fn config(secret: &str) -> Config {
    let flag = |key, value: &str| Flag { name: "--fuzz", key, value: value.to_owned() };
    let flags = vec![flag("auth.mode", "jwt"), flag("auth.jwt.secret_file", secret)];
    Sources { flags, ..Sources::default() }.load().expect("these flags are good").config
}

/// It is always the same time.
struct Fixed;

impl Clock for Fixed {
    fn now_ms(&self) -> u64 {
        NOW * 1000
    }
}

pub(crate) fn fuzz(data: &[u8]) {
    let Some((how, said)) = data.split_first() else { return };
    if *how == b'-' {
        let token = String::from_utf8_lossy(said).into_owned();
        assert!(verified(token.clone()).is_err(), "nobody signed this: {token}");
        return;
    }
    let mut parts = said.splitn(2, |byte| *byte == b'\n');
    let (header, claims) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if let Ok(identity) = verified(signed(header, claims)) {
        check(header, claims, &identity);
    }
}

fn signed(header: &[u8], claims: &[u8]) -> String {
    let said = format!("{}.{}", BASE64.encode(header), BASE64.encode(claims));
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET), said.as_bytes());
    format!("{said}.{}", BASE64.encode(signature))
}

/// With keys from a file nothing is waited for.
fn verified(token: String) -> Result<Identity, Denied> {
    match TOKENS.verify(token).as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(checked) => checked,
        Poll::Pending => unreachable!("a key in a file is at hand"),
    }
}

/// What a token must have been like that was found good.
fn check(header: &[u8], claims: &[u8], identity: &Identity) {
    let read = |part| serde_json::from_slice::<Value>(part).expect("a good token is JSON");
    let (header, claims) = (read(header), read(claims));
    assert_eq!(header["alg"], "HS256", "{header}");
    assert!(header["crit"].is_null(), "{header}");
    assert!(claims["exp"].as_u64().is_some_and(|expires| expires > NOW), "{claims}");
    assert!(
        claims["nbf"].is_null() || claims["nbf"].as_u64().is_some_and(|begins| begins <= NOW),
        "{claims}"
    );
    assert!(claims["aud"].is_null(), "for somebody else: {claims}");
    let subject = UserName::parse(claims["sub"].as_str().expect("sub is a text")).expect("sub is a name");
    assert_eq!(identity.name.identity(), subject.identity(), "{claims}");
}
