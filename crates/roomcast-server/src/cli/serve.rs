//! `roomcast serve`: the server itself.

use super::Failure;
use crate::{
    banner,
    config::{AuthMode, Config, Flag, Loaded, Sources, check_text},
    lifecycle::Stop,
    server::{Server, ServerError},
    telemetry,
};
use std::{path::PathBuf, time::Instant};

/// Serve the chat.
///
/// Everything has a default; data goes to ./roomcast-data (or $STATE_DIRECTORY).
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  roomcast serve --listen 127.0.0.1:8080 --data-dir /var/lib/roomcast")]
pub(super) struct Args {
    /// Where people connect [default: 127.0.0.1:3000]
    #[arg(short, long, value_name = "ADDRESS", value_parser = of("server.listen"))]
    listen: Option<String>,
    /// Where /healthz, /readyz and /metrics answer [default: 127.0.0.1:9090]
    #[arg(long, value_name = "ADDRESS", value_parser = of("metrics.listen"))]
    admin_listen: Option<String>,
    /// Where the data lives
    #[arg(long, value_name = "DIR", value_parser = of("server.data_dir"))]
    data_dir: Option<String>,
    /// Where messages are kept: sqlite, memory, postgres://USER:PASSWORD@HOST/DB
    #[arg(long, value_name = "STORE", value_parser = super::secret::STORE)]
    store: Option<String>,
    /// How servers hear of each other: local
    #[arg(long, value_name = "BUS", value_parser = of("bus.url"))]
    bus: Option<String>,
    /// The configuration file [default: ./roomcast.toml, if it is there]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The address people type, where it differs from --listen
    #[arg(long, value_name = "URL", value_parser = of("server.public_url"))]
    public_url: Option<String>,
    /// A proxy whose X-Forwarded-For is believed; may be repeated
    #[arg(long, value_name = "CIDR", value_parser = of("server.trusted_proxies"))]
    trusted_proxy: Vec<String>,
    /// auto, pretty, json
    #[arg(long, value_name = "FORMAT", value_parser = of("log.format"))]
    log_format: Option<String>,
    /// error, warn, info, debug, trace, off
    #[arg(long, value_name = "LEVEL", value_parser = of("log.level"))]
    log_level: Option<String>,
    /// Let everyone who reaches --listen in as a guest
    #[arg(long)]
    i_know: bool,
}

/// Checks a flag's value by the rules of the key that it sets.
pub(super) fn of(key: &'static str) -> impl Fn(&str) -> Result<String, String> + Clone {
    move |text| check_text(key, text).map(|()| text.to_owned())
}

impl Args {
    fn into_sources(self) -> Sources {
        let proxies = (!self.trusted_proxy.is_empty()).then(|| self.trusted_proxy.join(","));
        let given = [
            ("--listen", "server.listen", self.listen),
            ("--admin-listen", "metrics.listen", self.admin_listen),
            ("--data-dir", "server.data_dir", self.data_dir),
            ("--store", "store.url", self.store),
            ("--bus", "bus.url", self.bus),
            ("--public-url", "server.public_url", self.public_url),
            ("--trusted-proxy", "server.trusted_proxies", proxies),
            ("--log-format", "log.format", self.log_format),
            ("--log-level", "log.level", self.log_level),
        ];
        let flags =
            given.into_iter().filter_map(|(name, key, value)| Some(Flag { name, key, value: value? }));
        Sources::of_process(self.config, flags.collect())
    }
}

/// Serves until a signal says otherwise.
pub(super) fn run(args: Args) -> Result<(), Failure> {
    let started = Instant::now();
    let i_know = args.i_know;
    let loaded = args.into_sources().load()?;
    refuse_strangers(&loaded.config, i_know)?;
    let log = telemetry::init(&loaded.config.log)?;
    serve(&loaded, log, started)
}

fn serve(loaded: &Loaded, log: telemetry::Style, started: Instant) -> Result<(), Failure> {
    let server = Server::bind(loaded.config.clone())?;
    super::root::warn();
    let facts = banner::Facts::of(&server, loaded);
    server.run(Stop::by_signal(), || banner::show(&facts, log, started.elapsed()))?;
    Ok(())
}

/// Guests name themselves, so only this machine may reach them unless somebody said that he knows.
fn refuse_strangers(config: &Config, i_know: bool) -> Result<(), ServerError> {
    let listen = config.server.listen;
    if i_know || config.auth.mode != AuthMode::Guests || listen.ip().to_canonical().is_loopback() {
        Ok(())
    } else {
        Err(ServerError::Public { listen })
    }
}
