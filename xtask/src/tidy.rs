//! `cargo xtask tidy`: the project's own rules, those that no linter knows.

mod files;
mod sources;
mod dependencies;
mod links;
mod tables;
mod threats;

pub(crate) use files::read;

use crate::sabotage::patches;

/// All complaints, each with the file it is about.
pub(crate) fn run() -> Result<(), Vec<String>> {
    let files = files::ours();
    let mut complaints = sources::check(&files);
    complaints.extend(dependencies::check(&files));
    complaints.extend(links::check(&files));
    complaints.extend(tables::check());
    complaints.extend(threats::check(&files));
    complaints.extend(patches::check());
    if complaints.is_empty() { Ok(()) } else { Err(complaints) }
}
