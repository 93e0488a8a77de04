//! Values of flags that no error repeats, as clap's own would: there may be a password in them.

use clap::{Arg, Command, builder::TypedValueParser, error::ErrorKind};
use std::ffi::OsStr;

/// Reads a value; what it says of a wrong one does not contain it.
#[derive(Clone, Copy)]
pub(super) struct Secret<T>(pub(super) fn(&str) -> Result<T, String>);

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Secret<T> {
    type Value = T;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<T, clap::Error> {
        self.0(&value.to_string_lossy()).map_err(|wrong| {
            let flag = arg.map(ToString::to_string).unwrap_or_default();
            clap::Error::raw(ErrorKind::ValueValidation, format!("{flag}: {wrong}\n")).with_cmd(command)
        })
    }
}

/// An address of `store.url`, checked and left as it is.
pub(super) const STORE: Secret<String> =
    Secret(|text| crate::config::check_text("store.url", text).map(|()| text.to_owned()));
