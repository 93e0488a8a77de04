//! `cargo xtask sbom`: what the server is made of, as CycloneDX 1.5 in JSON. The crates that are compiled into it come
//! from `cargo tree`, which knows the features that are really on (`cargo metadata` mixes those of the whole workspace);
//! checksums come from `Cargo.lock`, the page's libraries from `web/vendor/VENDOR.toml`.

mod crates;
mod json;
mod page;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crates::{Checksums, Crate, Graph};
use json::Json;

/// Writes it to stdout.
pub(crate) fn run() -> Result<(), Vec<String>> {
    println!("{}", document()?);
    Ok(())
}

/// The whole document. The same checkout gives the same bytes, so it has neither a time nor a random serial number.
fn document() -> Result<Json, Vec<String>> {
    let graph = crates::graph()?;
    let checksums = crates::checksums();
    let libraries = graph.crates.iter().filter(|it| **it != graph.root);
    let libraries = libraries.map(|it| component("library", it, &checksums));
    let components: Vec<_> = libraries.chain(page::components()).collect();
    Ok(Json::object([
        ("bomFormat", "CycloneDX".into()),
        ("specVersion", "1.5".into()),
        ("version", Json::Number(1)),
        ("metadata", Json::object([("component", component("application", &graph.root, &checksums))])),
        ("components", Json::Array(components)),
        ("dependencies", dependencies(&graph)),
    ]))
}

/// A crate. Ours have no package URL: they are on no registry, and that name there may be somebody else's.
fn component(kind: &str, it: &Crate, checksums: &Checksums) -> Json {
    let mut fields = vec![
        ("type", kind.into()),
        ("bom-ref", it.reference().into()),
        ("name", it.name.as_str().into()),
        ("version", it.version.as_str().into()),
        ("licenses", Json::Array(vec![Json::object([("expression", it.licence.as_str().into())])])),
    ];
    if it.is_foreign {
        fields.push(("purl", it.purl().into()));
    }
    if let Some(checksum) = checksums.get(&(it.name.clone(), it.version.clone())) {
        let hash = Json::object([("alg", "SHA-256".into()), ("content", checksum.as_str().into())]);
        fields.push(("hashes", Json::Array(vec![hash])));
    }
    Json::object(fields)
}

/// Who uses whom; the page's libraries are the server's.
fn dependencies(graph: &Graph) -> Json {
    let mut uses: BTreeMap<String, Vec<String>> =
        graph.crates.iter().map(|it| (it.reference(), Vec::new())).collect();
    for (user, used) in &graph.edges {
        uses.entry(user.reference()).or_default().push(used.reference());
    }
    uses.entry(graph.root.reference()).or_default().extend(page::references());
    let entry = |(user, used): (String, Vec<String>)| {
        let used = used.into_iter().map(Json::from).collect();
        Json::object([("ref", user.into()), ("dependsOn", Json::Array(used))])
    };
    let page = page::references().into_iter().map(|it| (it, Vec::new()));
    Json::Array(uses.into_iter().chain(page).map(entry).collect())
}
