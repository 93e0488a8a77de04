//! How a value is read from a file or a text, and what is said when it does not fit.

use std::{fmt::Display, num::NonZeroU32, ops::Range};
use toml::{
    Spanned,
    de::{DeInteger, DeValue},
};

/// Why a value does not fit, and what would.
#[derive(Debug)]
pub(crate) struct Wrong {
    /// The cause, in a line.
    pub(crate) what: String,
    /// What to do about it, in a line.
    pub(crate) help: String,
    /// Which bytes of the file, where it is not the whole value.
    pub(crate) span: Option<Range<usize>>,
}

impl Wrong {
    /// A value that does not fit, and what would.
    pub(crate) fn new(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { what: what.into(), help: help.into(), span: None }
    }

    /// The same, with the place in the file.
    fn at(mut self, span: Range<usize>) -> Self {
        self.span.get_or_insert(span);
        self
    }
}

/// A type that a key may have.
pub(crate) trait Setting: Sized {
    /// Reads it from a file.
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong>;
    /// Reads it from a flag or a variable.
    fn from_text(text: &str) -> Result<Self, Wrong>;
    /// Writes it as it would stand in a file.
    fn to_toml(&self) -> String;
}

/// A setting that is one string in a file.
pub(crate) trait Word: Sized {
    /// What a right one looks like: `an address such as "127.0.0.1:3000"`.
    const EXPECTED: &'static str;
    /// Reads it.
    fn parse(text: &str) -> Result<Self, Wrong>;
    /// Writes it, without quotes.
    fn write(&self) -> String;
}

impl<W: Word> Setting for W {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong> {
        let Some(text) = value.get_ref().as_str() else {
            return Err(other_type("a string", value, format!("write {}", W::EXPECTED)));
        };
        W::parse(text).map_err(|wrong| wrong.at(value.span()))
    }

    fn from_text(text: &str) -> Result<Self, Wrong> {
        W::parse(text.trim())
    }

    fn to_toml(&self) -> String {
        quoted(&self.write())
    }
}

impl<W: Word> Setting for Vec<W> {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong> {
        let Some(items) = value.get_ref().as_array() else {
            return Err(other_type(
                "a list",
                value,
                format!("write [ ] around it, with {} in it", W::EXPECTED),
            ));
        };
        items.iter().map(W::from_toml).collect()
    }

    fn from_text(text: &str) -> Result<Self, Wrong> {
        text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(W::parse).collect()
    }

    fn to_toml(&self) -> String {
        let items: Vec<_> = self.iter().map(W::to_toml).collect();
        format!("[{}]", items.join(", "))
    }
}

/// Numbers, from the least to the most that fit.
macro_rules! numbers {
    ($($Number:ty),*) => { $(
        impl Setting for $Number {
            fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong> {
                Self::from_text(&whole_number(value)?.to_string()).map_err(|wrong| wrong.at(value.span()))
            }

            fn from_text(text: &str) -> Result<Self, Wrong> {
                text.trim().parse().map_err(|_| out_of_range(text, Self::MIN, Self::MAX))
            }

            fn to_toml(&self) -> String {
                self.to_string()
            }
        }
    )* };
}

numbers!(NonZeroU32, u16, u32);

impl Setting for bool {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong> {
        let wrong = || other_type("true or false", value, "write it without quotes".to_owned());
        value.get_ref().as_bool().ok_or_else(wrong)
    }

    fn from_text(text: &str) -> Result<Self, Wrong> {
        let wrong = |_| Wrong::new(format!("{text:?} is neither true nor false"), "write true or false");
        text.trim().parse().map_err(wrong)
    }

    fn to_toml(&self) -> String {
        self.to_string()
    }
}

fn whole_number(value: &Spanned<DeValue<'_>>) -> Result<i128, Wrong> {
    let Some(number) = value.get_ref().as_integer() else {
        return Err(other_type("a whole number", value, "write it as digits, without quotes".to_owned()));
    };
    digits(number)
        .ok_or_else(|| Wrong::new("this number is too large", "write a smaller one").at(value.span()))
}

fn digits(number: &DeInteger<'_>) -> Option<i128> {
    i128::from_str_radix(number.as_str(), number.radix()).ok()
}

fn out_of_range(text: &str, least: impl Display, most: impl Display) -> Wrong {
    Wrong::new(
        format!("{text:?} is not a number that fits here"),
        format!("write a whole number from {least} to {most}"),
    )
}

fn other_type(expected: &str, value: &Spanned<DeValue<'_>>, help: String) -> Wrong {
    let found = match value.get_ref().type_str() {
        "array" => "a list",
        "integer" => "a whole number",
        "float" => "a number with a fraction",
        "boolean" => "true or false",
        "datetime" => "a date",
        "table" => "a section",
        _ => "a string",
    };
    Wrong::new(format!("{expected} belongs here, this is {found}"), help).at(value.span())
}

/// A string as TOML writes it.
pub(crate) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
