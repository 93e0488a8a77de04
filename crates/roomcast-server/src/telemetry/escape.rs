//! Keeps what users wrote from acting on a terminal or forging a line.
//!
//! tracing-subscriber escapes values that are strings or recorded with `?`, but passes those recorded with `%` on as they
//! are, and line ends in messages (0.3.23). Its JSON escapes what JSON must, which leaves out DEL and the C1 controls,
//! one of which (U+009B) begins a terminal sequence as well as ESC does.

use std::{
    fmt::{self, Write},
    io,
};
use tracing::field::Field;
use tracing_subscriber::{
    field::MakeExt,
    fmt::{
        FormatFields, MakeWriter,
        format::{Writer, debug_fn},
    },
};

/// Writes fields for people: whatever cannot be seen is written as its escape.
pub(super) fn fields() -> impl for<'a> FormatFields<'a> + Send + Sync + 'static {
    debug_fn(|out: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug| {
        if field.name() != "message" {
            write!(out, "{}=", field.name())?;
        }
        write!(Escaping(out), "{value:?}")
    })
    .delimited(" ")
}

struct Escaping<'a, W>(&'a mut W);

impl<W: Write> Write for Escaping<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|c| match c {
            '"' | '\'' | '\\' => self.0.write_char(c),
            _ => write!(self.0, "{}", c.escape_debug()),
        })
    }
}

/// Writes events in JSON, each in one piece, with the controls escaped that JSON leaves alone.
#[derive(Debug, Clone)]
pub(super) struct JsonWriter<W>(pub(super) W);

impl<'a, W: MakeWriter<'a>> MakeWriter<'a> for JsonWriter<W> {
    type Writer = JsonWriter<W::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        JsonWriter(self.0.make_writer())
    }
}

impl<W: io::Write> io::Write for JsonWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        if text.contains(is_late_control) {
            self.0.write_all(escaped(&text).as_bytes())?;
        } else {
            self.0.write_all(bytes)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn is_late_control(c: char) -> bool {
    ('\u{7f}'..='\u{9f}').contains(&c)
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_late_control(c) {
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}
