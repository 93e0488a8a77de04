//! Every dependency is declared once, used somewhere, and has its reason in `docs/dependencies.md`.

use super::files::{File, read};

const REASONS: &str = "docs/dependencies.md";

pub(crate) fn check(files: &[File]) -> Vec<String> {
    let declared = foreign(&read("Cargo.toml"));
    let reasons = read(REASONS);
    let members: Vec<_> = files.iter().filter(|file| file.path.ends_with("/Cargo.toml")).collect();
    let mut complaints = unlisted(&declared, &reasons);
    complaints.extend(unused(&declared, &members));
    complaints.extend(unknown_reasons(&declared, &reasons));
    complaints.extend(members.iter().flat_map(|member| undeclared(member)));
    complaints
}

/// The names in `[workspace.dependencies]` that are not crates of ours.
fn foreign(manifest: &str) -> Vec<String> {
    let entries = section(manifest, "[workspace.dependencies]").into_iter();
    entries.filter(|(_, value)| !value.contains("path =")).map(|(name, _)| name).collect()
}

/// The `name = value` lines of a section. All our manifests write a dependency in one line.
fn section(manifest: &str, title: &str) -> Vec<(String, String)> {
    let lines = manifest.lines().skip_while(|line| line.trim() != title).skip(1);
    let lines = lines.take_while(|line| !line.starts_with('['));
    let entries = lines.filter_map(|line| line.split_once('='));
    entries.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect()
}

fn unlisted(declared: &[String], reasons: &str) -> Vec<String> {
    let missing = declared.iter().filter(|name| !reasons.contains(&format!("| `{name}` |")));
    missing.map(|name| format!("{REASONS}: {name} has no reason")).collect()
}

fn unused(declared: &[String], members: &[&File]) -> Vec<String> {
    let is_used = |name: &str| members.iter().any(|member| uses(&member.text, name));
    let unused = declared.iter().filter(|name| !is_used(name));
    unused.map(|name| format!("Cargo.toml: no crate uses {name}")).collect()
}

fn uses(manifest: &str, name: &str) -> bool {
    let starts = [format!("{name}.workspace"), format!("{name} = {{ workspace")];
    manifest.lines().any(|line| starts.iter().any(|start| line.starts_with(start.as_str())))
}

/// The table names nothing that was dropped since.
fn unknown_reasons(declared: &[String], reasons: &str) -> Vec<String> {
    let rows = reasons.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let unknown = rows.filter(|name| !declared.iter().any(|it| it == name));
    unknown.map(|name| format!("{REASONS}: {name} is no dependency any more")).collect()
}

/// A crate takes its dependencies from the workspace, so that there is one version of each.
fn undeclared(member: &File) -> Vec<String> {
    let sections = ["[dependencies]", "[dev-dependencies]", "[build-dependencies]"];
    let entries = sections.iter().flat_map(|title| section(&member.text, title));
    let own = entries.filter(|(name, value)| !name.contains("workspace") && !value.contains("workspace"));
    own.map(|(name, _)| format!("{}: {name} must come from the workspace", member.path)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "[workspace.dependencies]\nours = { path = \"ours\" }\nserde = \"1\"\ntoml = \"1\"\n\n[profile]\nx = 1\n";

    #[test]
    fn only_foreign_crates_are_dependencies() {
        assert_eq!(foreign(ROOT), ["serde", "toml"]);
    }

    #[test]
    fn each_needs_a_row_and_each_row_a_dependency() {
        let reasons = "| `serde` | types |\n| `old` | gone |\n";
        assert_eq!(unlisted(&foreign(ROOT), reasons).len(), 1);
        assert_eq!(unknown_reasons(&foreign(ROOT), reasons).len(), 1);
    }

    #[test]
    fn a_member_uses_what_it_takes_from_the_workspace() {
        let text = "[dependencies]\nserde.workspace = true\ntoml = { workspace = true, features = [] }\nown = \"1\"\n";
        let member = File { path: "a/Cargo.toml".into(), text: text.into() };
        assert!(unused(&foreign(ROOT), &[&member]).is_empty());
        assert_eq!(undeclared(&member), ["a/Cargo.toml: own must come from the workspace"]);
    }
}
