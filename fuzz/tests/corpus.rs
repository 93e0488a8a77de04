//! Every file of the corpus through its target, without a fuzzer: what was found once is not found again.

#![expect(clippy::unwrap_used, reason = "tests")]

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
    let mut failing = Vec::new();
    for (name, target) in fuzz::TARGETS {
        let files = files(&folder(name));
        assert!(!files.is_empty(), "{name} has no corpus");
        let fails = |file: &PathBuf| catch_unwind(|| target(&fs::read(file).unwrap())).is_err();
        failing.extend(files.into_iter().filter(fails));
    }
    assert!(failing.is_empty(), "these fail: {failing:#?}");
}

#[test]
fn every_folder_of_the_corpus_is_a_targets() {
    let folders: BTreeSet<_> = files(&folder(""))
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(folders, fuzz::TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect());
}
