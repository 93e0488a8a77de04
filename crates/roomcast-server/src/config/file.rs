//! The configuration file: TOML, each value with its place.

use super::{
    Config,
    load::Draft,
    origin::{Mistake, Origin},
    settings::Section,
    suggest,
};
use std::path::Path;
use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

/// Reads a file into the draft. What is wrong with it is noted there.
pub(crate) fn read(draft: &mut Draft, path: &Path) {
    match std::fs::read_to_string(path) {
        Ok(text) => File { path, text: &text }.apply(draft),
        Err(error) => {
            let what = format!("cannot be read: {error}");
            let help =
                "check the path and its permissions, or make one with `roomcast config init`".to_owned();
            draft.mistakes.push(Mistake { origin: Origin::in_file(path, "", 0), what, help });
        }
    }
}

struct File<'a> {
    path: &'a Path,
    text: &'a str,
}

impl File<'_> {
    fn apply(&self, draft: &mut Draft) {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            let at = error.span().map_or(0, |span| span.start);
            self.mistake(
                draft,
                at,
                format!("not TOML: {}", one_line(error.message())),
                "see https://toml.io".to_owned(),
            );
        }
        for (name, value) in table.get_ref() {
            self.section(draft, name, value);
        }
    }

    fn section(&self, draft: &mut Draft, name: &Spanned<DeString<'_>>, value: &Spanned<DeValue<'_>>) {
        let word = name.get_ref().as_ref();
        let Some(section) = Config::SECTIONS.iter().find(|section| section.name == word) else {
            let what = if value.get_ref().is_table() {
                format!("unknown section `[{word}]`")
            } else {
                format!("unknown key `{word}`")
            };
            return self.mistake(draft, name.span().start, what, suggest::for_section(word));
        };
        self.keys(draft, section, name, value);
    }

    /// What stands below a section's name.
    fn keys(
        &self,
        draft: &mut Draft,
        section: &Section,
        name: &Spanned<DeString<'_>>,
        value: &Spanned<DeValue<'_>>,
    ) {
        let Some(keys) = value.get_ref().as_table() else {
            let what = format!("`{}` is a section, not a key", section.name);
            let help = format!("write [{}] on a line of its own, and its keys below", section.name);
            return self.mistake(draft, name.span().start, what, help);
        };
        for (name, value) in keys {
            match subsection(section, name.get_ref()) {
                Some(inner) => self.keys(draft, inner, name, value),
                None => self.key(draft, section, name, value),
            }
        }
    }

    fn key(
        &self,
        draft: &mut Draft,
        section: &Section,
        name: &Spanned<DeString<'_>>,
        value: &Spanned<DeValue<'_>>,
    ) {
        let word = name.get_ref().as_ref();
        let Some(key) = section.keys.iter().find(|key| key.name == word) else {
            let what = format!("unknown key `{word}` in [{}]", section.name);
            return self.mistake(draft, name.span().start, what, suggest::for_key(section.name, word));
        };
        match (key.from_toml)(&mut draft.config, value) {
            Ok(()) => draft.note(key, Origin::in_file(self.path, self.text, name.span().start)),
            Err(wrong) => {
                let at = wrong.span.unwrap_or(value.span()).start;
                self.mistake(draft, at, format!("{}: {}", key.path(), wrong.what), wrong.help);
            }
        }
    }

    fn mistake(&self, draft: &mut Draft, byte: usize, what: String, help: String) {
        draft.mistakes.push(Mistake { origin: Origin::in_file(self.path, self.text, byte), what, help });
    }
}

/// The section that stands in another: `[auth.jwt]` in `[auth]`.
fn subsection(outer: &Section, name: &str) -> Option<&'static Section> {
    let is_it = |inner: &&Section| inner.name.split_once('.') == Some((outer.name, name));
    Config::SECTIONS.iter().find(is_it)
}

fn one_line(text: &str) -> String {
    text.split('\n').map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ")
}
