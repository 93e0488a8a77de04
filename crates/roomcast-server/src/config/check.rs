//! What no value shows by itself.

use super::{Algorithm, AuthMode, Durability, Period, Size, StoreUrl, load::Draft};
use std::time::Duration;

/// The most that `auth.jwt.leeway` may be.
const MOST_LEEWAY: Duration = Duration::from_secs(300);

impl Draft {
    pub(super) fn check(&mut self) {
        let (chat, admin) = (self.config.server.listen, self.config.metrics.listen);
        if chat == admin && chat.port() != 0 {
            self.object(
                "metrics.listen",
                &format!("{admin} is also the address of the chat"),
                "give one of them another port",
            );
        }
        if self.config.limits.outbound_queue < Size::from_bytes(64 << 10) {
            self.object("limits.outbound_queue", "one message would not fit", "write at least \"64KiB\"");
        }
        if self.config.retention.every < Period::from_secs(1) {
            self.object("retention.every", "the store would be asked all the time", "write at least \"1s\"");
        }
        self.check_store();
        self.check_tokens();
    }

    fn check_store(&mut self) {
        let store = &self.config.store;
        if matches!(store.url, StoreUrl::Postgres(_)) && store.durability == Durability::Relaxed {
            self.object(
                "store.durability",
                "PostgreSQL keeps whatever was acknowledged",
                "write \"full\", or leave it out",
            );
        }
    }

    fn check_tokens(&mut self) {
        if self.config.auth_jwt.leeway.as_duration() > MOST_LEEWAY {
            self.object("auth.jwt.leeway", "tokens would live long beyond their end", "write at most \"5m\"");
        }
        match self.config.auth.mode {
            AuthMode::Guests => self.check_no_keys(),
            AuthMode::Jwt => self.check_keys(),
        }
    }

    /// Which of the places where keys may come from are named.
    fn keys(&self) -> [(&'static str, bool); 3] {
        let jwt = &self.config.auth_jwt;
        [
            ("auth.jwt.secret_file", jwt.secret_file.get().is_some()),
            ("auth.jwt.public_key_file", jwt.public_key_file.get().is_some()),
            ("auth.jwt.jwks_url", jwt.jwks_url.get().is_some()),
        ]
    }

    /// Whoever names a key wants tokens: a server that let guests in all the same would surprise them.
    fn check_no_keys(&mut self) {
        if let Some((key, _)) = self.keys().into_iter().find(|(_, named)| *named) {
            self.object(
                key,
                "there is a key, but guests need no token",
                "write mode = \"jwt\" in [auth], or leave it out",
            );
        }
    }

    fn check_keys(&mut self) {
        let [secret, public, jwks] = self.keys();
        let fits: &[(&'static str, bool)] = match self.config.auth_jwt.algorithm {
            Algorithm::Hs256 => &[secret],
            _ => &[public, jwks],
        };
        let misfit = [secret, public, jwks].into_iter().find(|key| key.1 && !fits.contains(key));
        let algorithm = self.config.auth_jwt.algorithm.as_str();
        if let Some((key, _)) = misfit {
            self.object(
                key,
                &format!("{algorithm} has no use for it"),
                "set auth.jwt.algorithm to what your tokens are signed with",
            );
        } else if fits.iter().filter(|(_, named)| *named).count() != 1 {
            let names = fits.iter().map(|(key, _)| *key).collect::<Vec<_>>().join(" or ");
            self.object(
                "auth.mode",
                &format!("tokens are signed with {algorithm}, and no one key is named"),
                &format!("set {names}"),
            );
        } else if jwks.1 && self.config.auth_jwt.issuer.get().is_none() {
            self.object(
                "auth.jwt.jwks_url",
                "it is not said whose keys these are",
                "set auth.jwt.issuer to the `iss` of the tokens",
            );
        }
    }
}
