//! Where the server is, and from which addresses we come.

use crate::PlanError;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};

/// Connections per source address. Servers cap connections per address (Roomcast: 100), and an address has some
/// 28,000 ports; a crowd comes from many addresses.
const PER_SOURCE: usize = 64;

/// A server to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// As the `Host` header names it.
    pub host: String,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Target {
    /// Reads a URL and finds the address.
    ///
    /// # Errors
    /// The URL is not `ws://HOST:PORT`, cannot be resolved, or leads to another machine though it is not said to be
    /// `owned`.
    pub fn of(url: &str, owned: bool) -> Result<Self, PlanError> {
        let bad = || PlanError::Url(url.to_owned());
        let host = url.strip_prefix("ws://").ok_or_else(bad)?.trim_end_matches('/');
        if host.contains(['/', '?', '#', '@', ' ']) || !host.rsplit_once(':').is_some_and(is_port) {
            return Err(bad());
        }
        let unresolved = |why: String| PlanError::Resolve(host.to_owned(), why);
        let mut found = host.to_socket_addrs().map_err(|error| unresolved(error.to_string()))?;
        let address = found.next().ok_or_else(|| unresolved("no address".to_owned()))?;
        if !owned && !address.ip().is_loopback() {
            return Err(PlanError::Foreign(address));
        }
        Ok(Self { host: host.to_owned(), address })
    }

    /// Where the `n`th connection comes from: 127.0.0.1, 127.0.0.2, …; `None` where the system chooses.
    #[must_use]
    pub fn source(&self, n: usize) -> Option<SocketAddr> {
        let IpAddr::V4(ip) = self.address.ip() else { return None };
        if !ip.is_loopback() {
            return None;
        }
        // 253 addresses of each /24 of 127.0.0.0/8, without .0, .254 and .255.
        let (block, host) = ((n / PER_SOURCE) / 253, (n / PER_SOURCE) % 253 + 1);
        let octet = |n: usize| u8::try_from(n & 0xFF).unwrap_or_default();
        let ip = Ipv4Addr::new(127, octet(block >> 8), octet(block), octet(host));
        Some(SocketAddr::from((ip, 0)))
    }
}

fn is_port((_, port): (&str, &str)) -> bool {
    port.parse::<u16>().is_ok_and(|port| port > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_unless_the_owner_says_so() {
        assert!(Target::of("ws://127.0.0.1:3000", false).is_ok());
        assert!(Target::of("ws://[::1]:3000/", false).is_ok());
        assert!(matches!(Target::of("ws://192.0.2.1:80", false), Err(PlanError::Foreign(_))));
        assert!(Target::of("ws://192.0.2.1:80", true).is_ok());
    }

    #[test]
    fn other_urls_are_refused() {
        for url in
            ["http://127.0.0.1:1", "ws://127.0.0.1", "ws://127.0.0.1:0", "ws://127.0.0.1:1/chat/x", "ws://"]
        {
            assert!(matches!(Target::of(url, false), Err(PlanError::Url(_))), "{url}");
        }
    }

    #[test]
    fn a_crowd_comes_from_many_addresses() {
        let target = Target::of("ws://127.0.0.1:3000", false).unwrap();
        let from = |n| target.source(n).unwrap().ip().to_string();
        assert_eq!([from(0), from(63), from(64)], ["127.0.0.1", "127.0.0.1", "127.0.0.2"]);
        assert_eq!([from(64 * 252), from(64 * 253)], ["127.0.0.253", "127.0.1.1"]);
    }
}
