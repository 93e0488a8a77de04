//! Who may be where on the network: proxies, the public address, origins.

use super::value::{Word, Wrong};
use axum::http::Uri;
use ipnet::IpNet;
use std::{net::IpAddr, str::FromStr};

/// A reverse proxy, or a network of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proxy(IpNet);

impl Proxy {
    /// Whether an address is one of them.
    pub fn contains(&self, ip: IpAddr) -> bool {
        self.0.contains(&ip.to_canonical())
    }
}

impl Word for Proxy {
    const EXPECTED: &'static str = "an address or a network such as \"10.0.0.0/8\"";

    fn parse(text: &str) -> Result<Self, Wrong> {
        let net = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        net.map(|net| Self(net.trunc())).map_err(|_| {
            Wrong::new(format!("{text:?} is not a network"), format!("write {}", Self::EXPECTED))
        })
    }

    fn write(&self) -> String {
        if self.0.prefix_len() == self.0.max_prefix_len() {
            self.0.addr().to_string()
        } else {
            self.0.to_string()
        }
    }
}

impl FromStr for Proxy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        <Self as Word>::parse(text).map_err(|wrong| wrong.what)
    }
}

/// Where people find the server, where that is not the listener's own address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PublicUrl(Option<Box<str>>);

impl PublicUrl {
    /// As an origin: scheme, host and, where it is not the scheme's own, port.
    pub fn origin(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl Word for PublicUrl {
    const EXPECTED: &'static str = "an address such as \"https://chat.example.org\"";

    fn parse(text: &str) -> Result<Self, Wrong> {
        if text.is_empty() {
            return Ok(Self(None));
        }
        Ok(Self(Some(origin(text.strip_suffix('/').unwrap_or(text), Self::EXPECTED)?)))
    }

    fn write(&self) -> String {
        self.0.as_deref().unwrap_or_default().to_owned()
    }
}

/// Pages that may open sockets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedOrigin {
    /// Those that this server sent.
    Same,
    /// Those of one other origin, in lower case, without the scheme's own port.
    Exact(Box<str>),
}

impl Word for AllowedOrigin {
    const EXPECTED: &'static str = "\"same-origin\", or an origin such as \"https://chat.example.org\"";

    fn parse(text: &str) -> Result<Self, Wrong> {
        if text == "same-origin" {
            return Ok(Self::Same);
        }
        origin(text, Self::EXPECTED).map(Self::Exact)
    }

    fn write(&self) -> String {
        match self {
            Self::Same => "same-origin".to_owned(),
            Self::Exact(origin) => origin.to_string(),
        }
    }
}

/// Reads scheme, host and port, and nothing else, in the form that browsers put into `Origin`.
fn origin(text: &str, expected: &str) -> Result<Box<str>, Wrong> {
    let wrong = || Wrong::new(format!("{text:?} is not an origin"), format!("write {expected}"));
    let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
    let uri: Uri = text.parse().map_err(|_| wrong())?;
    let authority =
        uri.authority().filter(|a| a.as_str() == rest && !rest.contains('@')).ok_or_else(wrong)?;
    let host = authority.host().to_lowercase();
    let own = match scheme.to_lowercase().as_str() {
        "http" => 80,
        "https" => 443,
        _ => return Err(wrong()),
    };
    let port =
        authority.port_u16().filter(|port| *port != own).map_or(String::new(), |port| format!(":{port}"));
    if host.is_empty() || host.contains('*') || (rest.len() > host.len() && authority.port_u16().is_none()) {
        return Err(wrong());
    }
    Ok(format!("{}://{host}{port}", scheme.to_lowercase()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin_of(text: &str) -> Option<String> {
        AllowedOrigin::parse(text).ok().map(|origin| origin.write())
    }

    #[test]
    fn origins_are_as_browsers_send_them() {
        assert_eq!(origin_of("same-origin").as_deref(), Some("same-origin"));
        assert_eq!(origin_of("https://Chat.Example.org:443").as_deref(), Some("https://chat.example.org"));
        assert_eq!(origin_of("http://[::1]:8080").as_deref(), Some("http://[::1]:8080"));
        for wrong in [
            "*",
            "https://*.example.org",
            "chat.example.org",
            "https://a/b",
            "https://a@b",
            "ftp://a",
            "https://",
            "https://a:",
        ] {
            assert_eq!(origin_of(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn proxies_are_networks_or_addresses() {
        let proxy = Proxy::parse("10.1.2.3/8").unwrap();
        assert_eq!(proxy.write(), "10.0.0.0/8");
        assert!(proxy.contains("10.255.0.1".parse().unwrap()));
        assert!(proxy.contains("::ffff:10.255.0.1".parse().unwrap()));
        assert!(!proxy.contains("11.0.0.1".parse().unwrap()));
        assert_eq!(Proxy::parse("::1").unwrap().write(), "::1");
        assert!(Proxy::parse("10.0.0.0/33").is_err());
    }
}
