use super::*;
use crate::report::{Connect, Faults, Generator, Traffic, VERSION};

fn report() -> Report {
    Report {
        version: VERSION,
        plan: Load {
            label: None,
            url: "ws://127.0.0.1:3000".into(),
            rooms: 1,
            members: 1_000,
            publishers: 1_000,
            rate: Some(50.0),
            window: None,
            size: 64,
            slow: 0,
            churn: 0.0,
            storm: false,
            warmup_s: 1.0,
            duration_s: 5.0,
        },
        connect: Connect {
            connections: 1_000,
            seconds: 0.05,
            per_s: 20_000.0,
            time_us: Quantiles { p50: 2_000.0, p99: 30_000.0, max: 31_000.0, ..Quantiles::default() },
            churned: 0,
        },
        traffic: Traffic {
            sent: 250,
            sent_per_s: 50.0,
            deliveries: 250_000,
            deliveries_per_s: 50_000.4,
            bytes_per_delivery: 173.4,
            deliveries_per_read: 1.0,
        },
        latency_us: Quantiles {
            p50: 900.0,
            p90: 1_500.0,
            p99: 2_000.0,
            p999: 2_500.0,
            max: 3_000_000.0,
            mean: 1.0,
        },
        checks: Checks { checked: 300_000, expected: 300_000, ..Checks::default() },
        server: Some(Server {
            pid: 7,
            cores: Some(2),
            busy_cores: 0.25,
            others_busy_cores: Some(0.01),
            cpu_us_per_delivery: Some(5.0),
            user_us_per_delivery: Some(0.5),
            system_us_per_delivery: Some(4.5),
            cpu_us_per_connect: 55.5,
            bytes_per_connection: 1_536.0,
            rss_bytes: 20 << 20,
            peak_bytes: 30 << 20,
        }),
        generator: Generator { busy: 0.26, late_us: 150.0 },
    }
}

#[test]
fn a_good_run() {
    let expected = "\
load            1 room × 1,000 members, 50 messages/s of 64 bytes, 5 s after 1 s
deliveries      250,000 = 50,000/s of 250 messages, 173 bytes each, 1.0 per read
latency         p50 900 µs   p90 1.50 ms   p99 2.00 ms   p99.9 2.50 ms   max 3.00 s
connect         1,000 in 0.05 s = 20,000/s, p50 2.00 ms, p99 30.00 ms, max 31.00 ms
checked         300,000: lost 0, doubled 0, disordered 0, wrong room 0, altered 0, conflicting 0, dropped 0
server CPU      5.000 µs per delivery (user 0.500, system 4.500), 0.25 of 2 cores busy, 56 µs per connect
server memory   1.50 KiB per connection, 20.0 MiB at the end, 30.0 MiB at most
load generator  26 % of a core, late by 150 µs at most
verdict         everyone got everything, once, in order
";
    assert_eq!(report().text(), expected);
    assert!(expected.lines().all(|line| line.chars().count() <= 110));
}

#[test]
fn everything_that_makes_a_run_worth_less_is_told() {
    let mut report = report();
    (report.plan.rate, report.plan.window) = (None, Some(512));
    (report.plan.slow, report.plan.churn, report.connect.churned) = (5, 2.5, 12);
    report.checks.faults = Faults { lost: 3, ..Faults::default() };
    (report.checks.refused, report.checks.gaps, report.checks.stuck) = (1, 2, 3);
    report.checks.first_trouble = Some("Member 7 while Joined: reset".into());
    report.generator.busy = 0.97;
    report.server.as_mut().unwrap().others_busy_cores = Some(0.8);
    let text = report.text();
    for part in [
        "512 messages under way",
        "5 that never read, 2.5/s come and go",
        "12 came and went",
        "lost 3,",
        "1 message refused",
        "2 messages that the server said",
        "3 messages not waited for",
        "first trouble: Member 7",
        "others kept 0.80 cores busy",
        "its limits and not the server's",
        "verdict         BROKEN",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn numbers_and_times_are_readable() {
    assert_eq!([1.0, 999.0, 1000.0, 1234567.5].map(number), ["1", "999", "1,000", "1,234,567.5"]);
    assert_eq!([12.4, 1234.0, 2_500_000.0].map(time), ["12 µs", "1.23 ms", "2.50 s"]);
    assert_eq!([plural(1_u32, "room"), plural(2_u32, "room")], ["1 room", "2 rooms"]);
}
