//! Against the real server, which keeps its promises.

use crate::{report, schema, server::Server, short};
use roomcast_load::{
    LoadError, Pace, Phase, Plan, Report, Verdict,
    report::{Faults, SCHEMA},
    run,
};
use std::time::Duration;

#[track_caller]
fn assert_kept(report: &Report) {
    assert_eq!(report.checks.faults, Faults::default(), "{}", report.text());
    assert_eq!(report.verdict(), Verdict::Kept);
    assert!(report.traffic.deliveries > 0, "{}", report.text());
}

#[test]
fn everything_at_once_at_a_fixed_rate() {
    let server = Server::start();
    let plan = Plan {
        rooms: 3,
        members: 20,
        publishers: Some(5),
        pace: Pace::Rate(200.0),
        slow: 6,
        churn: 40.0,
        warmup: Duration::from_millis(500),
        duration: Duration::from_secs(2),
        server_pid: Some(server.pid()),
        label: Some("everything".into()),
        ..short(server.url())
    };
    let report = report(&plan);
    assert_kept(&report);
    assert_eq!(report.connect.connections, 66);
    assert!(report.connect.churned > 40, "{}", report.text());
    // Some 13 of the 40 who are there for a second are in each room, besides the 20 who stay.
    let expected = 200.0 * 2.0 * 33.0;
    assert!((0.6..1.2).contains(&(report.traffic.deliveries as f64 / expected)), "{}", report.text());
    assert!(report.checks.checked > report.checks.expected, "those who come and go are checked, too");
    let used = report.server.as_ref().unwrap();
    assert!(used.cpu_us_per_delivery.unwrap() > 0.0 && used.rss_bytes > 1_000_000, "{used:?}");
    schema::assert_conforms(SCHEMA, &report.json());
    let text = report.text();
    assert!(
        text.contains("everyone got everything, once, in order") && text.contains("µs per delivery"),
        "{text}"
    );
}

#[test]
fn as_fast_as_it_delivers() {
    let server = Server::start();
    let plan = Plan { members: 50, pace: Pace::Window(64), size: 1_000, ..short(server.url()) };
    let report = report(&plan);
    assert_kept(&report);
    assert_eq!(report.checks.stuck, 0);
    assert!(report.traffic.bytes_per_delivery > 1_000.0, "{}", report.text());
    schema::assert_conforms(SCHEMA, &report.json());
}

#[test]
fn a_storm_and_a_crowd() {
    let server = Server::start();
    let report = report(&Plan { members: 500, pace: Pace::Rate(20.0), storm: true, ..short(server.url()) });
    assert_kept(&report);
    assert_eq!(report.connect.connections, 500);
}

#[test]
fn idle() {
    let server = Server::start();
    let report =
        report(&Plan { pace: Pace::Rate(0.0), server_pid: Some(server.pid()), ..short(server.url()) });
    assert_eq!((report.traffic.sent, report.traffic.deliveries), (0, 0));
    assert_eq!(report.verdict(), Verdict::Kept);
    assert_eq!(report.server.as_ref().unwrap().cpu_us_per_delivery, None);
    schema::assert_conforms(SCHEMA, &report.json());
}

#[test]
fn refused_messages_are_told_and_are_not_lost() {
    let server = Server::start_with(&[("ROOMCAST_LIMITS__MESSAGES", "5/10s")]);
    let report = report(&Plan { members: 2, pace: Pace::Rate(50.0), ..short(server.url()) });
    assert_eq!(report.checks.faults, Faults::default(), "{}", report.text());
    assert!(report.checks.refused > 20, "{}", report.text());
    assert!(report.checks.first_trouble.as_ref().unwrap().contains("rate_limited"), "{}", report.text());
}

#[test]
fn a_server_that_is_full_is_told() {
    let server = Server::start_with(&[("ROOMCAST_LIMITS__CONNECTIONS", "10")]);
    let error = run(&short(server.url()), &mut |_| {}).unwrap_err();
    assert!(matches!(&error, LoadError::Connect { joined: 1.., wanted: 100, .. }), "{error}");
    assert!(error.exit_code() == 1 && error.help().contains("ROOMCAST_LIMITS__CONNECTIONS"), "{error}");
}

#[test]
fn nobody_listens() {
    let plan = short("ws://127.0.0.1:1".into());
    let error = run(&plan, &mut |_| {}).unwrap_err();
    assert!(error.to_string().starts_with("0 of 100 connections were made"), "{error}");
    let error = run(&Plan { rooms: 0, ..plan }, &mut |_| {}).unwrap_err();
    assert_eq!(error.exit_code(), 2);
}

#[test]
fn progress_is_told() {
    let server = Server::start();
    let mut phases = Vec::new();
    run(&short(server.url()), &mut |progress| phases.push(progress.phase)).unwrap();
    phases.dedup();
    assert!(
        phases.contains(&Phase::Connecting) && phases.ends_with(&[Phase::Measuring, Phase::Draining]),
        "{phases:?}"
    );
}
