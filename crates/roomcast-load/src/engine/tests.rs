//! What a run does at most at a time, against a server that takes connections and then does nothing.

use super::*;
use crate::Pace;
use publishing::MAX_UNSENT_BYTES;
use std::net::TcpListener;

/// A plan for a server that never says a word, and that server.
fn silence(plan: Plan) -> (TcpListener, Plan) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    (listener, Plan { url, ..plan })
}

/// Runs a test with an engine that has not begun.
fn with_engine(plan: Plan, test: impl FnOnce(&mut Engine<'_>)) {
    let (_server, plan) = silence(plan);
    let mut progress = |_: &Progress| {};
    test(&mut Engine::new(&plan, Target::of(&plan.url, plan.owned).unwrap(), &mut progress).unwrap());
}

/// A member in a seat, as far as TCP's handshake.
fn member(engine: &mut Engine<'_>, seat: usize) {
    engine.open(seat, Role::Member, 0);
    while !engine.seats[seat].as_ref().unwrap().is_connected().unwrap() {
        std::thread::yield_now();
    }
}

/// Sends until the socket takes nothing more and so much is kept.
fn fill(engine: &mut Engine<'_>, seat: usize, unsent: usize) {
    let connection = engine.seats[seat].as_mut().unwrap();
    while connection.unsent_bytes() == 0 {
        connection.send(&[b'x'; 64 * 1024]).unwrap();
    }
    connection.send(&vec![b'x'; unsent - connection.unsent_bytes()]).unwrap();
}

#[test]
fn so_many_connections_are_made_at_a_time_unless_it_is_a_storm() {
    for (storm, n) in [(false, 64), (true, 70)] {
        let connect_within = Duration::from_millis(50);
        with_engine(Plan { members: 70, storm, connect_within, ..Plan::default() }, |engine| {
            assert!(matches!(engine.connect(), Err(LoadError::Connect { joined: 0, wanted: 70, .. })));
            assert_eq!(engine.seats.len(), n);
        });
    }
}

#[test]
fn a_publisher_that_cannot_send_is_passed_over() {
    with_engine(Plan { members: 2, ..Plan::default() }, |engine| {
        member(engine, 0);
        member(engine, 1);
        fill(engine, 0, MAX_UNSENT_BYTES - 1);
        assert_eq!([engine.next_speaker(), engine.next_speaker()], [Some((0, 0)), Some((1, 0))]);
        fill(engine, 0, MAX_UNSENT_BYTES);
        assert_eq!([engine.next_speaker(), engine.next_speaker()], [Some((1, 0)); 2]);
        fill(engine, 1, MAX_UNSENT_BYTES);
        assert!(!engine.say(0), "nobody can speak");
    });
}

#[test]
fn so_many_publishers_are_tried_before_a_message_waits() {
    with_engine(Plan { members: 65, ..Plan::default() }, |engine| {
        // Those before have gone.
        for seat in 0..64 {
            member(engine, seat);
            engine.seats[seat] = None;
        }
        member(engine, 64);
        assert_eq!([engine.next_speaker(), engine.next_speaker()], [None, Some((64, 0))]);
    });
}

#[test]
fn what_is_due_is_said_in_portions_and_a_window_is_filled_at_once() {
    for (pace, portions) in [(Pace::Rate(1e6), [256, 512]), (Pace::Window(300), [300, 300])] {
        with_engine(Plan { members: 1, pace, ..Plan::default() }, |engine| {
            member(engine, 0);
            engine.checker.joined(0, 0);
            // At this rate a thousand are due.
            std::thread::sleep(Duration::from_millis(1));
            engine.schedule.start(0, Duration::from_secs(60));
            let said = portions.map(|_| {
                engine.publish();
                engine.checker.expected()
            });
            assert_eq!(said, portions);
        });
    }
}

#[test]
fn so_many_of_those_who_come_and_go_are_let_in_by_a_server_that_is_slow() {
    let plan = Plan { members: 1, churn: 2.0, ..Plan::default() };
    let most = plan.most_churners();
    with_engine(plan, |engine| {
        member(engine, 0);
        (0..most).for_each(|_| engine.come());
        assert_eq!(engine.seats.len(), 1 + most);
        engine.come();
        assert_eq!(engine.seats.len(), 1 + most);
    });
}
