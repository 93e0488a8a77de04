//! The configuration, as a user meets it.

use crate::support::Place;

#[test]
fn check_finds_every_mistake_and_says_where() {
    let place = Place::new();
    place.write("roomcast.toml", "[server]\nlisen = \"127.0.0.1:3000\"\n\n[limits]\nmessages = 5\n");
    let done = place.command(&["config", "check"]).env("ROOMCAST_STORE__URI", "memory").output().unwrap();
    assert_eq!(done.status.code(), Some(78));
    let stderr = String::from_utf8(done.stderr).unwrap();
    let expected = [
        "error: ./roomcast.toml:2:1: unknown key `lisen` in [server]",
        " help: did you mean `listen`?",
        "error: ./roomcast.toml:5:12: limits.messages: a string belongs here, this is a whole number",
        " help: write a rate such as \"10/1s\"",
        "error: ROOMCAST_STORE__URI: no key is set by this variable",
        " help: did you mean ROOMCAST_STORE__URL?",
    ];
    assert_eq!(stderr.lines().collect::<Vec<_>>(), expected);
    assert_eq!(place.run(&["serve"]).code, 78, "the server does not start with it");
}

#[test]
fn check_is_content_with_what_init_wrote_and_init_overwrites_nothing() {
    let place = Place::new();
    assert_eq!(place.run(&["config", "init"]).code, 0);
    assert_eq!(place.run(&["config", "check"]).code, 0);
    let written = place.read("roomcast.toml");
    let again = place.run(&["config", "init"]);
    assert_eq!(again.code, 1);
    assert!(again.errors()[0].1.contains("--config"));
    assert_eq!(place.read("roomcast.toml"), written);
    assert_eq!(place.run(&["config", "init", "--config", "other.toml"]).code, 0);
}

#[test]
fn a_file_that_is_named_must_be_there() {
    let done = Place::new().run(&["config", "check", "--config", "nowhere.toml"]);
    assert_eq!(done.code, 78);
    assert!(done.errors()[0].0.contains("nowhere.toml") && done.errors()[0].0.contains("cannot be read"));
}

#[test]
fn show_prints_what_is_in_force_and_where_it_came_from() {
    let place = Place::new();
    place.write("roomcast.toml", "[limits]\nper_ip = 7\nconnections = 70\n");
    let output =
        place.command(&["config", "show", "--origin"]).env("ROOMCAST_LIMITS__PER_IP", "9").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line = |key: &str| {
        text.lines()
            .find(|line| line.starts_with(key))
            .unwrap()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(line("per_ip"), "per_ip = 9 # ROOMCAST_LIMITS__PER_IP");
    assert_eq!(line("connections"), "connections = 70 # ./roomcast.toml:3:1");
    assert_eq!(line("level"), "level = \"info\" # default");
}

#[test]
fn files_are_looked_for_near_before_far() {
    let place = Place::new();
    let home = place.0.path().join(".config/roomcast");
    std::fs::create_dir_all(&home).unwrap();
    std::fs::write(home.join("roomcast.toml"), "[limits]\nper_ip = 1\n").unwrap();
    assert!(place.run(&["config", "show"]).stdout.contains("per_ip = 1\n"));
    place.write("roomcast.toml", "[limits]\nper_ip = 2\n");
    assert!(place.run(&["config", "show"]).stdout.contains("per_ip = 2\n"));
    place.write("named.toml", "[limits]\nper_ip = 3\n");
    assert!(place.run(&["config", "show", "--config", "named.toml"]).stdout.contains("per_ip = 3\n"));
}

#[test]
fn nonsense_in_rust_log_is_a_mistake_in_the_configuration() {
    let done = Place::new()
        .command(&["serve", "--store", "memory"])
        .env("RUST_LOG", "roomcast=loud")
        .output()
        .unwrap();
    assert_eq!(done.status.code(), Some(78));
    assert!(String::from_utf8(done.stderr).unwrap().starts_with("error: RUST_LOG: "));
}
