//! Which pages may open sockets (S1): a browser says where the page came from, and lets any page ask.

use super::Problem;
use crate::config::{AllowedOrigin, Server};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use roomcast_protocol::ErrorCode;
use std::sync::Arc;

/// The pages that may.
#[derive(Debug, Clone)]
pub(crate) struct Origins(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// The pages that this server sent.
    same: bool,
    /// What our own pages are reached by.
    scheme: &'static str,
    exact: Vec<Box<str>>,
}

impl Origins {
    /// Those of the configuration. Pages under the public address are our own.
    pub(crate) fn of(server: &Server) -> Self {
        let public = server.public_url.origin();
        let same = server.allowed_origins.contains(&AllowedOrigin::Same);
        let exact = server.allowed_origins.iter().filter_map(|allowed| match allowed {
            AllowedOrigin::Same => None,
            AllowedOrigin::Exact(origin) => Some(origin.clone()),
        });
        Self(Arc::new(Inner {
            same,
            scheme: if public.is_some_and(|url| url.starts_with("https:")) { "https" } else { "http" },
            exact: exact.chain(public.map(Into::into)).collect(),
        }))
    }

    /// Lets a request pass that comes from no page, or from one that may.
    ///
    /// Without `Origin` it is no browser's, and nothing that a browser adds by itself (a cookie) is believed here, so
    /// that such a request can do what its sender could do anyway.
    pub(crate) fn check(&self, headers: &HeaderMap) -> Result<(), Problem> {
        if !headers.contains_key(header::ORIGIN) {
            return Ok(());
        }
        match only(headers, &header::ORIGIN) {
            Some(origin) if self.allows(origin, headers) => Ok(()),
            _ => Err(Problem::new(
                ErrorCode::Forbidden,
                "pages from this origin may not connect; the operator can allow it in server.allowed_origins",
            )),
        }
    }

    fn allows(&self, origin: &str, headers: &HeaderMap) -> bool {
        let exact = self.0.exact.iter().any(|allowed| **allowed == *origin);
        exact || (self.0.same && self.own(headers).is_some_and(|own| own == origin))
    }

    /// The origin of a page that was loaded from where this request went to.
    fn own(&self, headers: &HeaderMap) -> Option<String> {
        let host = only(headers, &header::HOST)?.to_ascii_lowercase();
        let port = if self.0.scheme == "https" { ":443" } else { ":80" };
        let host = host.strip_suffix(port).unwrap_or(&host);
        (!host.is_empty()).then(|| format!("{}://{host}", self.0.scheme))
    }
}

fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value: Option<&HeaderValue> = values.next().filter(|_| values.next().is_none());
    value?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn origins(public: &str, allowed: &[&str]) -> Origins {
        let text =
            |lines: &[&str]| lines.iter().map(|line| format!("{line:?}")).collect::<Vec<_>>().join(",");
        let file = format!("[server]\npublic_url={public:?}\nallowed_origins=[{}]\n", text(allowed));
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("roomcast.toml");
        std::fs::write(&path, file).unwrap();
        let sources = crate::config::Sources { file: Some(path), ..Default::default() };
        let config: Config = sources.load().unwrap().config;
        Origins::of(&config.server)
    }

    fn passes(origins: &Origins, host: &str, origin: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        for one in origin {
            headers.append(header::ORIGIN, one.parse().unwrap());
        }
        origins.check(&headers).is_ok()
    }

    #[test]
    fn s1_only_our_own_pages_pass_and_those_that_were_allowed() {
        let plain = origins("", &["same-origin"]);
        let here = "127.0.0.1:3000";
        for (host, origin, expected) in [
            (here, "http://127.0.0.1:3000", true),
            ("LocalHost:3000", "http://localhost:3000", true),
            ("chat.example", "http://chat.example", true),
            ("chat.example:80", "http://chat.example", true),
            ("[::1]:3000", "http://[::1]:3000", true),
            (here, "https://127.0.0.1:3000", false),
            (here, "http://127.0.0.1:3001", false),
            (here, "http://127.0.0.1", false),
            (here, "http://127.0.0.1:3000.evil.example", false),
            (here, "http://evil.example:3000", false),
            (here, "http://evil.example/http://127.0.0.1:3000", false),
            (here, "http://user@127.0.0.1:3000", false),
            (here, "http://127.0.0.1:3000/", false),
            (here, "null", false),
            (here, "file://", false),
            (here, "", false),
        ] {
            assert_eq!(passes(&plain, host, &[origin]), expected, "{origin} at {host}");
        }
        assert!(passes(&plain, here, &[]), "no page at all");
        let twice = ["http://127.0.0.1:3000", "http://evil.example"];
        assert!(!passes(&plain, here, &twice), "which of the two?");
    }

    #[test]
    fn s1_behind_a_proxy_the_scheme_is_that_of_the_public_address() {
        let proxied = origins("https://chat.example", &["same-origin", "https://good.example:8443"]);
        for (host, origin, expected) in [
            ("chat.example", "https://chat.example", true),
            ("chat.example:443", "https://chat.example", true),
            ("10.0.0.5:3000", "https://chat.example", true),
            ("chat.example", "https://good.example:8443", true),
            ("chat.example", "http://chat.example", false),
            ("chat.example", "https://good.example", false),
            ("chat.example", "https://good.example.evil:8443", false),
        ] {
            assert_eq!(passes(&proxied, host, &[origin]), expected, "{origin} at {host}");
        }
        let strict = origins("", &["https://good.example"]);
        assert!(
            !passes(&strict, "127.0.0.1:3000", &["http://127.0.0.1:3000"]),
            "same-origin was taken off the list"
        );
        assert!(passes(&strict, "127.0.0.1:3000", &["https://good.example"]));
    }
}
