//! Where keys come from: PEM, and a set that is fetched with HTTPS (`security.md` S10–S13).

use std::time::Duration;

use e2e::https::Keys;
use e2e::program::{command, run};
use e2e::raw::try_upgrade;
use e2e::token::{Key, claims, with};
use e2e::{Guarded, Server};
use serde_json::{Value, json};

const ISSUER: &str = "https://issuer.example";

#[tokio::test]
async fn key_pairs_of_every_kind_are_good_s8() {
    for key in [Key::rsa(), Key::ec(), Key::ed()] {
        let guarded = Guarded::start_with(key, &[]).await;
        let mut ann = guarded.open("/chat/general", &guarded.token("ann")).await;
        assert_eq!(ann.expect("hello").await["user"], "ann", "{}", guarded.key.algorithm());
        let same_kind = match &guarded.key {
            Key::Rsa(_) => Key::rsa(),
            Key::Ec(_) => Key::ec(),
            _ => Key::ed(),
        };
        assert_eq!(guarded.handshake("/ws", &same_kind.token(&claims("ann", 600))).await.status, 401);
    }
}

/// A server that fetches its keys from there.
async fn server_of(keys: &Keys) -> Server {
    let ca = keys.ca_path();
    Server::start_with(&[
        ("ROOMCAST_AUTH__MODE", "jwt"),
        ("ROOMCAST_AUTH__JWT__ALGORITHM", "RS256"),
        ("ROOMCAST_AUTH__JWT__JWKS_URL", &keys.url()),
        ("ROOMCAST_AUTH__JWT__ISSUER", ISSUER),
        ("SSL_CERT_FILE", &ca),
    ])
    .await
}

fn signed(key: &Key, kid: &str, more: &Value) -> String {
    let claims = with(with(claims("ann", 600), &json!({"iss": ISSUER})), more);
    key.with_header(&json!({"alg": key.algorithm(), "kid": kid}), &claims)
}

async fn status(server: &Server, token: &str) -> u16 {
    try_upgrade(server.address(), "/ws", &[&format!("Authorization: Bearer {token}")]).await.status
}

#[tokio::test]
async fn keys_are_fetched_with_https_and_not_for_any_token_s10_s11() {
    let (one, two) = (Key::rsa(), Key::rsa());
    let keys = Keys::serve(json!({"keys": [one.jwk("one"), Key::ec().jwk("ec")]})).await;
    let server = server_of(&keys).await;
    assert_eq!(status(&server, &signed(&one, "one", &json!({}))).await, 101);
    let fetched = keys.fetched();
    for n in 0..50 {
        let token = signed(&two, &format!("unknown-{n}"), &json!({}));
        assert_eq!(status(&server, &token).await, 401, "{n}");
    }
    assert_eq!(keys.fetched(), fetched, "whoever invents names of keys does not make us ask for them");
    assert_eq!(status(&server, &signed(&two, "one", &json!({}))).await, 401, "another key of that name");
    assert_eq!(status(&server, &signed(&one, "one", &json!({"iss": "https://other.example"}))).await, 401);
    assert_eq!(status(&server, &signed(&one, "ec", &json!({}))).await, 401, "a key of another kind");
}

/// The issuer is down at first, which is nobody's fault who comes with a token.
#[tokio::test]
async fn without_keys_it_is_503_and_when_they_come_it_is_good_s11() {
    let key = Key::rsa();
    let keys = Keys::serve(json!({"keys": [key.jwk("one")]})).await;
    keys.answer_with(503);
    let server = server_of(&keys).await;
    let token = signed(&key, "one", &json!({}));
    assert_eq!(status(&server, &token).await, 503);
    keys.answer_with(200);
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    while status(&server, &token).await != 101 {
        assert!(tokio::time::Instant::now() < deadline, "the keys are there: {}", server.log());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test]
async fn a_set_that_is_too_large_or_none_or_of_a_stranger_is_not_taken_s10() {
    let key = Key::rsa();
    let token = signed(&key, "one", &json!({}));
    let large = Keys::serve(json!({"keys": [key.jwk("one")], "more": "x".repeat(300_000)})).await;
    assert_eq!(status(&server_of(&large).await, &token).await, 503);
    let none = Keys::serve(json!("these are no keys")).await;
    assert_eq!(status(&server_of(&none).await, &token).await, 503);
    let (keys, stranger) =
        (Keys::serve(json!({"keys": [key.jwk("one")]})).await, Keys::serve(json!({})).await);
    let server = Server::start_with(&[
        ("ROOMCAST_AUTH__MODE", "jwt"),
        ("ROOMCAST_AUTH__JWT__ALGORITHM", "RS256"),
        ("ROOMCAST_AUTH__JWT__JWKS_URL", &keys.url()),
        ("ROOMCAST_AUTH__JWT__ISSUER", ISSUER),
        ("SSL_CERT_FILE", &stranger.ca_path()),
    ])
    .await;
    assert_eq!(status(&server, &token).await, 503, "a certificate that nobody vouches for");
    assert!(server.log().contains("certificate"), "{}", server.log());
}

#[test]
fn a_key_that_is_no_key_is_named_at_the_start_s12() {
    let directory = tempfile::TempDir::with_prefix("roomcast-e2e-").expect("a temporary directory");
    std::fs::write(directory.path().join("short"), "only thirty-one bytes of secret").expect("a file");
    std::fs::write(directory.path().join("nonsense"), [b'x'; 100]).expect("a file");
    for (settings, culprits) in [
        (&[][..], &["auth.jwt.secret_file"][..]),
        (&[("SECRET_FILE", "nowhere")], &["nowhere"]),
        (&[("SECRET_FILE", "short")], &["short", "31 bytes", "openssl rand"]),
        (&[("ALGORITHM", "RS256"), ("PUBLIC_KEY_FILE", "nonsense")], &["nonsense", "RS256"]),
        (&[("ALGORITHM", "RS256"), ("SECRET_FILE", "nonsense")], &["RS256 has no use for it"]),
        (&[("PUBLIC_KEY_FILE", "nonsense")], &["HS256 has no use for it"]),
        (&[("ALGORITHM", "RS256"), ("JWKS_URL", "https://127.0.0.1:9/jwks")], &["auth.jwt.issuer"]),
        (&[("ALGORITHM", "RS256"), ("JWKS_URL", "http://127.0.0.1:9/jwks")], &["https://"]),
        (&[("ALGORITHM", "HS512"), ("SECRET_FILE", "nonsense")], &["HS256"]),
    ] {
        let mut serve = command(directory.path());
        serve.args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--admin-listen",
            "127.0.0.1:0",
            "--data-dir",
            "data",
        ]);
        serve.env("ROOMCAST_AUTH__MODE", "jwt");
        serve.envs(settings.iter().map(|(name, value)| (format!("ROOMCAST_AUTH__JWT__{name}"), value)));
        let outcome = run(serve);
        assert_eq!(outcome.code, Some(78), "{settings:?}: {}", outcome.stderr);
        for culprit in culprits {
            assert!(outcome.stderr.contains(culprit), "{culprit:?} is not named: {}", outcome.stderr);
        }
    }
    let mut forgotten = command(directory.path());
    forgotten.args(["config", "check"]).env("ROOMCAST_AUTH__JWT__SECRET_FILE", "nonsense");
    let outcome = run(forgotten);
    assert_eq!(outcome.code, Some(78), "a key, and guests: {}", outcome.stderr);
}
