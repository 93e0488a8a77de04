//! What stands on stderr when the server is ready.

use crate::{config::AuthMode, config::Loaded, config::StoreUrl, server::Server, telemetry::Style};
use std::{net::SocketAddr, time::Duration};

/// What there is to tell.
#[derive(Debug)]
pub struct Facts {
    chat: SocketAddr,
    public: Option<String>,
    admin: SocketAddr,
    data: String,
    durability: &'static str,
    config: String,
    tokens: bool,
}

impl Facts {
    /// Gathers them.
    pub fn of(server: &Server, loaded: &Loaded) -> Self {
        Self {
            chat: server.chat_address(),
            public: loaded.config.server.public_url.origin().map(ToOwned::to_owned),
            admin: server.admin_address(),
            data: data(server, loaded),
            durability: server.durability().as_str(),
            tokens: loaded.config.auth.mode != AuthMode::Guests,
            config: loaded.file.as_ref().map_or_else(
                || "defaults (try: roomcast config init)".to_owned(),
                |path| path.display().to_string(),
            ),
        }
    }

    fn url(&self) -> String {
        format!("{}/", self.public.clone().unwrap_or_else(|| format!("http://{}", self.chat)))
    }

    fn who(&self) -> &'static str {
        if self.tokens {
            return "with a token only";
        }
        let loopback = self.chat.ip().to_canonical().is_loopback();
        match (&self.public, loopback) {
            (Some(_), true) => "guests allowed from this machine, and from wherever the proxy lets in",
            (None, true) => "guests allowed from this machine only",
            (_, false) => "guests allowed from everywhere",
        }
    }
}

fn data(server: &Server, loaded: &Loaded) -> String {
    let new = if server.data_is_new() { " (new)" } else { "" };
    match &loaded.config.store.url {
        StoreUrl::Memory => "nowhere: forgotten at the end".to_owned(),
        StoreUrl::Sqlite => format!("{}{new}", loaded.config.server.data_dir.display()),
        StoreUrl::Postgres(address) => format!("{address}{new}"),
    }
}

/// Tells them: as lines for people, as an event in a JSON log.
pub fn show(facts: &Facts, style: Style, took: Duration) {
    match style {
        Style::Pretty => anstream::eprint!("{}", lines(facts, took)),
        Style::Json => tracing::info!(
            version = env!("CARGO_PKG_VERSION"),
            chat = facts.url(),
            listen = %facts.chat,
            admin = %facts.admin,
            data = facts.data,
            durability = facts.durability,
            config = facts.config,
            took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            "ready"
        ),
    }
}

fn lines(facts: &Facts, took: Duration) -> String {
    format!(
        "roomcast {}  ready in {} ms   data {}   durability {}   config: {}\n  Chat     {}   ({})\n  Metrics  http://{}/metrics   Health /healthz /readyz\n",
        env!("CARGO_PKG_VERSION"),
        took.as_millis(),
        facts.data,
        facts.durability,
        facts.config,
        facts.url(),
        facts.who(),
        facts.admin,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_banner_is_three_lines() {
        let facts = Facts {
            chat: "127.0.0.1:3000".parse().unwrap(),
            public: None,
            admin: "127.0.0.1:9090".parse().unwrap(),
            data: "./roomcast-data (new)".into(),
            durability: "full",
            config: "roomcast.toml".into(),
            tokens: false,
        };
        let text = lines(&facts, Duration::from_millis(38));
        assert_eq!(text.lines().count(), 3);
        assert!(text.contains(
            "ready in 38 ms   data ./roomcast-data (new)   durability full   config: roomcast.toml"
        ));
        assert!(text.contains("http://127.0.0.1:3000/   (guests allowed from this machine only)"));
    }
}
