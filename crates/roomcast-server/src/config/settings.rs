//! One declaration makes the structs, their defaults, and the table of keys that files, variables and flags go through.

use super::{
    Config,
    value::{Setting, Wrong},
};
use toml::{Spanned, de::DeValue};

/// A section of the configuration, and the keys in it.
pub(crate) struct Section {
    /// As it stands in the brackets.
    pub(crate) name: &'static str,
    /// What it is about, a line each.
    pub(crate) doc: &'static [&'static str],
    /// Its keys, in the order of the declaration.
    pub(crate) keys: &'static [Key],
}

/// A key: how its value gets into the configuration and out again.
pub(crate) struct Key {
    /// The section it belongs to.
    pub(crate) section: &'static str,
    /// As it stands before the `=`.
    pub(crate) name: &'static str,
    /// What it does, a line each; the last names the default.
    pub(crate) doc: &'static [&'static str],
    /// Takes a value from a file.
    pub(crate) from_toml: fn(&mut Config, &Spanned<DeValue<'_>>) -> Result<(), Wrong>,
    /// Takes a value from a flag or a variable.
    pub(crate) from_text: fn(&mut Config, &str) -> Result<(), Wrong>,
    /// Writes the value as it would stand in a file.
    pub(crate) to_toml: fn(&Config) -> String,
}

impl Key {
    /// `section.key`, as people write it; `section.subsection.key` where there is one.
    pub(crate) fn path(&self) -> String {
        format!("{}.{}", self.section, self.name)
    }

    /// The variable that sets it.
    pub(crate) fn variable(&self) -> String {
        let section = self.section.replace('.', "__");
        format!("{}{section}__{}", super::env::PREFIX, self.name).to_uppercase()
    }
}

/// All keys of all sections.
pub(crate) fn keys() -> impl Iterator<Item = &'static Key> {
    Config::SECTIONS.iter().flat_map(|section| section.keys)
}

/// Finds a key by `section.key`.
pub(crate) fn key(path: &str) -> Option<&'static Key> {
    let (section, name) = path.rsplit_once('.')?;
    keys().find(|key| key.section == section && key.name == name)
}

/// Says what is wrong with a text as the value of a key, for the flag that sets it.
pub(crate) fn check_text(path: &str, text: &str) -> Result<(), String> {
    let Some(key) = key(path) else { return Ok(()) };
    (key.from_text)(&mut Config::default(), text).map_err(|wrong| format!("{}; {}", wrong.what, wrong.help))
}

/// For the table made by [`settings!`]: sets one field from a file.
pub(crate) fn set_toml<T: Setting>(field: &mut T, value: &Spanned<DeValue<'_>>) -> Result<(), Wrong> {
    *field = T::from_toml(value)?;
    Ok(())
}

/// For the table made by [`settings!`]: sets one field from a text.
pub(crate) fn set_text<T: Setting>(field: &mut T, text: &str) -> Result<(), Wrong> {
    *field = T::from_text(text)?;
    Ok(())
}

/// Declares sections as `name: Type "as it stands in the brackets" { key: Type = default, … }`, each with its doc comment.
macro_rules! settings {
    ($( $(#[doc = $about:literal])* $section:ident: $Section:ident $name:literal {
        $( $(#[doc = $doc:literal])* $key:ident: $Type:ty = $default:expr, )*
    } )*) => {
        /// The whole configuration, as it is in force.
        #[derive(Debug, Clone, PartialEq, Default)]
        pub struct Config {
            $( $(#[doc = $about])* pub $section: $Section, )*
        }

        $(
            $(#[doc = $about])*
            #[derive(Debug, Clone, PartialEq)]
            pub struct $Section {
                $( $(#[doc = $doc])* pub $key: $Type, )*
            }

            impl Default for $Section {
                fn default() -> Self {
                    Self { $( $key: $default, )* }
                }
            }
        )*

        impl Config {
            /// Every key there is.
            pub(crate) const SECTIONS: &'static [settings::Section] = &[$(
                settings::Section {
                    name: $name,
                    doc: &[$($about),*],
                    keys: &[$(
                        settings::Key {
                            section: $name,
                            name: stringify!($key),
                            doc: &[$($doc),*],
                            from_toml: |config, value| settings::set_toml(&mut config.$section.$key, value),
                            from_text: |config, text| settings::set_text(&mut config.$section.$key, text),
                            to_toml: |config| value::Setting::to_toml(&config.$section.$key),
                        },
                    )*],
                },
            )*];
        }
    };
}

pub(crate) use settings;
