//! Tokens that somebody made who may not (`security.md` S8–S12): each is a 401, and the server goes on.

use std::fs;

use e2e::Guarded;
use e2e::token::{Key, claims, with};
use serde_json::{Value, json};

/// Base64url of both, and nothing behind the last dot.
fn unsigned(header: &Value, claims: &Value) -> String {
    Key::None.with_header(header, claims)
}

async fn all_are_refused(guarded: &Guarded, forged: Vec<(&str, String)>) {
    for (what, token) in forged {
        let answer = guarded.handshake("/ws", &token).await;
        assert_eq!((what, answer.status), (what, 401), "{}", answer.text());
        assert!(["unauthenticated", "token_expired"].contains(&answer.problem().as_str()), "{what}");
        let asked = answer.header("www-authenticate").unwrap_or_default();
        assert!(asked.starts_with("Bearer") && asked.contains("invalid_token"), "{what}: {asked}");
        assert_eq!(guarded.get("/rooms", &token).await.status, 401, "{what} over REST");
    }
    guarded.ws(&guarded.token("ann")).await;
}

#[tokio::test]
async fn tokens_forged_against_a_key_pair_are_refused_s8_s10() {
    let guarded = Guarded::start_with(Key::rsa(), &[]).await;
    let (ann, pem) = (claims("ann", 3600), guarded.key.public_pem());
    let (ec, other) = (Key::ec(), Key::rsa());
    let der = pem.lines().filter(|line| !line.starts_with('-')).collect::<String>();
    let good = guarded.token("ann");
    let parts: Vec<_> = good.split('.').collect();
    let evil = other.jwk("evil");
    all_are_refused(
        &guarded,
        vec![
            ("alg none", unsigned(&json!({"alg": "none", "typ": "JWT"}), &ann)),
            ("alg None", unsigned(&json!({"alg": "None"}), &ann)),
            ("alg nOnE", unsigned(&json!({"alg": "nOnE"}), &ann)),
            ("alg empty", unsigned(&json!({"alg": ""}), &ann)),
            ("no alg", unsigned(&json!({"typ": "JWT"}), &ann)),
            ("alg null", unsigned(&json!({"alg": null}), &ann)),
            ("HS256 with the public key", Key::Secret(pem.clone().into()).token(&ann)),
            ("HS256 with the public key, trimmed", Key::Secret(pem.trim().into()).token(&ann)),
            ("HS256 with the public key's base64", Key::Secret(der.into()).token(&ann)),
            ("RS256 claimed, HS256 made", Key::Secret(pem.into()).with_header(&json!({"alg": "RS256"}), &ann)),
            ("ES256", ec.token(&ann)),
            ("RS256 claimed, ES256 made", ec.with_header(&json!({"alg": "RS256"}), &ann)),
            ("RS512 claimed", guarded.key.with_header(&json!({"alg": "RS512"}), &ann)),
            ("another key", other.token(&ann)),
            ("its own key in the header", other.with_header(&json!({"alg": "RS256", "jwk": evil}), &ann)),
            ("keys elsewhere", other.with_header(&json!({"alg": "RS256", "jku": "http://127.0.0.1:9/", "x5u": "http://127.0.0.1:9/", "kid": "evil"}), &ann)),
            ("an empty signature", format!("{}.{}.", parts[0], parts[1])),
            ("the signature left out", format!("{}.{}", parts[0], parts[1])),
            ("another payload", format!("{}.{}.{}", parts[0], payload(&with(ann.clone(), &json!({"sub": "root"}))), parts[2])),
            ("a part too many", format!("{good}.x")),
            ("critical extensions", guarded.key.with_header(&json!({"alg": "RS256", "crit": ["b64"], "b64": false}), &ann)),
            ("not base64", format!("{}.%.{}", parts[0], parts[2])),
            ("nothing", String::new()),
            ("dots", "..".to_owned()),
        ],
    )
    .await;
}

/// Claims as they stand in a token.
fn payload(claims: &Value) -> String {
    unsigned(&json!({}), claims).split('.').nth(1).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn signed_tokens_that_say_the_wrong_thing_are_refused_s9_s10() {
    let key = Key::secret("a secret of the tests, thirty-two bytes and more");
    let settings =
        [("ROOMCAST_AUTH__JWT__ISSUER", "https://us.example"), ("ROOMCAST_AUTH__JWT__AUDIENCE", "chat")];
    let guarded = Guarded::start_with(key, &settings).await;
    let good = with(claims("ann", 3600), &json!({"iss": "https://us.example", "aud": ["mail", "chat"]}));
    guarded.ws(&guarded.key.token(&good)).await;
    let now = good["iat"].as_u64().unwrap_or_default();
    let but = |more: Value| guarded.key.token(&with(good.clone(), &more));
    let kid = |kid: &str| guarded.key.with_header(&json!({"alg": "HS256", "kid": kid}), &good);
    let mut forged = vec![
        ("expired", but(json!({"exp": now - 1}))),
        ("not yet valid", but(json!({"nbf": now + 600}))),
        ("exp text", but(json!({"exp": (now + 600).to_string()}))),
        ("exp fraction", but(json!({"exp": 1_999_999_999.5}))),
        ("exp negative", but(json!({"exp": -1}))),
        ("exp 2^63", but(json!({"exp": 1_u64 << 63}))),
        ("exp 0", but(json!({"exp": 0}))),
        ("exp missing", but(json!({"exp": null}))),
        ("sub missing", but(json!({"sub": null}))),
        ("sub number", but(json!({"sub": 7}))),
        ("sub no name", but(json!({"sub": "a b"}))),
        ("iss missing", but(json!({"iss": null}))),
        ("iss wrong", but(json!({"iss": "https://us.example.evil"}))),
        ("aud wrong", but(json!({"aud": "mail"}))),
        ("aud missing", but(json!({"aud": null}))),
        ("rooms wrong", but(json!({"rooms": "*"}))),
        ("not an object", guarded.key.sign(br#"{"alg":"HS256"}"#, b"[]")),
        ("not JSON", guarded.key.sign(br#"{"alg":"HS256"}"#, b"{")),
        ("deep", guarded.key.sign(br#"{"alg":"HS256"}"#, "[".repeat(2_000).as_bytes())),
        ("more than 4 KiB", but(json!({"more": "x".repeat(4_000)}))),
        ("kid 10 KiB", kid(&"x".repeat(9_000))),
        ("kid 300 bytes", kid(&"x".repeat(300))),
    ];
    forged.push((
        "with another secret",
        Key::secret("a secret of others, thirty-two bytes and more ").token(&good),
    ));
    for (what, token) in forged {
        let answer = guarded.handshake("/ws", &token).await;
        let expected = if ["expired", "exp 0"].contains(&what) { "token_expired" } else { "unauthenticated" };
        assert_eq!((what, answer.status, answer.problem().as_str()), (what, 401, expected));
    }
    guarded.ws(&guarded.key.token(&good)).await;
}

/// A key's name looks up what was read at the start, and nothing else, whatever it is.
#[tokio::test]
async fn a_kid_names_a_key_of_the_directory_or_none_s10() {
    let files = tempfile::TempDir::with_prefix("roomcast-e2e-keys-").expect("a temporary directory");
    fs::write(files.path().join("2025"), [b'a'; 40]).expect("a key");
    fs::write(files.path().join("2026"), [b'b'; 40]).expect("a key");
    let settings = e2e::guarded::key_settings(&Key::Secret(vec![b'b'; 40]), files.path());
    let server = e2e::Server::start_with(&settings).await;
    let (old, new) = (Key::Secret(vec![b'a'; 40]), Key::Secret(vec![b'b'; 40]));
    let ask = async |token: String| {
        let header = format!("Authorization: Bearer {token}");
        e2e::raw::try_upgrade(server.address(), "/ws", &[&header]).await.status
    };
    let named =
        |key: &Key, kid: &str| key.with_header(&json!({"alg": "HS256", "kid": kid}), &claims("ann", 600));
    assert_eq!(ask(named(&old, "2025")).await, 101, "rotation: the old one is good");
    assert_eq!(ask(named(&new, "2026")).await, 101, "and the new one as well");
    assert_eq!(ask(named(&new, "2025")).await, 401, "each under its own name");
    assert_eq!(ask(new.token(&claims("ann", 600))).await, 401, "which of the two?");
    let empty = Key::Secret(Vec::new());
    for kid in [
        "../../dev/null",
        "/dev/null",
        "..",
        ".",
        "",
        "2026\u{0}",
        "' OR '1'='1",
        "2026/../2026",
        "2026; rm -rf /",
    ] {
        assert_eq!(ask(named(&new, kid)).await, 401, "{kid}");
        assert_eq!(ask(named(&empty, kid)).await, 401, "{kid}");
        assert_eq!(ask(named(&old, kid)).await, 401, "{kid}");
    }
}
