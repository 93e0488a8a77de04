//! `/metrics`: what the server counts, in the text form of OpenMetrics. No user, no room, no address is a label, so that
//! the number of series is fixed.

mod snapshot;

use crate::listener::Caps;
use prometheus_client::{encoding::text::encode, registry::Registry};
use roomcast::Chat;
use snapshot::Snapshot;
use std::{fmt, sync::Arc, time::Instant};

/// The media type of [`Metrics::render`].
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What `/metrics` shows: a snapshot, taken at each scrape.
pub struct Metrics(Registry);

impl Metrics {
    /// Shows what a chat and the caps before it count, from now on.
    pub(crate) fn new(chat: Chat, caps: Arc<Caps>) -> Self {
        let mut registry = Registry::with_prefix("roomcast");
        let started = Instant::now();
        registry.register_collector(Box::new(Snapshot { chat, caps, started }));
        Self(registry)
    }

    /// As text.
    pub fn render(&self) -> String {
        let mut text = String::with_capacity(8192);
        // writing into a string does not fail
        let _ = encode(&mut text, &self.0);
        text
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU32;

    #[tokio::test]
    async fn at_most_60_series_and_none_about_people() {
        let one = NonZeroU32::MIN;
        let caps = Caps::new(one, one);
        let _held = caps.admit(None).unwrap();
        assert!(caps.admit(None).is_err());
        let text = Metrics::new(crate::http::testing::chat(), caps).render();
        let series: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert!(series.len() <= 60, "{}", series.len());
        for expected in [
            "roomcast_connections 1",
            "roomcast_connections_accepted_total 1",
            "roomcast_connections_refused_total{reason=\"full\"} 1",
            "roomcast_connections_refused_total{reason=\"address\"} 0",
            "roomcast_messages_total 0",
            "roomcast_sockets_given_up_total{reason=\"lost\"} 0",
            "roomcast_store_info{durability=\"memory\"} 1",
            "roomcast_uptime_seconds 0",
        ] {
            assert!(series.contains(&expected), "{expected} in {text}");
        }
        assert!(text.ends_with("# EOF\n"));
        assert!(!text.contains("user=") && !text.contains("room="));
    }
}
