//! A power cut: everything that was not synced is gone (`e2e/power-loss/shim.c`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::Server;

/// Where the shim keeps what has no durable name yet.
const NAMELESS: &str = ".synced";

/// A supply of power that can be cut, again and again.
#[derive(Debug)]
pub struct Power {
    directory: TempDir,
    boots: u64,
}

impl Power {
    /// Puts a server that does not run on this supply: from its next start on.
    pub fn supply(server: &mut Server) -> Self {
        let directory = TempDir::with_prefix("roomcast-e2e-power-").expect("a temporary directory");
        let power = Self { directory, boots: 0 };
        server.set("LD_PRELOAD", &shim().display().to_string());
        server.set("POWER_LOSS_DATA", &server.data().display().to_string());
        server.set("POWER_LOSS_SHADOW", &power.shadow().display().to_string());
        server.set("POWER_LOSS_BOOT_ID", &power.boot_id().display().to_string());
        fs::create_dir_all(server.data()).expect("a data directory");
        power.boot(&server.data());
        power
    }

    /// Cuts it. The data is then what was durable, and the next start is the first after a boot.
    pub fn cut(&mut self, server: &mut Server) {
        server.kill();
        let data = server.data();
        fs::remove_dir_all(&data).expect("the data can be removed");
        fs::remove_dir_all(self.shadow().join(NAMELESS)).expect("the shim kept it");
        fs::rename(self.shadow(), &data).expect("both are in the same file system");
        self.boots += 1;
        self.boot(&data);
    }

    fn shadow(&self) -> PathBuf {
        self.directory.path().join("shadow")
    }

    fn boot_id(&self) -> PathBuf {
        self.directory.path().join("boot_id")
    }

    /// What is there when the machine starts is durable.
    fn boot(&self, data: &Path) {
        fs::write(self.boot_id(), format!("boot-{}\n", self.boots)).expect("a file");
        fs::create_dir_all(self.shadow().join(NAMELESS)).expect("a directory");
        for entry in fs::read_dir(data).expect("a data directory").flatten() {
            fs::copy(entry.path(), self.shadow().join(entry.file_name())).expect("data can be copied");
        }
    }
}

/// The shim, compiled once per test run.
fn shim() -> &'static Path {
    static SHIM: OnceLock<PathBuf> = OnceLock::new();
    SHIM.get_or_init(|| {
        let test = std::env::current_exe().expect("a running test knows its own path");
        let library = test.with_file_name("power-loss.so");
        let fresh = library.with_extension(format!("{}.so", std::process::id()));
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/power-loss/shim.c");
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o"]).arg(&fresh).arg(source);
        assert!(cc.status().expect("cc can be started").success(), "{source} does not compile");
        // Another run may be using the one that is there.
        fs::rename(&fresh, &library).expect("a file can be renamed");
        library
    })
}
