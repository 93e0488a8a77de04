//! Help, completions, exit codes.

use crate::client::get;
use crate::support::Place;
use std::net::TcpListener;

const COMMANDS: [&[&str]; 16] = [
    &[],
    &["serve"],
    &["config"],
    &["config", "check"],
    &["config", "init"],
    &["config", "show"],
    &["healthcheck"],
    &["token"],
    &["token", "new"],
    &["token", "check"],
    &["backup"],
    &["restore"],
    &["export"],
    &["import"],
    &["move"],
    &["completions"],
];

#[test]
fn every_help_fits_a_screen_and_has_an_example() {
    let place = Place::new();
    for command in COMMANDS {
        let done = place.run(&[command, &["--help"]].concat());
        assert_eq!(done.code, 0);
        assert!(done.stdout.lines().count() <= 40, "{}", done.stdout);
        assert!(done.stdout.contains("Example:\n"), "{}", done.stdout);
        assert!(done.stdout.lines().all(|line| line.len() <= 100), "{}", done.stdout);
        assert_eq!(done.stderr, "");
    }
    assert_eq!(place.run(&["--version"]).stdout, format!("roomcast {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn completions_name_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let done = Place::new().run(&["completions", shell]);
        assert_eq!(done.code, 0);
        assert!(done.stdout.contains("healthcheck") && done.stdout.contains("admin-listen"), "{shell}");
    }
}

#[test]
fn a_wrong_command_line_is_2() {
    for args in [
        &["--listen", "here"][..],
        &["--no-such-flag"],
        &["serv"],
        &["--store", "postgres://x"],
        &["healthcheck", "--url", "https://x/"],
    ] {
        let done = Place::new().run(args);
        assert_eq!(done.code, 2, "{done:?}");
        assert!(done.stdout.is_empty() && done.stderr.starts_with("error: "));
    }
}

#[test]
fn strangers_are_not_let_in_by_accident() {
    for address in ["0.0.0.0:0", "[::]:0"] {
        let done = Place::new().run(&["--listen", address, "--admin-listen", "127.0.0.1:0"]);
        assert_eq!(done.code, 78);
        assert!(done.errors()[0].1.contains("--i-know"), "{done:?}");
    }
    let place = Place::new();
    let server = place.serve_with(&["--i-know"], |command| {
        command.env("ROOMCAST_SERVER__LISTEN", "0.0.0.0:0");
    });
    assert_eq!(get(server.admin, "/readyz").status, 200);
}

#[test]
fn a_port_that_is_taken_is_1_with_a_way_out() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let _held = TcpListener::bind(taken).unwrap();
    let (taken, free) = (taken.to_string(), "127.0.0.1:0");
    for (chat, admin, flag) in [(taken.as_str(), free, "--listen"), (free, taken.as_str(), "--admin-listen")]
    {
        let done = Place::new().run(&["--listen", chat, "--admin-listen", admin]);
        assert_eq!(done.code, 1);
        let (cause, help) = &done.errors()[0];
        assert!(cause.contains(&taken) && cause.contains("another program has it"), "{cause}");
        assert!(help.contains(flag), "{help}");
    }
}

#[test]
fn a_second_server_does_not_share_the_port() {
    let place = Place::new();
    let first = place.serve(&["--store", "memory"]);
    let done = place.run(&[
        "--listen",
        &first.chat.to_string(),
        "--admin-listen",
        "127.0.0.1:0",
        "--store",
        "memory",
    ]);
    assert_eq!(done.code, 1, "{done:?}");
}

#[test]
fn memory_leaves_nothing_on_the_disk() {
    let place = Place::new();
    drop(place.serve(&["--store", "memory"]));
    assert_eq!(std::fs::read_dir(place.0.path()).unwrap().count(), 0);
}

#[test]
fn healthcheck_says_it_with_its_exit_code() {
    let place = Place::new();
    let server = place.serve(&["--store", "memory"]);
    let url = |path: &str| format!("http://{}{path}", server.admin);
    assert_eq!(place.run(&["healthcheck", "--url", &url("/readyz")]).code, 0);
    let not_there = place.run(&["healthcheck", "--url", &url("/nothing")]);
    assert_eq!((not_there.code, not_there.errors().len()), (1, 1));
    let configured = place
        .command(&["healthcheck"])
        .env("ROOMCAST_METRICS__LISTEN", server.admin.to_string())
        .status()
        .unwrap();
    assert_eq!(configured.code(), Some(0));
    drop(TcpListener::bind("127.0.0.1:0").map(|free| free.local_addr().unwrap()).map(|free| {
        assert_eq!(place.run(&["healthcheck", "--url", &format!("http://{free}/readyz")]).code, 1);
    }));
}
