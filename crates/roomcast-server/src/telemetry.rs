//! The log: `tracing` events on stderr, for people on a terminal and as JSON elsewhere. Bodies of messages are never
//! logged; whatever else came from outside is escaped.

mod escape;

use crate::config::{ConfigError, Log, LogFormat, Mistake, Origin};
use std::io::{IsTerminal, stderr};
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// For people.
    Pretty,
    /// One object a line.
    Json,
}

impl Style {
    /// What a setting means where stderr goes to.
    fn of(format: LogFormat) -> Self {
        match format {
            LogFormat::Pretty => Self::Pretty,
            LogFormat::Json => Self::Json,
            LogFormat::Auto if stderr().is_terminal() => Self::Pretty,
            LogFormat::Auto => Self::Json,
        }
    }
}

/// Starts logging, once for the process.
///
/// # Errors
/// When `RUST_LOG` is set and makes no sense.
pub fn init(log: &Log) -> Result<Style, ConfigError> {
    let style = Style::of(log.format);
    let filter = filter(log, std::env::var("RUST_LOG").ok().filter(|text| !text.is_empty()))?;
    let color = stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    // a second call, as in tests, keeps the first one's subscriber
    let _ = tracing::subscriber::set_global_default(subscriber(style, filter, color, stderr));
    std::panic::set_hook(Box::new(log_panic));
    Ok(style)
}

fn filter(log: &Log, rust_log: Option<String>) -> Result<EnvFilter, ConfigError> {
    let Some(text) = rust_log else {
        return Ok(EnvFilter::new(log.level.as_str()));
    };
    EnvFilter::try_new(&text).map_err(|error| {
        let help = "write a level such as RUST_LOG=debug, or unset it".to_owned();
        ConfigError {
            mistakes: vec![Mistake {
                origin: Origin::Variable("RUST_LOG".to_owned()),
                what: error.to_string(),
                help,
            }],
        }
    })
}

type Subscriber = Box<dyn tracing::Subscriber + Send + Sync>;

fn subscriber<W>(style: Style, filter: EnvFilter, color: bool, writer: W) -> Subscriber
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let base = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(color).with_target(false);
    match style {
        Style::Pretty => Box::new(base.with_writer(writer).fmt_fields(escape::fields()).finish()),
        Style::Json => {
            let base = base.with_writer(escape::JsonWriter(writer)).json().flatten_event(true);
            Box::new(base.with_current_span(false).with_span_list(false).finish())
        }
    }
}

/// A panic is an event like any other. It ends its connection, not the server.
fn log_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(place, cause = panic.payload_as_str().unwrap_or("?"), "panic");
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(style: Style, name: &str) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = subscriber(style, EnvFilter::new("info"), false, move || writer.clone());
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(user = name, shown = %name, debug = ?name, "joined");
            tracing::info!("{name}");
            tracing::debug!("not shown");
        });
        let bytes = lines.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn s25_control_characters_do_not_reach_the_log() {
        let evil = "ann\u{1b}[2J\r\n2026-01-01 ERROR forged\u{7f}\u{9b}31m\0";
        for style in [Style::Pretty, Style::Json] {
            let text = logged(style, evil);
            assert_eq!(text.lines().count(), 2, "{text:?}");
            let raw: Vec<char> = text.chars().filter(|c| c.is_control() && *c != '\n').collect();
            assert!(raw.is_empty(), "{style:?} lets {raw:?} through: {text:?}");
        }
    }

    #[test]
    fn json_lines_are_json() {
        for line in logged(Style::Json, "ann").lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(line["level"], "INFO");
            assert!(line["message"].is_string(), "{line}");
        }
    }

    #[test]
    fn rust_log_goes_before_the_level() {
        let log = Log::default();
        assert_eq!(filter(&log, None).unwrap().to_string(), "info");
        assert_eq!(filter(&log, Some("roomcast=trace".into())).unwrap().to_string(), "roomcast=trace");
        assert!(filter(&log, Some("roomcast=loud".into())).is_err());
    }
}
