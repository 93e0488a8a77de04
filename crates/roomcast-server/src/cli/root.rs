//! Running as root: it works, and is said, once.

use std::{ffi::OsStr, path::Path};

/// Files that container engines leave at the root: Docker's, Podman's.
const MARKS: [&str; 2] = [".dockerenv", "run/.containerenv"];
/// Variables that they set: systemd's convention for every manager of containers, and Kubernetes'.
const VARIABLES: [&str; 2] = ["container", "KUBERNETES_SERVICE_HOST"];

/// Warns whoever runs this as root. Inside a container root is often an ordinary user of the machine, and our own image
/// does not use it, so there it is left to the operator.
pub(super) fn warn() {
    let is_contained = is_container(Path::new("/"), |name| std::env::var_os(name));
    if rustix::process::geteuid().is_root() && !is_contained {
        tracing::warn!(
            "running as root, which nothing here needs: give it a user of its own (deploy/roomcast.service)"
        );
    }
}

/// Whether the signs of a container are there.
fn is_container<T: AsRef<OsStr>>(root: &Path, variable: impl Fn(&str) -> Option<T>) -> bool {
    let is_set = |name: &&str| variable(name).is_some_and(|value| !value.as_ref().is_empty());
    MARKS.iter().any(|mark| root.join(mark).exists()) || VARIABLES.iter().any(is_set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s47_a_container_is_known_by_its_marks_and_its_variables() {
        let root = tempfile::tempdir().unwrap();
        let nothing = |_: &str| None::<&str>;
        assert!(!is_container(root.path(), nothing));
        assert!(!is_container(root.path(), |_| Some("")), "an empty variable is none");
        for name in VARIABLES {
            assert!(is_container(root.path(), |asked| (asked == name).then_some("yes")), "{name}");
        }
        std::fs::create_dir(root.path().join("run")).unwrap();
        for mark in MARKS {
            std::fs::write(root.path().join(mark), "").unwrap();
            assert!(is_container(root.path(), nothing), "{mark}");
            std::fs::remove_file(root.path().join(mark)).unwrap();
        }
    }
}
