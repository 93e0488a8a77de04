//! `roomcast token`, and that nothing which is secret shows itself (`security.md` S4, S43).

use std::fs;
use std::path::Path;

use e2e::program::{Outcome, command, run};
use e2e::token::{Key, claims, with};
use e2e::{Client, Guarded, Raw, http};
use serde_json::json;
use tempfile::TempDir;

const SECRET: &str = "canary-secret-canary-secret-canary-secret";

fn directory() -> TempDir {
    let directory = TempDir::with_prefix("roomcast-e2e-").expect("a temporary directory");
    fs::write(directory.path().join("secret"), SECRET).expect("a file");
    let file = "[auth]\nmode = \"jwt\"\n[auth.jwt]\nsecret_file = \"secret\"\nissuer = \"us\"\naudience = \"chat\"\n";
    fs::write(directory.path().join("roomcast.toml"), file).expect("a file");
    directory
}

fn token(directory: &Path, words: &[&str]) -> Outcome {
    let mut command = command(directory);
    command.arg("token").args(words);
    run(command)
}

#[test]
fn a_token_that_was_made_is_found_good_and_one_that_was_not_is_not() {
    let directory = directory();
    let made = token(
        directory.path(),
        &["new", "--sub", "ann", "--name", "Ann", "--rooms", "general,team-*:read", "--ttl", "90s"],
    );
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    let good = token(directory.path(), &["check", made.stdout.trim()]);
    assert_eq!(good.code, Some(0), "{}", good.stderr);
    for word in ["good: ann", "shown as: Ann", "in 90 s", "general (read, write), team-* (read)"] {
        // A second may have passed.
        assert!(
            good.stdout.contains(word) || (word == "in 90 s" && good.stdout.contains("in 8")),
            "{word}: {}",
            good.stdout
        );
    }
    let key = Key::Secret(SECRET.into());
    for (bad, why) in [
        (key.token(&with(claims("ann", 60), &json!({"iss": "them", "aud": "chat"}))), "`iss`"),
        (key.token(&with(claims("ann", -9), &json!({"iss": "us", "aud": "chat"}))), "token_expired"),
        (Key::secret("another secret that is as long as the first").token(&claims("ann", 60)), "signature"),
        ("nonsense".to_owned(), "not a signed JSON Web Token"),
    ] {
        let refused = token(directory.path(), &["check", &bad]);
        assert_eq!(refused.code, Some(1), "{}", refused.stdout);
        assert!(refused.stderr.contains(why), "{why}: {}", refused.stderr);
    }
}

#[test]
fn what_cannot_be_made_is_told() {
    let directory = directory();
    for words in [
        &["new"][..],
        &["new", "--sub", "a b"],
        &["new", "--sub", "ann", "--rooms", "a*b"],
        &["new", "--sub", "ann", "--rooms", "hall:rule"],
        &["new", "--sub", "ann", "--ttl", "soon"],
        &["new", "--sub", "ann", "--ttl", "0s"],
    ] {
        let outcome = token(directory.path(), words);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{words:?}: {}", outcome.stderr);
    }
    let guests = TempDir::with_prefix("roomcast-e2e-").expect("a temporary directory");
    let outcome = token(guests.path(), &["new", "--sub", "ann"]);
    assert_eq!(outcome.code, Some(78));
    assert!(
        outcome.stderr.contains("auth.mode") && outcome.stderr.contains("openssl rand"),
        "{}",
        outcome.stderr
    );
}

/// Tokens on every way in, good and bad, at the loudest log level: neither they nor the secret are found anywhere.
#[tokio::test]
async fn neither_tokens_nor_secrets_are_found_in_logs_metrics_and_answers_s4_s43() {
    let settings = [("RUST_LOG", "trace"), ("ROOMCAST_AUTH__JWT__QUERY", "true")];
    let guarded = Guarded::start_with(Key::secret(SECRET), &settings).await;
    let good = guarded.token_with("ann", &json!({"canary": "claims-canary", "jti": "id-canary"}));
    let bad = Key::secret("another secret that is as long as the first")
        .token(&with(claims("ann", 60), &json!({"canary": "claims-canary"})));
    let mut said = String::new();
    for token in [&good, &bad, &format!("{good}x"), &good[..good.len() - 3].to_owned()] {
        let protocol = format!("Sec-WebSocket-Protocol: roomcast.v1, bearer.{token}");
        for (path, change) in [
            ("/ws", format!("Authorization: Bearer {token}")),
            ("/ws", protocol),
            (&format!("/ws?token={token}"), "X-None:".to_owned()),
        ] {
            said += &e2e::raw::try_upgrade(guarded.address(), path, &[&change]).await.text();
        }
        said += &guarded.get("/rooms", token).await.text();
        let mut raw = Raw::open(guarded.address(), "/ws").await;
        raw.json(&json!({"type": "auth", "token": token, "id": 1})).await;
        while let Ok(Some(frame)) = raw.frame().await {
            let text = String::from_utf8_lossy(&frame.payload).into_owned();
            said += &text;
            if text.contains(r#""type":"authenticated""#) || text.contains(r#""type":"error""#) {
                break;
            }
        }
    }
    let mut live =
        Client::open_with(guarded.address(), "/ws", &[("authorization", &format!("Bearer {good}"))]).await;
    live.expect("hello").await;
    said += &live.ask(json!({"type": "auth", "token": bad})).await.to_string();
    said += &http::get(guarded.server.admin(), "/metrics").await.text();
    let mut show = command(guarded.files.path());
    show.args(["config", "show", "--origin"])
        .envs(e2e::guarded::key_settings(&guarded.key, &guarded.files.path().join("key")));
    said += &run(show).stdout;
    said += &guarded.server.log();
    assert!(
        said.contains("unauthenticated") && said.contains("roomcast_sockets"),
        "there is something to search: {said}"
    );
    let signatures = [&good, &bad].map(|token| token.rsplit('.').next().unwrap_or_default().to_owned());
    let payloads = [&good, &bad].map(|token| token.split('.').nth(1).unwrap_or_default().to_owned());
    for canary in
        signatures.iter().chain(&payloads).map(String::as_str).chain([SECRET, "claims-canary", "id-canary"])
    {
        let found =
            said.find(canary).map(|at| said[at.saturating_sub(200)..].chars().take(400).collect::<String>());
        assert_eq!(found, None, "{canary} shows itself");
    }
}
