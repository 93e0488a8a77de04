//! Every file of the corpus through its target, without a fuzzer: what was found once is not found again.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::{
    collections::BTreeSet,
    fs,
    panic::catch_unwind,
    path::{Path, PathBuf},
};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn every_file_of_the_corpus_passes_its_target() {
    for (name, target) in fuzz::TARGETS {
        let files = files(&folder(name));
        assert!(!files.is_empty(), "{name} has no corpus");
        for file in files {
            let data = fs::read(&file).unwrap();
            catch_unwind(|| target(&data)).unwrap_or_else(|_| panic!("{} fails", file.display()));
        }
    }
}

#[test]
fn every_folder_of_the_corpus_is_a_targets() {
    let folders: BTreeSet<_> = files(&folder(""))
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(folders, fuzz::TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect());
}
