//! The series, each with where its value comes from.

use crate::listener::{Caps, Counts};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge, info::Info},
};
use roomcast::{Chat, Stats};
use roomcast_protocol::contract::SCHEMA_HASH;
use roomcast_socket::hub::Counters;
use std::{fmt, sync::Arc, sync::atomic::AtomicU64, sync::atomic::Ordering, time::Instant};

/// Where the values come from.
pub(super) struct Snapshot {
    pub(super) chat: Chat,
    pub(super) caps: Arc<Caps>,
    pub(super) started: Instant,
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Snapshot")
    }
}

impl Collector for Snapshot {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut out = Series(&mut encoder);
        out.about(self)?;
        out.listener(&self.caps.counts())?;
        out.chat(&self.chat.stats())?;
        out.sockets(self.chat.hub().counters())
    }
}

struct Series<'a, 'e>(&'a mut DescriptorEncoder<'e>);

impl Series<'_, '_> {
    fn about(&mut self, of: &Snapshot) -> fmt::Result {
        let build = vec![("version", env!("CARGO_PKG_VERSION")), ("schema", SCHEMA_HASH.trim())];
        self.info("build", "What runs, and the contract that it speaks", build)?;
        let store = vec![("durability", of.chat.store().durability().as_str())];
        self.info("store", "What an acknowledgement means", store)?;
        self.gauge("uptime_seconds", "Since the start", of.started.elapsed().as_secs())
    }

    fn listener(&mut self, counts: &Counts) -> fmt::Result {
        self.gauge("connections", "Connections that are open, of HTTP or WebSocket", counts.open.into())?;
        self.counter("connections_accepted", "Connections that were taken", counts.taken)?;
        self.by_reason(
            "connections_refused",
            "Connections that were refused: all places taken, or those of one address",
            &[("full", counts.refused_full), ("address", counts.refused_address)],
        )
    }

    fn chat(&mut self, stats: &Stats) -> fmt::Result {
        self.gauge("sockets", "WebSockets that are open", stats.connections)?;
        self.gauge("rooms", "Rooms that somebody is in", stats.rooms)?;
        self.gauge("people", "People who are here or have just gone", stats.people)?;
        self.counter("messages", "Messages that were made durable", stats.appended)?;
        self.counter("changes", "Edits and deletions that were made durable", stats.changed)?;
        self.counter("messages_repeated", "Messages and changes that were there already", stats.repeated)?;
        self.counter("messages_failed", "Messages and changes that the store did not take", stats.failed)?;
        self.counter("messages_forgotten", "Messages that retention removed", stats.forgotten)?;
        self.counter("errors", "Errors told to clients", stats.refused)
    }

    fn sockets(&mut self, counters: &Counters) -> fmt::Result {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        self.counter("frames_received", "Messages read from WebSockets", count(&counters.messages))?;
        self.counter("sent_bytes", "Bytes for WebSockets", count(&counters.bytes))?;
        self.counter("writes", "System calls that wrote to WebSockets", count(&counters.writes))?;
        self.counter("slices", "Batches handed to a member each", count(&counters.slices))?;
        self.counter("behind", "Times that somebody fell behind in a room", count(&counters.behind))?;
        self.counter("panics", "Connections ended by a bug", count(&counters.panics))?;
        self.by_reason(
            "sockets_given_up",
            "WebSockets closed because they took nothing, or because nothing was heard of them",
            &[("stalled", count(&counters.stalled)), ("lost", count(&counters.lost))],
        )
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        let metric = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        ConstCounter::new(value).encode(metric)
    }

    fn gauge(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        let metric = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX)).encode(metric)
    }

    fn info(&mut self, name: &str, help: &str, labels: Vec<(&'static str, &'static str)>) -> fmt::Result {
        let metric = self.0.encode_descriptor(name, help, None, MetricType::Info)?;
        Info::new(labels).encode(metric)
    }

    fn by_reason(&mut self, name: &str, help: &str, values: &[(&'static str, u64)]) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        values.iter().try_for_each(|(reason, value)| {
            let labels = [("reason", *reason)];
            ConstCounter::new(*value).encode(family.encode_family(&labels)?)
        })
    }
}
