//! The configuration as text: what is in force, and a file to begin with.

use super::{Config, Loaded, settings::Key};
use std::fmt::Write;

/// What is in force, as a file would have it; with `origins`, each value with where it came from.
pub fn show(loaded: &Loaded, origins: bool) -> String {
    let mut out = String::new();
    for section in Config::SECTIONS {
        let gap = if out.is_empty() { "" } else { "\n" };
        let _ = writeln!(out, "{gap}[{}]", section.name);
        for key in section.keys {
            let line = format!("{} = {}", key.name, (key.to_toml)(&loaded.config));
            let _ = match origins {
                true => writeln!(out, "{line:<44} # {}", loaded.origin(&key.path())),
                false => writeln!(out, "{line}"),
            };
        }
    }
    out
}

/// A file with every key, its default and what it does; nothing in it is in force until a `#` is taken away.
pub fn template() -> String {
    let mut out = String::from(
        "# Roomcast. Take the # from a key to set it; `roomcast config check` finds mistakes.\n\
         # A flag or a variable (ROOMCAST_SECTION__KEY) goes before this file.\n",
    );
    let defaults = Config::default();
    for section in Config::SECTIONS {
        let about = section.doc.iter().map(|line| format!("\n#{line}")).collect::<String>();
        let _ = writeln!(out, "{about}\n[{}]", section.name);
        for key in section.keys {
            let _ = writeln!(out, "{}#{} = {}", comment(key), key.name, (key.to_toml)(&defaults));
        }
    }
    out
}

/// What a key does, without the line on its default, which stands below anyhow.
fn comment(key: &Key) -> String {
    let lines = key.doc.iter().filter(|line| !line.is_empty() && !line.starts_with(" Default: "));
    lines.map(|line| format!("#{line}\n")).collect()
}
