//! The whole way of a token, from a configuration to an identity. Forgeries against the running server are in `e2e`.

use super::{
    sign::{Claims, sign},
    *,
};
use crate::config::Sources;
use roomcast::clock::SystemClock;
use std::{fs, path::Path};

fn config(secret_file: &Path) -> Config {
    let variable = |name: &str, value: &str| (format!("ROOMCAST_AUTH__{name}"), value.to_owned());
    let file = secret_file.to_str().unwrap();
    let variables = vec![variable("MODE", "jwt"), variable("JWT__SECRET_FILE", file)];
    Sources { variables, ..Sources::default() }.load().unwrap().config
}

fn token(config: &Config) -> String {
    let now = SystemClock.now_ms() / 1000;
    let claims =
        Claims { sub: "ann".into(), name: None, rooms: None, iat: now, exp: now + 60, iss: None, aud: None };
    sign(config, claims).unwrap().unwrap()
}

fn tokens(config: &Config) -> Tokens {
    Tokens::open(config, Arc::new(SystemClock)).unwrap().unwrap()
}

#[tokio::test]
async fn s8_no_token_that_differs_in_one_byte_is_good() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("secret"), [b'x'; 32]).unwrap();
    let config = config(&dir.path().join("secret"));
    let (good, tokens) = (token(&config), tokens(&config));
    assert_eq!(tokens.verify(good.clone()).await.unwrap().name.name(), "ann");
    for at in 0..good.len() {
        for byte in [b'A', b'.', b'=', b'_', 0] {
            let mut bytes = good.clone().into_bytes();
            let before = std::mem::replace(&mut bytes[at], byte);
            let changed = String::from_utf8(bytes).unwrap();
            assert!(before == byte || tokens.verify(changed).await.is_err(), "{at} {byte}");
        }
        assert!(tokens.verify(good[..at].to_owned()).await.is_err(), "cut at {at}");
    }
}

#[tokio::test]
async fn s12_with_two_secrets_tokens_of_both_are_good_and_new_ones_are_of_the_newer() {
    let dir = tempfile::tempdir().unwrap();
    let add = |name: &str, byte| fs::write(dir.path().join(name), [byte; 32]).unwrap();
    add("1", b'a');
    let config = config(dir.path());
    let old = token(&config);
    add("2", b'b');
    let new = token(&config);
    assert_ne!(old.split('.').next(), new.split('.').next(), "each names its key");
    for token in [&old, &new] {
        assert!(tokens(&config).verify(token.clone()).await.is_ok());
    }
    fs::remove_file(dir.path().join("1")).unwrap();
    assert!(tokens(&config).verify(old).await.is_err());
    assert!(tokens(&config).verify(new).await.is_ok());
}

#[test]
fn guests_need_no_keys() {
    assert!(Tokens::open(&Config::default(), Arc::new(SystemClock)).unwrap().is_none());
}
