//! The crates that are compiled into the server, and who uses whom.

use std::collections::{BTreeMap, BTreeSet};

use crate::run::command;
use crate::tidy::read;

/// One line a crate: how deep it stands, what it is (`name v1.2.3 (where)`), its licence.
const TREE: &str = "tree --locked --package roomcast-server --edges normal --prefix depth \
                    --target x86_64-unknown-linux-gnu --format |{p}|{l}|";

/// A crate of one version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Crate {
    pub(super) name: String,
    pub(super) version: String,
    /// As an SPDX expression.
    pub(super) licence: String,
    /// Whether it comes from crates.io, as everything does that is not ours.
    pub(super) is_foreign: bool,
}

/// All of them.
pub(super) struct Graph {
    pub(super) root: Crate,
    pub(super) crates: BTreeSet<Crate>,
    /// User, used.
    pub(super) edges: BTreeSet<(Crate, Crate)>,
}

impl Crate {
    /// What `cargo tree` writes; a path in brackets is where a crate of ours lies.
    fn read(package: &str, licence: &str) -> Option<Self> {
        let mut words = package.split(' ');
        Some(Self {
            name: words.next()?.to_owned(),
            version: words.next()?.strip_prefix('v')?.to_owned(),
            // an old way of saying OR
            licence: licence.replace(" / ", " OR ").replace('/', " OR "),
            is_foreign: !words.any(|word| word.starts_with("(/")),
        })
    }

    pub(super) fn purl(&self) -> String {
        format!("pkg:cargo/{}@{}", self.name, self.version.replace('+', "%2B"))
    }

    /// How the document names it, once.
    pub(super) fn reference(&self) -> String {
        if self.is_foreign { self.purl() } else { format!("{}@{}", self.name, self.version) }
    }
}

/// Asks cargo.
pub(super) fn graph() -> Result<Graph, Vec<String>> {
    let output = command(&format!("cargo {TREE}")).output().map_err(|error| vec![error.to_string()])?;
    if !output.status.success() {
        return Err(vec![String::from_utf8_lossy(&output.stderr).trim().to_owned()]);
    }
    read_tree(&String::from_utf8_lossy(&output.stdout))
}

/// A crate's users are the lines above that stand one step higher.
fn read_tree(text: &str) -> Result<Graph, Vec<String>> {
    let mut above: Vec<Crate> = Vec::new();
    let (mut crates, mut edges) = (BTreeSet::new(), BTreeSet::new());
    for line in text.lines().filter(|line| !line.is_empty()) {
        let (depth, it) = read_line(line).ok_or_else(|| vec![format!("cargo tree writes {line:?}")])?;
        above.truncate(depth);
        edges.extend(above.last().map(|user| (user.clone(), it.clone())));
        crates.insert(it.clone());
        above.push(it);
    }
    let root = above.into_iter().next().ok_or_else(|| vec!["cargo tree writes nothing".to_owned()])?;
    Ok(Graph { root, crates, edges })
}

fn read_line(line: &str) -> Option<(usize, Crate)> {
    let mut parts = line.split('|');
    let depth = parts.next()?.parse().ok()?;
    Some((depth, Crate::read(parts.next()?, parts.next()?)?))
}

/// SHA-256 of what crates.io gave, by name and version.
pub(super) type Checksums = BTreeMap<(String, String), String>;

/// Those of `Cargo.lock`.
pub(super) fn checksums() -> Checksums {
    let lock = read("Cargo.lock");
    let packages = lock.split("[[package]]").skip(1);
    let entry = |package: &str| {
        let value = |key| quoted_value(package, key);
        Some(((value("name")?, value("version")?), value("checksum")?))
    };
    packages.filter_map(entry).collect()
}

/// The first `key = "value"` of a text in which a value stands on a line of its own.
pub(super) fn quoted_value(text: &str, key: &str) -> Option<String> {
    let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \""));
    line.map(|value| value.trim_end_matches('"').to_owned())
}
