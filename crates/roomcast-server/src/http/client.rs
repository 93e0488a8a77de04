//! Who is on the other side of a request: the address that limits are counted by.

use crate::{
    config::Proxy,
    listener::{Caps, Refused, Ticket},
};
use axum::http::HeaderMap;
use std::{net::IpAddr, sync::Arc};

/// The other side of a request, in its extensions.
///
/// It holds the connection's places under the caps. A handler that keeps the connection beyond its answer (an upgrade)
/// keeps this as well; when the last clone is gone, the places are free again.
#[derive(Debug, Clone)]
pub struct Client {
    /// Its address: the connection's, or what a trusted proxy says it is.
    pub ip: IpAddr,
    places: Places,
}

/// What is held while somebody is connected: a place in all, and one of the address that a proxy told.
pub(crate) type Places = (Arc<Ticket>, Option<Arc<Ticket>>);

impl Client {
    /// Somebody who is connected to us directly.
    pub(crate) fn direct(ip: IpAddr, place: Arc<Ticket>) -> Self {
        Self { ip, places: (place, None) }
    }

    /// Somebody behind a trusted proxy, who is counted now that we know who it is.
    pub(crate) fn behind_proxy(ip: IpAddr, place: Arc<Ticket>, caps: &Arc<Caps>) -> Result<Self, Refused> {
        let own = caps.admit_forwarded(ip)?;
        Ok(Self { ip, places: (place, Some(Arc::new(own))) })
    }

    /// Its places alone, for a handler that keeps the connection and need not know whose it is.
    pub(crate) fn into_places(self) -> Places {
        self.places
    }
}

/// The address that the trusted proxies vouch for: the last in `X-Forwarded-For` that is not one of them. Whatever
/// stands further to the left was written by anybody.
pub fn forwarded_for(headers: &HeaderMap, peer: IpAddr, trusted: &[Proxy]) -> IpAddr {
    let lines: Vec<&str> =
        headers.get_all("x-forwarded-for").iter().map(|line| line.to_str().unwrap_or_default()).collect();
    let mut nearest = peer;
    for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        let Some(ip) = address(hop.trim()) else { break };
        nearest = ip;
        if !is_trusted(ip, trusted) {
            break;
        }
    }
    nearest
}

/// Whether an address is that of a trusted proxy.
pub(crate) fn is_trusted(ip: IpAddr, trusted: &[Proxy]) -> bool {
    trusted.iter().any(|proxy| proxy.contains(ip))
}

/// An address, with a port or without, as proxies write it.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    bare.parse()
        .ok()
        .or_else(|| Some(text.parse::<std::net::SocketAddr>().ok()?.ip()))
        .map(|ip: IpAddr| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn seen(lines: &[&str], trusted: &[&str]) -> IpAddr {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        let trusted: Vec<Proxy> = trusted.iter().map(|text| text.parse().unwrap()).collect();
        forwarded_for(&headers, ip("10.0.0.1"), &trusted)
    }

    #[test]
    fn s31_only_what_trusted_proxies_say_counts() {
        assert_eq!(seen(&["203.0.113.7"], &["10.0.0.0/8"]), ip("203.0.113.7"));
        assert_eq!(
            seen(&["6.6.6.6, 203.0.113.7"], &["10.0.0.0/8"]),
            ip("203.0.113.7"),
            "spoofed on the left"
        );
        assert_eq!(
            seen(&["6.6.6.6", "203.0.113.7, 10.0.0.2"], &["10.0.0.0/8"]),
            ip("203.0.113.7"),
            "two proxies"
        );
        assert_eq!(seen(&["[2001:db8::1]:5000"], &["10.0.0.0/8"]), ip("2001:db8::1"));
        assert_eq!(seen(&["10.0.0.9"], &["10.0.0.0/8"]), ip("10.0.0.9"), "a client inside");
        assert_eq!(seen(&["203.0.113.7, nonsense"], &["10.0.0.0/8"]), ip("10.0.0.1"));
        assert_eq!(seen(&[], &["10.0.0.0/8"]), ip("10.0.0.1"));
    }
}
