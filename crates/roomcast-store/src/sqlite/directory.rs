//! The data directory: made for its owner alone, and held by one server at a time.

use super::OpenError;
use rustix::fs::{FlockOperation, flock};
use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{self, Read as _, Seek as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    process,
};

/// The database in a data directory.
pub(super) const DATABASE: &str = "roomcast.db";

/// The data directory, locked for as long as this lives (P13). The kernel lets go of the lock when the process ends,
/// however it ends.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    lock: File,
}

impl Directory {
    /// Makes the directory (mode 0700) where there is none, and locks it.
    ///
    /// # Errors
    /// [`OpenError::InUse`] where somebody else has it; the others where it cannot be had.
    pub fn lock(path: &Path) -> Result<Self, OpenError> {
        create(path)?;
        let lock_path = path.join("roomcast.lock");
        let mut lock = open_private(&lock_path)?;
        if let Err(errno) = flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            return Err(match errno {
                rustix::io::Errno::WOULDBLOCK => {
                    OpenError::InUse { dir: path.to_owned(), pid: read_pid(&mut lock) }
                }
                other => OpenError::io(&lock_path, other.into()),
            });
        }
        write_pid(&mut lock).map_err(|error| OpenError::io(&lock_path, error))?;
        Ok(Self { path: path.to_owned(), lock })
    }

    /// The database file, made (mode 0600) where there is none: SQLite gives its other files the same mode.
    pub(super) fn database(&self) -> Result<PathBuf, OpenError> {
        let path = self.path.join(DATABASE);
        open_private(&path)?;
        Ok(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // Said aloud, because a process that was just forked off holds the same lock until it runs its own program.
        // An error leaves it to the closing of the file.
        let _ = flock(&self.lock, FlockOperation::Unlock);
    }
}

fn create(path: &Path) -> Result<(), OpenError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|error| OpenError::io(path, error))
}

fn open_private(path: &Path) -> Result<File, OpenError> {
    let opened =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
    opened.map_err(|error| OpenError::io(path, error))
}

fn read_pid(lock: &mut File) -> Option<u32> {
    let mut pid = String::new();
    lock.read_to_string(&mut pid).ok()?;
    pid.trim().parse().ok()
}

fn write_pid(lock: &mut File) -> io::Result<()> {
    lock.set_len(0)?;
    lock.rewind()?;
    writeln!(lock, "{}", process::id())
}
