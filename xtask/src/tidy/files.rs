//! The files of the checkout that people write and read.

use std::fs;
use std::path::{Path, PathBuf};

use crate::root;

/// Folders that hold what was made or fetched, not written.
const NOT_OURS: &[&str] = &["target", "node_modules", "vendor", "artifacts", "roomcast-data", "__pycache__"];

/// A file, with its path from the root of the checkout.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    pub(crate) fn is(&self, extension: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|it| it == extension)
    }

    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// Every text file that is ours, sorted by path.
pub(crate) fn ours() -> Vec<File> {
    let mut files = Vec::new();
    walk(root(), &mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// One file; empty where there is none, which the rule that needs it will notice.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_default()
}

fn walk(folder: &Path, files: &mut Vec<File>) {
    for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        if path.is_dir() && is_ours(&path) {
            walk(&path, files);
        } else if let Ok(text) = fs::read_to_string(&path) {
            files.push(File { path: relative(&path), text });
        }
    }
}

fn is_ours(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    !NOT_OURS.contains(&&*name) && (!name.starts_with('.') || [".cargo", ".ci"].contains(&&*name))
}

fn relative(path: &Path) -> String {
    let path: PathBuf = path.strip_prefix(root()).unwrap_or(path).into();
    path.to_string_lossy().into_owned()
}
