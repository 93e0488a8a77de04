//! `roomcast token`: make one to try the server with, or hear what the server would say to one.

use super::{Exit, Failure, print};
use crate::{
    auth::{
        Tokens,
        sign::{self, Claims, Room},
    },
    config::{AuthMode, Config, Period, Sources},
    server::ServerError,
};
use roomcast::{
    Identity,
    auth::{Denied, Pattern, Verb, Verifier},
    clock::{Clock, SystemClock},
};
use roomcast_protocol::UserName;
use std::{io::Read, path::PathBuf, sync::Arc};

/// Make or check a token.
#[derive(Debug, clap::Args)]
#[command(
    disable_help_subcommand = true,
    after_help = "Example:\n  roomcast token new --sub ann --ttl 1h | roomcast token check -"
)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Print a token, signed with the secret of the configuration (HS256)
    #[command(after_help = "Example:\n  roomcast token new --sub ann --rooms general,team-*:read --ttl 1h")]
    New(New),
    /// Say what the server would say to a token, and why: exit code 0 or 1
    #[command(after_help = "Example:\n  roomcast token check - < token")]
    Check {
        /// The token; - reads it from stdin, where no list of processes shows it
        token: String,
        /// The configuration file [default: ./roomcast.toml, if it is there]
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

#[derive(Debug, clap::Args)]
struct New {
    /// Whose it is
    #[arg(long, value_name = "USER", value_parser = user)]
    sub: String,
    /// The name that is shown, where it is another
    #[arg(long, value_parser = user)]
    name: Option<String>,
    /// Rooms, a * at the end, and what may be done there [default: read and write everywhere; in a room named, read+write]
    #[arg(long, value_name = "ROOM[:read+write+moderate]", value_delimiter = ',', value_parser = room)]
    rooms: Vec<Room>,
    /// How long it is good
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = ttl)]
    ttl: u64,
    /// The configuration file [default: ./roomcast.toml, if it is there]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

fn user(text: &str) -> Result<String, String> {
    UserName::parse(text).map(|_| text.to_owned()).map_err(|error| error.to_string())
}

fn room(text: &str) -> Result<Room, String> {
    let (name, can) = text.split_once(':').unwrap_or((text, "read+write"));
    Pattern::parse(name).map_err(|error| error.to_string())?;
    let verb = |word| {
        Verb::from_word(word).map(Verb::as_str).ok_or("write read, write or moderate, with + between them")
    };
    Ok(Room { name: name.to_owned(), can: can.split('+').map(verb).collect::<Result<_, _>>()? })
}

fn ttl(text: &str) -> Result<u64, String> {
    let period: Period = text.parse()?;
    Some(period.as_duration().as_secs())
        .filter(|s| *s > 0)
        .ok_or("a token lives for a second at least".to_owned())
}

/// Does it.
pub(super) fn run(args: Args) -> Result<(), Failure> {
    match args.command {
        Command::New(new) => make(new),
        Command::Check { token, config } => check(token, config),
    }
}

fn load(file: Option<PathBuf>) -> Result<Config, Failure> {
    let config = Sources::of_process(file, Vec::new()).load()?.config;
    if config.auth.mode == AuthMode::Guests {
        let cause = "auth.mode is \"guests\": people name themselves, and there are no tokens";
        let help =
            "set auth.mode to \"jwt\" and auth.jwt.secret_file to a file made by `openssl rand -base64 48`";
        return Err(Failure::new(Exit::Config, cause, help));
    }
    Ok(config)
}

fn make(new: New) -> Result<(), Failure> {
    let config = load(new.config)?;
    let now = SystemClock.now_ms() / 1000;
    let rooms = (!new.rooms.is_empty()).then_some(new.rooms);
    let claims = Claims {
        sub: new.sub,
        name: new.name,
        rooms,
        iat: now,
        exp: now.saturating_add(new.ttl),
        iss: None,
        aud: None,
    };
    match sign::sign(&config, claims).map_err(ServerError::from)? {
        Some(token) => print(&format!("{token}\n")),
        None => Err(Failure::new(
            Exit::Config,
            "this server has no secret: it checks what others sign",
            "sign tokens with the private key, where that is kept",
        )),
    }
}

fn check(token: String, config: Option<PathBuf>) -> Result<(), Failure> {
    let config = load(config)?;
    let token = if token == "-" { from_stdin()? } else { token };
    let tokens = Tokens::open(&config, Arc::new(SystemClock)).map_err(ServerError::from)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(ServerError::from)?;
    let checked = runtime.block_on(async {
        let tokens = tokens.ok_or_else(|| Denied::bad("there are no tokens here"))?;
        tokio::select! {
            checked = tokens.verify(token) => checked,
            never = tokens.clone().keep_keys_fresh() => match never {},
        }
    });
    match checked {
        Ok(identity) => print(&told(&identity)),
        Err(denied) => Err(Failure::new(
            Exit::Runtime,
            format!("refused with `{}`: {}", denied.code, denied.message),
            "compare the token's claims with [auth.jwt]; `roomcast config show` prints it",
        )),
    }
}

fn from_stdin() -> Result<String, Failure> {
    let mut text = String::new();
    let read = std::io::stdin().take(64 * 1024).read_to_string(&mut text);
    read.map_err(|error| {
        Failure::new(Exit::Runtime, format!("stdin cannot be read: {error}"), "give the token itself")
    })?;
    Ok(text.trim().to_owned())
}

/// What the server makes of it.
fn told(identity: &Identity) -> String {
    let mut text = format!("good: {}\n", identity.name.identity());
    if let Some(pass) = &identity.pass {
        let left = pass.expires.saturating_sub(SystemClock.now_ms() / 1000);
        text += &format!("shown as: {}\nexpires: in {left} s\nrooms: {}\n", identity.name, pass.grants);
    }
    text
}
