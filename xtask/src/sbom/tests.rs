use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::document;
use crate::run::command;
use crate::tidy::read;

const METADATA: &str =
    "cargo metadata --locked --format-version 1 --filter-platform x86_64-unknown-linux-gnu";

/// What is written, read by somebody else's parser.
fn written() -> Value {
    serde_json::from_str(&document().expect("cargo tree works here").to_string()).expect("it is JSON")
}

fn array<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value[field].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

fn named(value: &Value) -> String {
    format!("{} {}", text(value, "name"), text(value, "version"))
}

/// What cargo says of the whole workspace.
struct Metadata {
    packages: BTreeMap<String, Value>,
    nodes: BTreeMap<String, Value>,
    root: String,
}

impl Metadata {
    fn ask() -> Self {
        let output = command(METADATA).output().expect("cargo is here");
        let value: Value = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
        let by_id = |list: &[Value]| list.iter().map(|it| (text(it, "id").to_owned(), it.clone())).collect();
        let packages: BTreeMap<String, Value> = by_id(array(&value, "packages"));
        let root = packages.iter().find(|(_, it)| it["name"] == "roomcast-server");
        let root = root.expect("the server is a package").0.clone();
        Self { packages, nodes: by_id(array(&value["resolve"], "nodes")), root }
    }

    /// Everything that is reached from the server over those normal dependencies that `counts` lets pass.
    fn reached(&self, counts: impl Fn(&Value, &Value) -> bool) -> BTreeSet<String> {
        let (mut seen, mut open) = (BTreeSet::new(), vec![self.root.clone()]);
        while let Some(id) = open.pop() {
            if !seen.insert(id.clone()) {
                continue;
            }
            let used = array(&self.nodes[&id], "deps").iter().filter(|used| is_normal(used));
            let used = used.filter(|used| counts(&self.packages[&id], &self.packages[text(used, "pkg")]));
            open.extend(used.map(|used| text(used, "pkg").to_owned()));
        }
        seen.iter().map(|id| named(&self.packages[id])).collect()
    }
}

fn is_normal(used: &Value) -> bool {
    array(used, "dep_kinds").iter().any(|kind| kind["kind"].is_null())
}

/// Whether one declares the other for every platform and whatever features are on.
fn always_uses(user: &Value, used: &Value) -> bool {
    let mut declared = array(user, "dependencies").iter().filter(|it| it["name"] == used["name"]);
    declared.any(|it| it["kind"].is_null() && it["target"].is_null() && it["optional"] == false)
}

/// Everything that has a reference: the server, components, and the files in them.
fn everything(document: &Value) -> Vec<&Value> {
    let components = array(document, "components");
    let files = components.iter().flat_map(|it| array(it, "components"));
    std::iter::once(&document["metadata"]["component"]).chain(components).chain(files).collect()
}

#[test]
fn s42_each_package_is_there_once_and_none_is_missing() {
    let (document, metadata) = (written(), Metadata::ask());
    let crates = everything(&document).into_iter().filter(|it| !text(it, "bom-ref").contains("npm/"));
    let crates: Vec<_> = crates.filter(|it| it["type"] != "file").map(named).collect();
    let once: BTreeSet<_> = crates.iter().cloned().collect();
    assert_eq!(once.len(), crates.len());
    let (least, most) = (metadata.reached(always_uses), metadata.reached(|_, _| true));
    assert!(least.len() > 150, "only {} are always there", least.len());
    assert_eq!(least.difference(&once).collect::<Vec<_>>(), Vec::<&String>::new(), "missing");
    assert_eq!(once.difference(&most).collect::<Vec<_>>(), Vec::<&String>::new(), "not a normal dependency");
}

#[test]
fn s42_licences_and_checksums_are_those_of_cargo() {
    let (document, metadata) = (written(), Metadata::ask());
    let lock = read("Cargo.lock");
    let packages: BTreeMap<_, _> = metadata.packages.values().map(|it| (named(it), it)).collect();
    for it in array(&document, "components").iter().filter(|it| !text(it, "purl").starts_with("pkg:npm/")) {
        let package = packages[&named(it)];
        let words =
            |text: &str| text.replace('/', " OR ").split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(text(&it["licenses"][0], "expression")), words(text(package, "license")), "{it}");
        assert_eq!(package["source"].is_null(), text(it, "purl").is_empty(), "{it}");
        let checksum = text(&it["hashes"][0], "content");
        let stands = format!(
            "name = \"{}\"\nversion = \"{}\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"{checksum}\"",
            text(it, "name"),
            text(it, "version")
        );
        assert!(package["source"].is_null() || lock.contains(&stands), "{it}");
    }
}

#[test]
fn s42_the_libraries_of_the_page_are_there_with_their_files() {
    let document = written();
    let libraries =
        array(&document, "components").iter().filter(|it| text(it, "purl").starts_with("pkg:npm/"));
    let files: BTreeSet<_> =
        libraries.flat_map(|it| array(it, "components")).map(|it| text(it, "name")).collect();
    let folder = crate::root().join("web/vendor");
    let names = folder.read_dir().expect("web/vendor is there").flatten();
    let names = names.map(|entry| format!("web/vendor/{}", entry.file_name().to_string_lossy()));
    let scripts: BTreeSet<_> = names.filter(|name| name.ends_with(".mjs")).collect();
    assert_eq!(files, scripts.iter().map(String::as_str).collect());
}

#[test]
fn s42_the_document_is_cyclonedx_1_5() {
    let document = written();
    assert_eq!((text(&document, "bomFormat"), text(&document, "specVersion")), ("CycloneDX", "1.5"));
    let all = everything(&document);
    let references: BTreeSet<_> = all.iter().map(|it| text(it, "bom-ref")).collect();
    assert_eq!(references.len(), all.len(), "a reference names one thing");
    for it in all {
        assert!(["application", "library", "file"].contains(&text(it, "type")), "{it}");
        assert!(
            !text(it, "name").is_empty() && (it["type"] == "file" || !text(it, "version").is_empty()),
            "{it}"
        );
        let hashes = array(it, "hashes").iter().map(|hash| text(hash, "content"));
        assert!(
            hashes.into_iter().all(|it| it.len() == 64 && it.bytes().all(|b| b.is_ascii_hexdigit())),
            "{it}"
        );
    }
    for entry in array(&document, "dependencies") {
        let used = array(entry, "dependsOn").iter().filter_map(Value::as_str);
        let unknown: Vec<_> =
            used.chain([text(entry, "ref")]).filter(|it| !references.contains(it)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
