//! The contract for other languages, written from the types and compared with what is committed.
//!
//! `ROOMCAST_BLESS=1 cargo test -p roomcast-protocol` writes it anew.

mod asyncapi;
mod typescript;

use roomcast_protocol::contract;
use schemars::JsonSchema;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path};

/// Compares a committed file with what it should be, or writes it where `ROOMCAST_BLESS` is set.
fn settle(path: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let committed = fs::read_to_string(&path).unwrap_or_default();
    if committed == expected {
        return;
    }
    if std::env::var_os("ROOMCAST_BLESS").is_none() {
        panic!(
            "{} is not what the types say: run `ROOMCAST_BLESS=1 cargo test -p roomcast-protocol` and commit it",
            path.display()
        );
    }
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, expected).unwrap();
}

#[test]
fn the_committed_contract_is_what_the_types_say() {
    let (typescript, asyncapi) = (typescript::declarations(), asyncapi::document());
    settle("generated/protocol.d.ts", &typescript);
    settle("../../sdk/js/src/protocol.d.ts", &typescript);
    settle("generated/asyncapi.json", &asyncapi);
    settle("generated/schema-hash", &hash(&[&typescript, &asyncapi]));
}

/// What is compiled in belongs together, also where a file was changed by hand.
#[test]
fn the_hash_is_that_of_the_contract_compiled_in() {
    let expected = hash(&[contract::PROTOCOL_D_TS, contract::ASYNCAPI_JSON]);
    // While blessing, the files are newer than the binary that tests them.
    if std::env::var_os("ROOMCAST_BLESS").is_none() {
        assert_eq!(contract::SCHEMA_HASH, expected);
    }
}

/// A doc comment without the links that only rustdoc can follow.
fn without_links(docs: &str) -> String {
    let mut parts = docs.split("[`");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let (name, rest) = part.split_once("`]").unwrap();
        let rest =
            rest.strip_prefix('(').and_then(|rest| rest.split_once(')')).map_or(rest, |(_, rest)| rest);
        format!("{text}`{name}`{rest}")
    })
}

fn hash(texts: &[&str]) -> String {
    let digest = texts.iter().fold(Sha256::new(), |hasher, text| hasher.chain_update(text)).finalize();
    digest.iter().take(8).fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

/// The words that `type` can be in a family of frames.
pub(crate) fn types_of<T: JsonSchema>() -> BTreeSet<String> {
    let schema = schemars::schema_for!(T);
    let variants = schema.get("oneOf").and_then(Value::as_array).unwrap();
    let kind = |variant: &Value| variant["properties"]["type"]["const"].as_str().unwrap().to_owned();
    variants.iter().map(kind).collect()
}
