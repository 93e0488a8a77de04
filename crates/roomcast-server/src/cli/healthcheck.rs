//! `roomcast healthcheck`: asks a running server whether it is ready. Needs nothing but the binary, so that an image
//! with nothing else in it can check itself.

use super::{Exit, Failure};
use crate::config::Sources;
use axum::http::Uri;
use std::{
    io::{self, BufRead, BufReader, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs},
    path::PathBuf,
    time::Duration,
};

/// Ask a running server whether it is ready: exit code 0 or 1.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  roomcast healthcheck --url http://127.0.0.1:9090/readyz")]
pub(super) struct Args {
    /// What to ask [default: /readyz at metrics.listen]
    #[arg(long, value_name = "URL", value_parser = plain_http)]
    url: Option<Uri>,
    /// The configuration file [default: ./roomcast.toml, if it is there]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

const TIMEOUT: Duration = Duration::from_secs(3);

fn plain_http(text: &str) -> Result<Uri, String> {
    let uri: Uri = text.parse().map_err(|error| format!("{error}"))?;
    if uri.scheme_str() != Some("http") || uri.host().is_none() {
        return Err("write an address such as http://127.0.0.1:9090/readyz".to_owned());
    }
    Ok(uri)
}

/// Asks.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let url = match &args.url {
        Some(url) => url.clone(),
        None => default_url(args.config.clone())?,
    };
    let failure = |cause| {
        Failure::new(
            Exit::Runtime,
            cause,
            "look at the server's log; `roomcast healthcheck --help` says how to ask another",
        )
    };
    match ask(&url) {
        Ok(status) if status.split(' ').nth(1).is_some_and(|code| code.starts_with('2')) => Ok(()),
        Ok(status) => Err(failure(format!("{url} answers {:?}", status.trim_end()))),
        Err(error) => Err(failure(format!("{url} does not answer: {error}"))),
    }
}

/// The admin listener of the configuration. A container's health has two exit codes, so a mistake in it is a 1 here.
fn default_url(config: Option<PathBuf>) -> Result<Uri, Failure> {
    let config = Sources::of_process(config, Vec::new()).load();
    let mut address = config
        .map_err(|error| Failure::new(Exit::Runtime, error.to_string(), "run `roomcast config check`"))?
        .config
        .metrics
        .listen;
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    plain_http(&format!("http://{address}/readyz"))
        .map_err(|error| Failure::new(Exit::Runtime, error, "give --url"))
}

/// Sends a request and returns the first line of the answer.
fn ask(url: &Uri) -> io::Result<String> {
    let mut stream = connect(url)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    let (host, path) =
        (url.authority().map_or("", |a| a.as_str()), url.path_and_query().map_or("/", |p| p.as_str()));
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
    let mut status = String::new();
    BufReader::new(io::Read::take(stream, 1024)).read_line(&mut status)?;
    Ok(status)
}

fn connect(url: &Uri) -> io::Result<TcpStream> {
    let host = url.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let addresses: Vec<SocketAddr> = (host, url.port_u16().unwrap_or(80)).to_socket_addrs()?.collect();
    let mut last = io::Error::new(io::ErrorKind::NotFound, "no such host");
    for address in addresses {
        match TcpStream::connect_timeout(&address, TIMEOUT) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}
