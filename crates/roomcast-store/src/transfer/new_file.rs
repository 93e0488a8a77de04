//! A file that is there whole or not at all.

use super::TransferError;
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};
use tempfile::NamedTempFile;

/// A file in the making, beside its place and for its owner alone (mode 0600). It is gone if it is not finished.
#[derive(Debug)]
pub struct NewFile {
    file: NamedTempFile,
    path: PathBuf,
    replace: bool,
}

impl NewFile {
    /// Begins one. What stands in its place is left alone, or with `replace` only until it is finished.
    ///
    /// # Errors
    /// [`TransferError::Exists`] where something stands there and is not to be replaced; [`TransferError::Io`].
    pub fn create(path: &Path, replace: bool) -> Result<Self, TransferError> {
        if !replace && fs::symlink_metadata(path).is_ok() {
            return Err(TransferError::Exists { path: path.to_owned() });
        }
        let file = tempfile::Builder::new().prefix(".roomcast-").suffix(".partial").tempfile_in(folder(path));
        // Without the name of the partial file, which means nothing to anybody.
        let file = file.map_err(|error| TransferError::io(path, error.kind().into()))?;
        Ok(Self { file, path: path.to_owned(), replace })
    }

    /// Where it is until it is finished.
    #[must_use]
    pub fn partial(&self) -> &Path {
        self.file.path()
    }

    /// To be written to.
    pub fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    /// Makes it durable and puts it in its place.
    ///
    /// # Errors
    /// As [`NewFile::create`].
    pub fn finish(self) -> Result<(), TransferError> {
        let Self { file, path, replace } = self;
        file.as_file().sync_all().map_err(|error| TransferError::io(&path, error))?;
        let placed = if replace { file.persist(&path) } else { file.persist_noclobber(&path) };
        placed.map_err(|failed| match failed.error.kind() {
            io::ErrorKind::AlreadyExists => TransferError::Exists { path: path.clone() },
            _ => TransferError::io(&path, failed.error),
        })?;
        sync_folder(&path)
    }
}

/// Makes it durable that a file has its name.
pub(crate) fn sync_folder(path: &Path) -> Result<(), TransferError> {
    let synced = File::open(folder(path)).and_then(|folder| folder.sync_all());
    synced.map_err(|error| TransferError::io(path, error))
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{io::Write as _, os::unix::fs::PermissionsExt as _};

    #[test]
    fn it_is_there_whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let files = || fs::read_dir(dir.path()).unwrap().count();
        let mut dropped = NewFile::create(&path, false).unwrap();
        dropped.file().write_all(b"half").unwrap();
        assert!(!path.exists());
        drop(dropped);
        assert_eq!(files(), 0);
        let mut made = NewFile::create(&path, false).unwrap();
        made.file().write_all(b"whole").unwrap();
        made.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(files(), 1);
    }

    #[test]
    fn what_is_there_is_replaced_only_where_that_is_wanted() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let late = NewFile::create(&path, false).unwrap();
        fs::write(&path, "mine").unwrap();
        assert!(matches!(late.finish(), Err(TransferError::Exists { .. })), "also where it came meanwhile");
        assert!(matches!(NewFile::create(&path, false), Err(TransferError::Exists { .. })));
        NewFile::create(&path, true).unwrap().finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"");
        let nowhere = NewFile::create(&dir.path().join("no/file"), false).unwrap_err();
        assert!(nowhere.to_string().ends_with("no/file: entity not found"), "{nowhere}");
    }
}
