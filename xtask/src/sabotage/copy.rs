//! A copy of the checkout, so that nobody's files are touched, with a target directory that all sabotages share.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::patches;
use crate::{root, run};

/// `target/sabotage`: in it `tree`, the copy, `build`, what cargo makes, and a binary for each sabotage.
pub(super) struct Copy {
    directory: PathBuf,
}

impl Copy {
    pub(super) fn make() -> Result<Self, String> {
        let copy = Self { directory: root().join("target/sabotage") };
        fs::remove_dir_all(copy.tree()).or_else(|error| {
            let missing = error.kind() == std::io::ErrorKind::NotFound;
            if missing { Ok(()) } else { Err(format!("{}: {error}", copy.tree().display())) }
        })?;
        copy.restore()?;
        Ok(copy)
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    fn tree(&self) -> PathBuf {
        self.directory.join("tree")
    }

    /// The server with this sabotage, or without any.
    pub(super) fn build(&self, sabotage: Option<&str>) -> Result<PathBuf, String> {
        self.restore()?;
        let name = sabotage.unwrap_or("none");
        if let Some(sabotage) = sabotage {
            patches::apply(sabotage, &self.tree())?;
        }
        let mut cargo = run::command("cargo build --quiet --locked -p roomcast-server --target-dir ../build");
        cargo.current_dir(self.tree()).env_remove("CARGO_TARGET_DIR");
        if !cargo.status().is_ok_and(|status| status.success()) {
            return Err(format!("the server with the sabotage {name} does not build"));
        }
        let binary = self.directory.join(format!("roomcast-{name}"));
        fs::copy(self.directory.join("build/debug/roomcast"), &binary)
            .map_err(|error| format!("{}: {error}", binary.display()))?;
        Ok(binary)
    }

    /// Makes the copy what the checkout is. What is alike is left alone, so that cargo does not make it again.
    fn restore(&self) -> Result<(), String> {
        for file in tracked()? {
            let (from, to) = (root().join(&file), self.tree().join(&file));
            let Ok(content) = fs::read(&from) else { continue };
            if fs::read(&to).is_ok_and(|old| old == content) {
                continue;
            }
            let folder = to.parent().unwrap_or(&to);
            fs::create_dir_all(folder)
                .and_then(|()| fs::write(&to, content))
                .map_err(|error| format!("{}: {error}", to.display()))?;
        }
        Ok(())
    }
}

/// Every file that git knows, and every new one that it would take.
fn tracked() -> Result<Vec<String>, String> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(root());
    let output = git.output().map_err(|error| format!("git cannot be started: {error}"))?;
    let files = String::from_utf8_lossy(&output.stdout).into_owned();
    let files: Vec<_> = files.split_terminator('\0').map(str::to_owned).collect();
    if files.is_empty() { Err("this is no git checkout".to_owned()) } else { Ok(files) }
}
