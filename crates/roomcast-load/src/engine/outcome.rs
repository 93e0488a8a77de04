//! Looks at processes and clock, and what becomes of them in the end: the report.

use super::Engine;
use crate::{
    Pace, Plan, Report,
    process::{self, Usage},
    report::{Checks, Connect, Generator, Load, Server, Traffic, VERSION},
};

/// A look at the clock, at the server's process and at this thread.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    at: u64,
    server: Option<Usage>,
    own_cpu_us: Option<f64>,
    machine_us: Option<f64>,
}

impl Mark {
    pub(super) fn take(at: u64, server: Option<u32>) -> Self {
        Self {
            at,
            server: server.and_then(Usage::of),
            own_cpu_us: process::own_cpu_us(),
            machine_us: process::machine_us(),
        }
    }
}

/// The looks that were taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marks {
    pub(super) before: Mark,
    pub(super) connected: Mark,
    /// Of the measured part.
    pub(super) start: Mark,
    /// Of the measured part.
    pub(super) end: Mark,
    /// When the last one had come in.
    pub(super) opened: u64,
}

impl Marks {
    #[expect(clippy::cast_precision_loss, reason = "seconds")]
    fn measured_s(&self) -> f64 {
        (self.end.at - self.start.at) as f64 / 1e9
    }

    /// Microseconds that this thread ran in the measured part.
    fn own_us(&self) -> f64 {
        self.end.own_cpu_us.zip(self.start.own_cpu_us).map_or(0.0, |(end, start)| end - start)
    }

    /// Cores that others kept busy in the measured part, to whom this process and the server (`server_us`) are none.
    fn others(&self, server_us: f64) -> Option<f64> {
        let machine = self.end.machine_us? - self.start.machine_us?;
        Some(((machine - server_us - self.own_us()) / 1e6 / self.measured_s()).max(0.0))
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts become rates")]
impl Engine<'_> {
    /// Says good-bye and makes the report.
    pub(super) fn finish(mut self, marks: &Marks) -> Report {
        let faults = self.checker.finish().clone();
        let close = self.composer.close().to_vec();
        std::mem::take(&mut self.seats).into_iter().flatten().for_each(|connection| connection.leave(&close));
        let tally = &self.tally;
        let checks = Checks {
            checked: self.checker.checked(),
            expected: self.checker.expected(),
            faults,
            refused: tally.refused,
            gaps: tally.gaps,
            stuck: tally.stuck,
            first_trouble: tally.first_trouble.clone(),
        };
        Report {
            version: VERSION,
            plan: load(self.plan),
            connect: self.connections(marks),
            traffic: self.traffic(marks),
            latency_us: self.checker.latency().quantiles(),
            checks,
            server: self.server(marks),
            generator: self.generator(marks),
        }
    }

    fn connections(&self, marks: &Marks) -> Connect {
        let seconds = (marks.opened - marks.before.at) as f64 / 1e9;
        Connect {
            connections: self.tally.joined,
            seconds,
            per_s: self.tally.joined as f64 / seconds,
            time_us: self.tally.connect_times.quantiles(),
            churned: self.churn.came(),
        }
    }

    fn traffic(&self, marks: &Marks) -> Traffic {
        let (seconds, deliveries) = (marks.measured_s(), self.checker.latency().count());
        Traffic {
            sent: self.tally.sent,
            sent_per_s: self.tally.sent as f64 / seconds,
            deliveries,
            deliveries_per_s: deliveries as f64 / seconds,
            bytes_per_delivery: self.tally.bytes as f64 / deliveries.max(1) as f64,
            deliveries_per_read: deliveries as f64 / self.tally.reads.max(1) as f64,
        }
    }

    fn server(&self, marks: &Marks) -> Option<Server> {
        let pid = self.plan.server_pid?;
        let end = marks.end.server?;
        let [measured, connecting] =
            [end.since(&marks.start.server?), marks.connected.server?.since(&marks.before.server?)];
        let (deliveries, joined) = (self.checker.latency().count(), self.tally.joined.max(1) as f64);
        let grown = connecting.rss_bytes as f64 - marks.before.server?.rss_bytes as f64;
        let each = |micros: f64| (deliveries > 0).then(|| micros / deliveries as f64);
        Some(Server {
            pid,
            cores: process::cores(pid),
            busy_cores: measured.cpu_us / 1e6 / marks.measured_s(),
            others_busy_cores: marks.others(measured.cpu_us),
            cpu_us_per_delivery: each(measured.cpu_us),
            user_us_per_delivery: each(measured.user_us),
            system_us_per_delivery: each(measured.system_us),
            cpu_us_per_connect: connecting.cpu_us / joined,
            bytes_per_connection: grown / joined,
            rss_bytes: end.rss_bytes,
            peak_bytes: end.peak_bytes,
        })
    }

    fn generator(&self, marks: &Marks) -> Generator {
        let late_us = self.tally.late as f64 / 1e3;
        Generator { busy: marks.own_us() / 1e6 / marks.measured_s(), late_us }
    }
}

fn load(plan: &Plan) -> Load {
    let (rate, window) = match plan.pace {
        Pace::Rate(rate) => (Some(rate), None),
        Pace::Window(window) => (None, Some(window)),
    };
    Load {
        label: plan.label.clone(),
        url: plan.url.clone(),
        rooms: plan.rooms,
        members: plan.members,
        publishers: plan.publishing(),
        rate,
        window,
        size: plan.size as u64,
        slow: plan.slow,
        churn: plan.churn,
        storm: plan.storm,
        warmup_s: plan.warmup.as_secs_f64(),
        duration_s: plan.duration.as_secs_f64(),
    }
}
