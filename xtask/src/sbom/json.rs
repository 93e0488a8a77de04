//! JSON that is only written, so that this needs no library.

use std::fmt::{self, Write};

/// A value.
pub(super) enum Json {
    Number(u32),
    Text(String),
    Array(Vec<Json>),
    /// Fields in the order in which they are written.
    Object(Vec<(&'static str, Json)>),
}

impl Json {
    pub(super) fn object(fields: impl IntoIterator<Item = (&'static str, Self)>) -> Self {
        Self::Object(fields.into_iter().collect())
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => quoted(f, text),
            Self::Array(values) => list(f, ['[', ']'], values, |f, value| value.fmt(f)),
            Self::Object(fields) => list(f, ['{', '}'], fields, |f, (name, value)| {
                quoted(f, name)?;
                write!(f, ":{value}")
            }),
        }
    }
}

/// Entries a line each, so that two documents can be compared.
fn list<T>(
    f: &mut fmt::Formatter<'_>,
    [open, close]: [char; 2],
    entries: &[T],
    write: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    f.write_char(open)?;
    for (i, entry) in entries.iter().enumerate() {
        f.write_str(if i == 0 { "\n" } else { ",\n" })?;
        write(f, entry)?;
    }
    f.write_char(close)
}

fn quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' | '\\' => write!(f, "\\{c}")?,
            c if c.is_control() => write!(f, "\\u{:04x}", u32::from(c))?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}
