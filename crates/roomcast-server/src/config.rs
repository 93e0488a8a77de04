//! The configuration: one struct, every field documented with its default.
//!
//! A value comes from the first of: a flag, the environment (`ROOMCAST_SECTION__KEY`), the configuration file, the
//! default. There is one way to spell a key. A key or a value that makes no sense is an error that says where it stands
//! and what was probably meant; all mistakes are reported, not only the first.

mod settings;
mod value;
mod units;
mod words;
mod store_url;
mod network;
mod origin;
mod suggest;
mod file;
mod env;
mod load;
mod render;

pub use load::{ConfigError, Flag, Loaded, Sources};
pub use network::{AllowedOrigin, Proxy, PublicUrl};
pub use origin::{Mistake, Origin};
pub use render::{show, template};
pub use store_url::StoreUrl;
pub use units::{MaxAge, Period, Rate, Size};
pub use words::{BusUrl, Durability, LogFormat, LogLevel};

pub(crate) use settings::check_text;

use settings::settings;
use std::{net::SocketAddr, num::NonZeroU32, path::PathBuf};

settings! {
    /// The chat listener and what it stands on.
    server: Server {
        /// Where people connect: the page, the sockets and the REST interface.
        ///
        /// Default: `"127.0.0.1:3000"`.
        listen: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 3000)),
        /// The address people type, where it differs from `listen` (behind a proxy): `"https://chat.example.org"`.
        /// Pages from there may open sockets.
        ///
        /// Default: `""`.
        public_url: PublicUrl = PublicUrl::default(),
        /// Reverse proxies whose `X-Forwarded-For` is believed: addresses or networks.
        ///
        /// Default: `[]`.
        trusted_proxies: Vec<Proxy> = Vec::new(),
        /// Which pages may open sockets: `"same-origin"`, and others by scheme, host and port.
        ///
        /// Default: `["same-origin"]`.
        allowed_origins: Vec<AllowedOrigin> = vec![AllowedOrigin::Same],
        /// How many threads serve connections; 0 is one for each core.
        ///
        /// Default: `0`.
        shards: u16 = 0,
        /// Where the data lives. Under systemd, `$STATE_DIRECTORY` is the default.
        ///
        /// Default: `"./roomcast-data"`.
        data_dir: PathBuf = PathBuf::from("./roomcast-data"),
    }
    /// What one client may take from the others.
    limits: Limits {
        /// Connections in all; one more is answered 503.
        ///
        /// Default: `10000`.
        connections: NonZeroU32 = count(10_000),
        /// Connections from one address (of IPv6: from one /64); one more is answered 429.
        ///
        /// Default: `100`.
        per_ip: NonZeroU32 = count(100),
        /// Messages, edits and deletions of one person, and in what time.
        ///
        /// Default: `"10/1s"`.
        messages: Rate = Rate { count: count(10), per: Period::from_secs(1) },
        /// Bytes that may wait for one connection before it is served from history instead.
        ///
        /// Default: `"1MiB"`.
        outbound_queue: Size = Size::from_bytes(1 << 20),
    }
    /// What the server says about itself, on stderr.
    log: Log {
        /// `"error"`, `"warn"`, `"info"`, `"debug"`, `"trace"` or `"off"`; the variable `RUST_LOG` goes before it.
        ///
        /// Default: `"info"`.
        level: LogLevel = LogLevel::Info,
        /// `"pretty"` for people, `"json"` for machines; `"auto"` is pretty on a terminal.
        ///
        /// Default: `"auto"`.
        format: LogFormat = LogFormat::Auto,
    }
    /// The admin listener.
    metrics: Metrics {
        /// Where `/healthz`, `/readyz` and `/metrics` answer. Keep it away from the public.
        ///
        /// Default: `"127.0.0.1:9090"`.
        listen: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 9090)),
    }
    /// Where messages are kept.
    store: Store {
        /// `"sqlite"`, one file in the data directory; `"memory"`, forgotten at the end; or a PostgreSQL database,
        /// `"postgres://USER:PASSWORD@HOST/DATABASE"`, which other servers may share.
        ///
        /// Default: `"sqlite"`.
        url: StoreUrl = StoreUrl::Sqlite,
        /// `"full"`: what is acknowledged survives a power cut; `"relaxed"`: it survives a crash of the server.
        ///
        /// Default: `"full"`.
        durability: Durability = Durability::Full,
    }
    /// How long messages are kept. The newest message of a room always stays; the file does not shrink, what becomes free
    /// in it is used again.
    retention: Retention {
        /// Messages that are older go: a time such as `"90d"`, or `"off"`.
        ///
        /// Default: `"off"`.
        max_age: MaxAge = MaxAge(None),
        /// Messages that a room keeps at most; 0 is no limit.
        ///
        /// Default: `0`.
        max_messages: u32 = 0,
        /// How often the server looks for what is to go.
        ///
        /// Default: `"1m"`.
        every: Period = Period::from_secs(60),
    }
    /// How several servers hear of each other's messages.
    bus: Bus {
        /// `"local"`: this server alone.
        ///
        /// Default: `"local"`.
        url: BusUrl = BusUrl::Local,
    }
}

/// A count for the defaults above, where a zero cannot be written.
const fn count(n: u32) -> NonZeroU32 {
    match NonZeroU32::new(n) {
        Some(n) => n,
        None => NonZeroU32::MIN,
    }
}

#[cfg(test)]
mod tests;
