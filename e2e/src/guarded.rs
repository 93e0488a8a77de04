//! A server that asks for tokens, and the key that they are signed with.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::http::{self, Answer};
use crate::raw;
use crate::token::{Key, claims, with};
use crate::{Client, Server};

/// The server, its key, and the directory that the server's half of the key is in.
#[derive(Debug)]
pub struct Guarded {
    /// The process.
    pub server: Server,
    /// What good tokens are signed with.
    pub key: Key,
    /// Files that the server was given.
    pub files: TempDir,
}

impl Guarded {
    /// A server that knows people by tokens signed with a secret (HS256).
    pub async fn start() -> Self {
        Self::start_with(Key::secret("a secret of the tests, thirty-two bytes and more"), &[]).await
    }

    /// The same with any key, and further settings.
    pub async fn start_with(key: Key, settings: &[(&str, &str)]) -> Self {
        let files = TempDir::with_prefix("roomcast-e2e-keys-").expect("a temporary directory");
        let path = files.path().join("key");
        let half = match &key {
            Key::Secret(secret) => secret.clone(),
            pair => pair.public_pem().into_bytes(),
        };
        fs::write(&path, half).expect("a file with the key");
        let server = Server::start_with(&[&key_settings(&key, &path), settings].concat()).await;
        Self { server, key, files }
    }

    /// Where people talk to it.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// A good token for an hour.
    pub fn token(&self, sub: &str) -> String {
        self.key.token(&claims(sub, 3600))
    }

    /// One with other claims, or more of them.
    pub fn token_with(&self, sub: &str, more: &Value) -> String {
        self.key.token(&with(claims(sub, 3600), more))
    }

    /// One that lets its bearer do this there.
    pub fn token_for(&self, sub: &str, room: &str, can: &[&str]) -> String {
        self.token_with(sub, &json!({"rooms": [{"name": room, "can": can}]}))
    }

    /// Opens a path with a token in the header `Authorization`.
    pub async fn open(&self, path: &str, token: &str) -> Client {
        Client::open_with(self.address(), path, &[("authorization", &format!("Bearer {token}"))]).await
    }

    /// `/ws`, read up to `hello`.
    pub async fn ws(&self, token: &str) -> Client {
        let mut client = self.open("/ws", token).await;
        client.expect("hello").await;
        client
    }

    /// What a handshake with this token is answered.
    pub async fn handshake(&self, path: &str, token: &str) -> Answer {
        raw::try_upgrade(self.address(), path, &[&format!("Authorization: Bearer {token}")]).await
    }

    /// A request with a token.
    pub async fn request(&self, method: &str, path: &str, token: &str, body: &str) -> Answer {
        let (address, length) = (self.address(), body.len());
        let head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
        let kind = "Content-Type: application/json";
        let request = format!(
            "{head}Authorization: Bearer {token}\r\n{kind}\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        http::send(address, &request).await.expect("an answer")
    }

    /// GET with a token.
    pub async fn get(&self, path: &str, token: &str) -> Answer {
        self.request("GET", path, token, "").await
    }
}

/// The settings of a server that checks with the key in this file.
pub fn key_settings<'a>(key: &Key, path: &'a Path) -> [(&'a str, &'a str); 3] {
    let file = match key {
        Key::Secret(_) => "ROOMCAST_AUTH__JWT__SECRET_FILE",
        _ => "ROOMCAST_AUTH__JWT__PUBLIC_KEY_FILE",
    };
    [
        ("ROOMCAST_AUTH__MODE", "jwt"),
        ("ROOMCAST_AUTH__JWT__ALGORITHM", key.algorithm()),
        (file, path.to_str().expect("a path that is text")),
    ]
}
