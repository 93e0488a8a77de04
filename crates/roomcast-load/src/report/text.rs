//! The report for people.

use super::{Checks, Load, Quantiles, Report, Server, Verdict};
use std::fmt::Write;

/// A generator that is busier than this measures itself.
const BUSY: f64 = 0.9;

/// Lines of a name and what it is.
struct Lines(String);

impl Lines {
    fn add(&mut self, name: &str, what: &str) {
        // Writing to a string does not fail.
        writeln!(self.0, "{name:<16}{what}").unwrap_or_default();
    }
}

/// The whole report.
pub(super) fn write(report: &Report) -> String {
    let mut lines = Lines(String::new());
    lines.add("load", &load(&report.plan));
    lines.add("deliveries", &deliveries(report));
    lines.add("latency", &quantiles(&report.latency_us));
    lines.add("connect", &connect(report));
    lines.add("checked", &checked(&report.checks));
    trouble(&mut lines, &report.checks);
    if let Some(server) = &report.server {
        lines.add("server CPU", &cpu(server));
        lines.add("server memory", &memory(server));
        if let Some(others) = server.others_busy_cores.filter(|_| server.is_disturbed()) {
            lines.add("", &format!("others kept {others:.2} cores busy: do not trust these costs"));
        }
    }
    lines.add("load generator", &generator(report));
    lines.add("verdict", verdict(report.verdict()));
    lines.0
}

fn load(plan: &Load) -> String {
    let pace = match (plan.rate, plan.window) {
        (Some(rate), _) => format!("{} messages/s", number(rate)),
        (None, window) => format!("{} messages under way", number(window.unwrap_or_default())),
    };
    let mut text = format!(
        "{} × {}, {pace} of {} bytes, {} s after {} s",
        plural(plan.rooms, "room"),
        plural(plan.members, "member"),
        number(plan.size as f64),
        number(plan.duration_s),
        number(plan.warmup_s)
    );
    if plan.slow > 0 {
        write!(text, ", {} that never read", number(plan.slow)).unwrap_or_default();
    }
    if plan.churn > 0.0 {
        write!(text, ", {}/s come and go", number(plan.churn)).unwrap_or_default();
    }
    text
}

fn deliveries(report: &Report) -> String {
    let traffic = &report.traffic;
    format!(
        "{} = {}/s of {} messages, {:.0} bytes each, {:.1} per read",
        number(traffic.deliveries as f64),
        number(traffic.deliveries_per_s.round()),
        number(traffic.sent as f64),
        traffic.bytes_per_delivery,
        traffic.deliveries_per_read
    )
}

fn quantiles(times: &Quantiles) -> String {
    let Quantiles { p50, p90, p99, p999, max, .. } = times;
    let named = [("p50", p50), ("p90", p90), ("p99", p99), ("p99.9", p999), ("max", max)];
    named.map(|(name, micros)| format!("{name} {}", time(*micros))).join("   ")
}

fn connect(report: &Report) -> String {
    let connect = &report.connect;
    let mut text = format!(
        "{} in {:.2} s = {}/s, p50 {}, p99 {}, max {}",
        number(connect.connections as f64),
        connect.seconds,
        number(connect.per_s.round()),
        time(connect.time_us.p50),
        time(connect.time_us.p99),
        time(connect.time_us.max)
    );
    if connect.churned > 0 {
        write!(text, "; {} came and went", number(connect.churned as f64)).unwrap_or_default();
    }
    text
}

fn checked(checks: &Checks) -> String {
    let faults = &checks.faults;
    let named = [
        ("lost", faults.lost),
        ("doubled", faults.doubled),
        ("disordered", faults.disordered),
        ("wrong room", faults.wrong_room),
        ("altered", faults.altered),
        ("conflicting", faults.conflicting),
        ("dropped", faults.dropped),
    ];
    let named = named.map(|(name, count)| format!("{name} {}", number(count as f64)));
    format!("{}: {}", number(checks.checked as f64), named.join(", "))
}

/// What is no fault but makes the numbers worth less.
fn trouble(lines: &mut Lines, checks: &Checks) {
    let told = [
        (checks.refused, "refused by the server (raise ROOMCAST_LIMITS__MESSAGES)"),
        (checks.gaps, "that the server said it would not send"),
        (checks.stuck, "not waited for any longer after 3 s"),
    ];
    for (count, what) in told.into_iter().filter(|(count, _)| *count > 0) {
        lines.add("", &format!("{} {what}", plural(count, "message")));
    }
    if let Some(first) = &checks.first_trouble {
        lines.add("", &format!("first trouble: {first}"));
    }
}

fn cpu(server: &Server) -> String {
    let cores = server.cores.map_or_else(String::new, |cores| format!(" of {cores}"));
    let busy = format!(
        "{:.2}{cores} cores busy, {:.0} µs per connect",
        server.busy_cores, server.cpu_us_per_connect
    );
    match (server.cpu_us_per_delivery, server.user_us_per_delivery, server.system_us_per_delivery) {
        (Some(all), Some(user), Some(system)) => {
            format!("{all:.3} µs per delivery (user {user:.3}, system {system:.3}), {busy}")
        }
        _ => busy,
    }
}

fn memory(server: &Server) -> String {
    format!(
        "{:.2} KiB per connection, {:.1} MiB at the end, {:.1} MiB at most",
        server.bytes_per_connection / 1024.0,
        server.rss_bytes as f64 / 1_048_576.0,
        server.peak_bytes as f64 / 1_048_576.0
    )
}

fn generator(report: &Report) -> String {
    let own = &report.generator;
    let mut text = format!("{:.0} % of a core", own.busy * 100.0);
    if report.plan.rate.is_some() {
        write!(text, ", late by {} at most", time(own.late_us)).unwrap_or_default();
    }
    if own.busy > BUSY {
        text.push_str(": busy all the time, these are its limits and not the server's");
    }
    text
}

const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Kept => "everyone got everything, once, in order",
        Verdict::Broken => "BROKEN: see `checked`",
    }
}

fn plural(count: impl Into<Count>, what: &str) -> String {
    let Count(count) = count.into();
    format!("{} {what}{}", number(count), if count == 1.0 { "" } else { "s" })
}

/// A number of anything.
struct Count(f64);

impl From<u32> for Count {
    fn from(count: u32) -> Self {
        Self(count.into())
    }
}

impl From<u64> for Count {
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    fn from(count: u64) -> Self {
        Self(count as f64)
    }
}

/// With commas between thousands, and a fraction only where there is one.
fn number(value: impl Into<f64>) -> String {
    let text = value.into().to_string();
    let (whole, fraction) = text.find('.').map_or((text.as_str(), ""), |at| text.split_at(at));
    let mut grouped = String::new();
    for (at, digit) in whole.char_indices() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + fraction
}

/// Microseconds in the unit that fits.
fn time(micros: f64) -> String {
    match micros {
        ..1_000.0 => format!("{micros:.0} µs"),
        ..1_000_000.0 => format!("{:.2} ms", micros / 1e3),
        _ => format!("{:.2} s", micros / 1e6),
    }
}

#[cfg(test)]
mod tests;
