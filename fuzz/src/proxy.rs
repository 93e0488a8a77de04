//! `X-Forwarded-For`, a line of the input for each of the header: what is seen was said by a trusted proxy, and nothing further to the
//! left changes it (S31).

use axum::http::{HeaderMap, HeaderValue};
use roomcast_server::{config::Proxy, http::client};
use std::{
    net::{IpAddr, Ipv4Addr},
    sync::LazyLock,
};

static TRUSTED: LazyLock<Vec<Proxy>> = LazyLock::new(|| {
    ["10.0.0.0/8", "fd00::/8"].map(|network| network.parse().expect("this is a network")).to_vec()
});
/// The proxy that is connected to us.
const PEER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));

pub(crate) fn fuzz(data: &[u8]) {
    let lines: Vec<&[u8]> = data.split(|byte| *byte == b'\n').collect();
    let Some(seen) = seen(&lines) else { return };
    let is_trusted = TRUSTED.iter().any(|proxy| proxy.contains(seen));
    let spoofed: Vec<&[u8]> = [&b"203.0.113.66"[..]].into_iter().chain(lines).collect();
    let then = self::seen(&spoofed).expect("the other lines were good");
    assert!(then == seen || is_trusted, "what was written on the left is believed: {then}, not {seen}");
    let said = String::from_utf8_lossy(data);
    assert!(seen == PEER || said.contains(['.', ':']), "{seen} is nowhere in {said:?}");
}

/// `None` where such a header cannot be received.
fn seen(lines: &[&[u8]]) -> Option<IpAddr> {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append("x-forwarded-for", HeaderValue::from_bytes(line).ok()?);
    }
    Some(client::forwarded_for(&headers, PEER, &TRUSTED))
}
