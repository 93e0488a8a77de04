//! A configuration file, and the same lines as variables of the environment. What is good can be shown, and what is shown is good
//! and means the same; what is not is told with what to do.

use roomcast_server::config::{ConfigError, Loaded, Sources, show};
use std::fs;
use tempfile::NamedTempFile;

pub(crate) fn fuzz(data: &[u8]) {
    let lines = String::from_utf8_lossy(data);
    // No environment has a NUL in it.
    let lines = lines.lines().filter(|line| !line.contains('\0'));
    let pairs = lines.filter_map(|line| line.split_once('='));
    let variables = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    for loaded in [load(data), Sources { variables, ..Sources::default() }.load()] {
        match loaded {
            Ok(loaded) => shown(&loaded),
            Err(error) => told(&error),
        }
    }
}

fn load(data: &[u8]) -> Result<Loaded, ConfigError> {
    let file = NamedTempFile::new().expect("there is a directory for temporary files");
    fs::write(&file, data).expect("a temporary file can be written");
    Sources { file: Some(file.path().to_owned()), ..Sources::default() }.load()
}

fn shown(loaded: &Loaded) {
    let text = show(loaded, false);
    let again = load(text.as_bytes()).unwrap_or_else(|error| unreadable(&text, &error));
    assert_eq!(show(&again, false), text);
}

#[expect(clippy::panic, reason = "a target panics where something does not hold")]
fn unreadable(text: &str, error: &ConfigError) -> ! {
    panic!("what is shown cannot be read: {error}\n{text}")
}

fn told(error: &ConfigError) {
    assert!(!error.mistakes.is_empty());
    for mistake in &error.mistakes {
        assert!(!mistake.what.is_empty() && !mistake.help.is_empty(), "{mistake:?}");
        assert!(
            !mistake.what.contains('\n') && !mistake.help.contains('\n'),
            "more than a line: {mistake:?}"
        );
    }
}
