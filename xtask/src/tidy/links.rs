//! Relative links in Markdown lead somewhere.

use std::path::{Component, Path, PathBuf};

use super::files::File;
use crate::root;

pub(crate) fn check(files: &[File]) -> Vec<String> {
    files.iter().filter(|file| file.is("md")).flat_map(dead_links).collect()
}

fn dead_links(file: &File) -> Vec<String> {
    let targets = prose(&file.text).into_iter().flat_map(targets);
    let dead = targets.filter(|target| is_relative(target) && !exists(file, target));
    dead.map(|target| format!("{}: the link to {target} leads nowhere", file.path)).collect()
}

/// The lines outside code blocks.
fn prose(text: &str) -> Vec<&str> {
    let mut in_code = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if !in_code {
            lines.push(line);
        }
    }
    lines
}

/// What stands between `](` and `)`.
fn targets(line: &str) -> Vec<&str> {
    line.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect()
}

fn is_relative(target: &str) -> bool {
    !target.contains("://") && !target.starts_with('#') && !target.starts_with("mailto:")
}

fn exists(file: &File, target: &str) -> bool {
    let path = target.split('#').next().unwrap_or_default();
    let folder = Path::new(&file.path).parent().unwrap_or(Path::new(""));
    root().join(normal(&folder.join(path))).exists()
}

/// The path without `..`, which must not depend on folders that are not there.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        if part == Component::ParentDir {
            normal.pop();
        } else {
            normal.push(part);
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_in_prose_only() {
        let text =
            "see [a](b.md) and [c](d.md#e)\n```\n[x](y.md)\n```\n[web](https://example.org) [here](#top)";
        let found: Vec<_> = prose(text).into_iter().flat_map(targets).filter(|it| is_relative(it)).collect();
        assert_eq!(found, ["b.md", "d.md#e"]);
    }

    #[test]
    fn parents_are_resolved_without_the_disk() {
        assert_eq!(normal(Path::new("docs/decisions/../protocol.md")), Path::new("docs/protocol.md"));
    }
}
