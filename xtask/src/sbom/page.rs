//! The libraries of the page, which lie in `web/vendor` with where they came from in `VENDOR.toml`.

use super::crates::quoted_value;
use super::json::Json;
use crate::tidy::read;

/// One package of npm.
struct Package {
    name: String,
    version: String,
    licence: String,
    /// The hash of what was fetched, as npm writes it.
    integrity: String,
    /// Names and SHA-256 of the files that are served.
    files: Vec<(String, String)>,
}

pub(super) fn components() -> Vec<Json> {
    packages().iter().map(Package::component).collect()
}

pub(super) fn references() -> Vec<String> {
    packages().iter().map(Package::purl).collect()
}

/// `VENDOR.toml` is written by `web/vendor.mjs`, a value a line.
fn packages() -> Vec<Package> {
    read("web/vendor/VENDOR.toml").split("[[package]]").skip(1).map(Package::parse).collect()
}

impl Package {
    fn parse(text: &str) -> Self {
        let files =
            text.split("[[package.file]]").skip(1).map(|file| (value(file, "to"), value(file, "sha256")));
        Self {
            name: value(text, "name"),
            version: value(text, "version"),
            licence: value(text, "licence"),
            integrity: value(text, "integrity"),
            files: files.collect(),
        }
    }

    fn purl(&self) -> String {
        format!("pkg:npm/{}@{}", self.name.replace('@', "%40"), self.version)
    }

    fn component(&self) -> Json {
        let property =
            Json::object([("name", "npm:integrity".into()), ("value", self.integrity.as_str().into())]);
        Json::object([
            ("type", "library".into()),
            ("bom-ref", self.purl().into()),
            ("name", self.name.as_str().into()),
            ("version", self.version.as_str().into()),
            ("licenses", Json::Array(vec![Json::object([("expression", self.licence.as_str().into())])])),
            ("purl", self.purl().into()),
            ("properties", Json::Array(vec![property])),
            ("components", Json::Array(self.files.iter().map(file).collect())),
        ])
    }
}

fn file((name, sha256): &(String, String)) -> Json {
    let hash = Json::object([("alg", "SHA-256".into()), ("content", sha256.as_str().into())]);
    Json::object([
        ("type", "file".into()),
        ("bom-ref", format!("web/vendor/{name}").into()),
        ("name", format!("web/vendor/{name}").into()),
        ("hashes", Json::Array(vec![hash])),
    ])
}

/// Nothing where there is none, which the document's test notices.
fn value(text: &str, key: &str) -> String {
    quoted_value(text, key).unwrap_or_default()
}
