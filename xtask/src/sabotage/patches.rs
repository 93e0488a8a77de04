//! The patches: `e2e/sabotage/*.patch`, each with a line that says what it breaks.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::root;

const FOLDER: &str = "e2e/sabotage";

/// Their names, sorted.
pub(crate) fn names() -> Vec<String> {
    let files = fs::read_dir(root().join(FOLDER)).into_iter().flatten().flatten().map(|entry| entry.path());
    let patches = files.filter(|path| path.extension() == Some(OsStr::new("patch")));
    let mut names: Vec<_> =
        patches.filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned())).collect();
    names.sort();
    names
}

/// Applies one to the checkout that is in `tree`.
pub(crate) fn apply(name: &str, tree: &Path) -> Result<(), String> {
    git_apply(tree, &[], &path(name))
}

/// Those that do not apply to today's checkout.
pub(crate) fn check() -> Vec<String> {
    let names = names();
    if names.is_empty() {
        return vec![format!("{FOLDER}: no patch is there")];
    }
    let complaint = |name: &String| git_apply(root(), &["--check"], &path(name)).err();
    names.iter().filter_map(complaint).collect()
}

fn path(name: &str) -> PathBuf {
    root().join(FOLDER).join(name).with_extension("patch")
}

/// A repository around the tree is not to be found: git would take the patch's paths as starting there.
fn git_apply(tree: &Path, flags: &[&str], patch: &Path) -> Result<(), String> {
    let mut git = Command::new("git");
    git.arg("apply").args(flags).arg(patch).current_dir(tree);
    git.env("GIT_CEILING_DIRECTORIES", tree.parent().unwrap_or(tree)).env_remove("GIT_DIR");
    let output = git.output().map_err(|error| format!("git cannot be started: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let why = String::from_utf8_lossy(&output.stderr);
    Err(format!("{}: does not apply; make it anew: {}", patch.display(), why.trim()))
}
