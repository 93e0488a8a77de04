//! A disk of a few mebibytes that can be full.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A small file system at a place; dropped, it is gone.
#[derive(Debug)]
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts one of that size. `None` where this user may not.
    pub fn mount(place: &Path, mebibytes: u32) -> Option<Self> {
        fs::create_dir_all(place).expect("a directory");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={mebibytes}m"), "roomcast-e2e"]).arg(place);
        let mounted = mount.stderr(Stdio::null()).status().is_ok_and(|status| status.success());
        mounted.then(|| Self(place.to_owned()))
    }

    /// Takes all the space that is left.
    pub fn fill(&self) {
        let mut ballast = File::create(self.ballast()).expect("a file");
        for block in [&[0; 1 << 20][..], &[0; 4096]] {
            while ballast.write_all(block).is_ok() {}
        }
    }

    /// Gives it back.
    pub fn relieve(&self) {
        fs::remove_file(self.ballast()).expect("it was filled");
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily, because a server may still hold files on it.
        let mut umount = Command::new("umount");
        let status = umount.arg("-l").arg(&self.0).status().expect("umount can be started");
        assert!(status.success(), "{} is still mounted", self.0.display());
    }
}
