//! Merging: flag before environment before file before default.

use super::{
    Config, env, file,
    origin::{Mistake, Origin},
    settings::{Key, key},
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// A value given on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// The flag, as typed.
    pub name: &'static str,
    /// The key it sets, `section.key`.
    pub key: &'static str,
    /// Its value, as typed.
    pub value: String,
}

/// Everything that a configuration is made of.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The file named on the command line, which must be there.
    pub file: Option<PathBuf>,
    /// Files to look for where none is named; the first that is there counts.
    pub search: Vec<PathBuf>,
    /// The environment.
    pub variables: Vec<(String, String)>,
    /// The command line.
    pub flags: Vec<Flag>,
}

impl Sources {
    /// Those of this process.
    pub fn of_process(file: Option<PathBuf>, flags: Vec<Flag>) -> Self {
        let text = |value: std::ffi::OsString| value.to_string_lossy().into_owned();
        let variables: Vec<_> = std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect();
        Self { file, search: search_path(&variables), variables, flags }
    }

    /// Merges them. Every mistake is in the error.
    pub fn load(&self) -> Result<Loaded, ConfigError> {
        let mut draft = Draft::default();
        let file = self.file.clone().or_else(|| self.search.iter().find(|path| path.exists()).cloned());
        state_directory(&mut draft, &self.variables);
        if let Some(path) = &file {
            file::read(&mut draft, path);
        }
        env::read(&mut draft, &self.variables);
        flags(&mut draft, &self.flags);
        draft.finish(file)
    }
}

/// A merged configuration, and where each of its values came from.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// What is in force.
    pub config: Config,
    /// The file that was read.
    pub file: Option<PathBuf>,
    origins: BTreeMap<String, Origin>,
}

impl Loaded {
    /// Where the value of `section.key` came from.
    pub fn origin(&self, path: &str) -> Origin {
        self.origins.get(path).cloned().unwrap_or(Origin::Default)
    }

    /// How many values the file sets that nothing goes before.
    pub fn n_from_file(&self) -> usize {
        self.origins.values().filter(|origin| matches!(origin, Origin::File { .. })).count()
    }
}

/// A configuration with mistakes in it: all that were found, in the order in which they stand.
#[derive(Debug, thiserror::Error)]
#[error("{}", .mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct ConfigError {
    /// At least one.
    pub mistakes: Vec<Mistake>,
}

/// A configuration in the making.
#[derive(Default)]
pub(crate) struct Draft {
    pub(crate) config: Config,
    pub(crate) mistakes: Vec<Mistake>,
    origins: BTreeMap<String, Origin>,
}

impl Draft {
    /// Notes where a value came from that has just been set.
    pub(crate) fn note(&mut self, key: &Key, origin: Origin) {
        self.origins.insert(key.path(), origin);
    }

    fn finish(mut self, file: Option<PathBuf>) -> Result<Loaded, ConfigError> {
        self.check();
        if self.mistakes.is_empty() {
            return Ok(Loaded { config: self.config, file, origins: self.origins });
        }
        self.mistakes.sort_by_key(|mistake| match mistake.origin {
            Origin::File { line, column, .. } => (line, column),
            _ => (usize::MAX, 0),
        });
        Err(ConfigError { mistakes: self.mistakes })
    }

    pub(super) fn object(&mut self, path: &str, what: &str, help: &str) {
        let origin = self.origins.get(path).cloned().unwrap_or(Origin::Default);
        self.mistakes.push(Mistake { origin, what: format!("{path}: {what}"), help: help.to_owned() });
    }
}

/// Where systemd wants the data, which is only a better default.
fn state_directory(draft: &mut Draft, variables: &[(String, String)]) {
    let found = variables.iter().find(|(name, value)| name == "STATE_DIRECTORY" && !value.is_empty());
    if let (Some((name, value)), Some(key)) = (found, key("server.data_dir")) {
        draft.config.server.data_dir = PathBuf::from(value.split(':').next().unwrap_or(value));
        draft.note(key, Origin::Variable(name.clone()));
    }
}

fn flags(draft: &mut Draft, flags: &[Flag]) {
    for flag in flags {
        let Some(key) = key(flag.key) else { continue };
        match (key.from_text)(&mut draft.config, &flag.value) {
            Ok(()) => draft.note(key, Origin::Flag(flag.name)),
            Err(wrong) => draft.mistakes.push(Mistake {
                origin: Origin::Flag(flag.name),
                what: wrong.what,
                help: wrong.help,
            }),
        }
    }
}

fn search_path(variables: &[(String, String)]) -> Vec<PathBuf> {
    let variable =
        |name: &str| variables.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| Path::new(v));
    let home =
        variable("XDG_CONFIG_HOME").map(Path::to_owned).or_else(|| Some(variable("HOME")?.join(".config")));
    let mut path = vec![PathBuf::from("./roomcast.toml")];
    path.extend(home.map(|home| home.join("roomcast/roomcast.toml")));
    path.push(PathBuf::from("/etc/roomcast/roomcast.toml"));
    path
}
