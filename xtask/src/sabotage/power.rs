//! A supply of power that can be cut: what was not synced is gone then. The forgetting is done by a shim, which is told
//! by its environment where the data is and where to keep what is durable.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::copy::Copy;

/// Where the shim keeps what has no durable name yet.
const NAMELESS: &str = ".synced";

/// Makes a library of the shim's source.
pub(super) fn compile(source: &Path, copy: &Copy) -> Result<PathBuf, String> {
    let library = copy.directory().join("power-loss.so");
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-O2", "-o"]).arg(&library).arg(source);
    let compiled = cc.status().is_ok_and(|status| status.success());
    if compiled { Ok(library) } else { Err(format!("{} does not compile", source.display())) }
}

pub(super) struct Power {
    shim: PathBuf,
    directory: PathBuf,
    boots: u64,
}

impl Power {
    /// For a server whose data is in `data` of this directory.
    pub(super) fn supply(shim: &Path, directory: &Path) -> io::Result<Self> {
        let power = Self { shim: shim.to_owned(), directory: directory.to_owned(), boots: 0 };
        power.boot()?;
        Ok(power)
    }

    /// What the shim has to know.
    pub(super) fn settings(&self) -> [(&'static str, PathBuf); 4] {
        [
            ("LD_PRELOAD", self.shim.clone()),
            ("POWER_LOSS_DATA", self.data()),
            ("POWER_LOSS_SHADOW", self.shadow()),
            ("POWER_LOSS_BOOT_ID", self.boot_id()),
        ]
    }

    /// Cuts it, when the server is gone: the data is what was durable, and the next start is the first after a boot.
    pub(super) fn cut(&mut self) -> io::Result<()> {
        fs::remove_dir_all(self.shadow().join(NAMELESS))?;
        fs::remove_dir_all(self.data())?;
        fs::rename(self.shadow(), self.data())?;
        self.boots += 1;
        self.boot()
    }

    /// What is there when the machine starts is durable.
    fn boot(&self) -> io::Result<()> {
        fs::write(self.boot_id(), format!("boot-{}\n", self.boots))?;
        fs::create_dir_all(self.shadow().join(NAMELESS))?;
        for entry in fs::read_dir(self.data())? {
            let file = entry?;
            fs::copy(file.path(), self.shadow().join(file.file_name()))?;
        }
        Ok(())
    }

    fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    fn shadow(&self) -> PathBuf {
        self.directory.join("shadow")
    }

    fn boot_id(&self) -> PathBuf {
        self.directory.join("boot_id")
    }
}
