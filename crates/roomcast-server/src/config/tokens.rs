//! Where keys come from, and what is asked of a token.

use super::value::{Word, Wrong};
use axum::http::Uri;
use std::path::{Path, PathBuf};

/// A path, or none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OptionalPath(Option<PathBuf>);

impl OptionalPath {
    /// The path.
    pub fn get(&self) -> Option<&Path> {
        self.0.as_deref()
    }
}

impl Word for OptionalPath {
    const EXPECTED: &'static str = "a path such as \"/etc/roomcast/secret\"";

    fn parse(text: &str) -> Result<Self, Wrong> {
        (!text.is_empty()).then(|| PathBuf::parse(text)).transpose().map(Self)
    }

    fn write(&self) -> String {
        self.0.as_ref().map_or(String::new(), Word::write)
    }
}

/// Where public keys are fetched from, or nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JwksUrl(Option<Uri>);

impl JwksUrl {
    /// The address.
    pub fn get(&self) -> Option<&Uri> {
        self.0.as_ref()
    }
}

impl Word for JwksUrl {
    const EXPECTED: &'static str = "an address such as \"https://id.example.org/.well-known/jwks.json\"";

    fn parse(text: &str) -> Result<Self, Wrong> {
        if text.is_empty() {
            return Ok(Self(None));
        }
        let uri: Option<Uri> = text.parse().ok();
        let plain =
            |uri: &Uri| uri.authority().is_some_and(|a| !a.as_str().contains('@') && !a.host().is_empty());
        match uri {
            Some(uri) if uri.scheme_str() == Some("https") && plain(&uri) => Ok(Self(Some(uri))),
            _ => Err(Wrong::new(
                "this is not an address that keys can be fetched from",
                format!("write {}", Self::EXPECTED),
            )),
        }
    }

    fn write(&self) -> String {
        self.0.as_ref().map_or(String::new(), Uri::to_string)
    }
}

/// What a claim of a token has to say, or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClaimText(String);

impl ClaimText {
    /// The text.
    pub fn get(&self) -> Option<&str> {
        Some(self.0.as_str()).filter(|text| !text.is_empty())
    }
}

impl Word for ClaimText {
    const EXPECTED: &'static str = "a text such as \"https://id.example.org\"";

    fn parse(text: &str) -> Result<Self, Wrong> {
        Ok(Self(text.to_owned()))
    }

    fn write(&self) -> String {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s10_keys_are_fetched_with_https_and_nothing_else() {
        let fits = |text| JwksUrl::parse(text).is_ok_and(|url| url.get().is_some());
        assert!(fits("https://id.example.org/jwks.json") && fits("https://[::1]:8443/keys"));
        for text in [
            "http://id.example.org/jwks",
            "https://",
            "https://u:p@id.example.org/",
            "file:///etc/passwd",
            "id.example.org",
            "https://a b",
        ] {
            assert!(!fits(text), "{text}");
        }
        assert_eq!(JwksUrl::parse("").unwrap(), JwksUrl::default());
    }
}
