//! Every fault that a server can commit against one of its members is found, named, and makes the exit code 1.

use crate::{
    fake::{Sabotage, serve},
    report, short,
};
use roomcast_load::{Pace, Plan, Report, report::Faults};
use std::time::Duration;

fn attacked(sabotage: Sabotage, victim: char) -> Report {
    let churn = if victim == 'c' { 20.0 } else { 0.0 };
    let plan =
        Plan { rooms: 2, members: 4, churn, pace: Pace::Rate(200.0), ..short(serve(sabotage, victim)) };
    report(&Plan { drain: Duration::from_secs(1), warmup: Duration::from_millis(500), ..plan })
}

/// One delivery in each of the two rooms is spoiled.
#[track_caller]
fn assert_found(sabotage: Sabotage, expected: &Faults) {
    let report = attacked(sabotage, 'm');
    assert_eq!(&report.checks.faults, expected, "{sabotage:?}\n{}", report.text());
    assert_eq!(report.verdict().exit_code(), u8::from(sabotage != Sabotage::Nothing));
    assert!(report.checks.checked > 1_000, "{}", report.text());
}

#[test]
fn a_good_server_is_found_good() {
    assert_found(Sabotage::Nothing, &Faults::default());
}

#[test]
fn a_lost_delivery() {
    assert_found(Sabotage::Lose, &Faults { lost: 2, ..Faults::default() });
}

#[test]
fn a_doubled_delivery() {
    assert_found(Sabotage::Double, &Faults { doubled: 2, ..Faults::default() });
}

#[test]
fn swapped_deliveries() {
    assert_found(Sabotage::Swap, &Faults { disordered: 2, ..Faults::default() });
}

#[test]
fn a_delivery_of_another_room() {
    // What came under a wrong name is missing under the right one.
    assert_found(Sabotage::Rename, &Faults { wrong_room: 2, lost: 2, ..Faults::default() });
}

#[test]
fn an_altered_delivery() {
    assert_found(Sabotage::Alter, &Faults { altered: 2, lost: 2, ..Faults::default() });
}

#[test]
fn a_message_that_is_stored_twice() {
    // To four members in each of two rooms.
    assert_found(Sabotage::StoreTwice, &Faults { conflicting: 8, ..Faults::default() });
}

#[test]
fn a_dropped_connection() {
    let report = attacked(Sabotage::Close, 'm');
    assert_eq!(report.checks.faults.dropped, 2, "{}", report.text());
    assert_eq!(report.verdict().exit_code(), 1);
    assert!(
        report.checks.first_trouble.as_ref().unwrap().contains("closed by the server"),
        "{}",
        report.text()
    );
}

#[test]
fn a_hole_for_those_who_come_and_go() {
    let good = attacked(Sabotage::Nothing, 'c');
    assert_eq!(good.checks.faults, Faults::default(), "{}", good.text());
    let report = attacked(Sabotage::Lose, 'c');
    assert!(report.checks.faults.lost > 0, "{}", report.text());
    assert_eq!(report.checks.faults.total(), report.checks.faults.lost, "{}", report.text());
    assert_eq!(report.verdict().exit_code(), 1);
}
