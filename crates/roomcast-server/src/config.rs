//! The configuration: one struct, every field documented with its default.
//!
//! A value comes from the first of: a flag, the environment (`ROOMCAST_SECTION__KEY`), the configuration file, the
//! default. There is one way to spell a key. A key or a value that makes no sense is an error that says where it stands
//! and what was probably meant; all mistakes are reported, not only the first.

mod settings;
mod value;
mod units;
mod tokens;
mod words;
mod store_url;
mod network;
mod origin;
mod suggest;
mod file;
mod env;
mod load;
mod check;
mod render;

pub use load::{ConfigError, Flag, Loaded, Sources};
pub use network::{AllowedOrigin, Proxy, PublicUrl};
pub use origin::{Mistake, Origin};
pub use render::{show, template};
pub use store_url::StoreUrl;
pub use tokens::{ClaimText, JwksUrl, OptionalPath};
pub use units::{MaxAge, Period, Rate, Size};
pub use words::{Algorithm, AuthMode, BusUrl, Durability, LogFormat, LogLevel};

pub(crate) use settings::check_text;

use settings::settings;
use std::{net::SocketAddr, num::NonZeroU32, path::PathBuf};

settings! {
    /// The chat listener and what it stands on.
    server: Server "server" {
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
    /// How it is known who somebody is.
    auth: Auth "auth" {
        /// `"guests"`: people name themselves. `"jwt"`: a token names them, which your program signs.
        ///
        /// Default: `"guests"`.
        mode: AuthMode = AuthMode::Guests,
    }
    /// Which tokens are good, where `auth.mode` is `"jwt"`. Keys come from one of the first three places.
    auth_jwt: AuthJwt "auth.jwt" {
        /// How tokens are signed: `"HS256"` with a secret that both sides know, `"RS256"`, `"ES256"` or `"EdDSA"` with a key pair.
        ///
        /// Default: `"HS256"`.
        algorithm: Algorithm = Algorithm::Hs256,
        /// HS256: a file with the secret, at least 32 bytes; or a directory of such files, each named after its key (`kid`).
        ///
        /// Default: `""`.
        secret_file: OptionalPath = OptionalPath::default(),
        /// Key pairs: a file with the public key in PEM; or a directory of such files, each named after its key (`kid`).
        ///
        /// Default: `""`.
        public_key_file: OptionalPath = OptionalPath::default(),
        /// Key pairs: where the public keys are fetched from as a JSON Web Key Set, with HTTPS. It belongs to one `issuer`.
        ///
        /// Default: `""`.
        jwks_url: JwksUrl = JwksUrl::default(),
        /// Only tokens with this `iss` are good; `""`: any.
        ///
        /// Default: `""`.
        issuer: ClaimText = ClaimText::default(),
        /// Only tokens with this in their `aud` are good; `""`: only tokens without `aud`.
        ///
        /// Default: `""`.
        audience: ClaimText = ClaimText::default(),
        /// Whether a token may stand in the address (`?token=`), where proxies and browsers write it down.
        ///
        /// Default: `false`.
        query: bool = false,
        /// How far clocks may differ: a token is good for so long before its `nbf` and after its `exp`. At most 5m.
        ///
        /// Default: `"0s"`.
        leeway: Period = Period::from_secs(0),
    }
    /// What one client may take from the others.
    limits: Limits "limits" {
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
        /// Rooms that one person may enter, and in what time.
        ///
        /// Default: `"500/1m"`.
        joins: Rate = Rate { count: count(500), per: Period::from_secs(60) },
        /// What else one person may ask for by frames (history, typing, leaving, pings, newer tokens), and in what time.
        ///
        /// Default: `"120/1m"`.
        commands: Rate = Rate { count: count(120), per: Period::from_secs(60) },
        /// Connections of one person with tokens; one more is closed with 4530. Guests are known by their address alone.
        ///
        /// Default: `20`.
        per_user: NonZeroU32 = count(20),
        /// Bytes that may wait for one connection before it is served from history instead.
        ///
        /// Default: `"1MiB"`.
        outbound_queue: Size = Size::from_bytes(1 << 20),
    }
    /// What the server says about itself, on stderr.
    log: Log "log" {
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
    metrics: Metrics "metrics" {
        /// Where `/healthz`, `/readyz` and `/metrics` answer. Keep it away from the public.
        ///
        /// Default: `"127.0.0.1:9090"`.
        listen: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 9090)),
    }
    /// Where messages are kept.
    store: Store "store" {
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
    retention: Retention "retention" {
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
    bus: Bus "bus" {
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
