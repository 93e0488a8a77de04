//! Retention, as an operator sets it and clients meet it.

use crate::{
    client::{Socket, get, post},
    support::{Place, Running},
};
use serde_json::json;
use std::time::{Duration, Instant};

fn say(server: &Running, n: usize) {
    for _ in 0..n {
        let said = post(server.chat, "/api/v1/rooms/red/messages", &json!({"content": "x"}));
        assert_eq!(said.status, 201, "{said:?}");
    }
}

fn forgotten(server: &Running) -> u64 {
    let metrics = get(server.admin, "/metrics").body;
    let line = metrics.lines().find_map(|line| line.strip_prefix("roomcast_messages_forgotten_total "));
    line.unwrap().parse().unwrap()
}

fn until_forgotten(server: &Running, messages: u64) {
    let end = Instant::now() + Duration::from_secs(20);
    while forgotten(server) < messages {
        assert!(Instant::now() < end, "{} were forgotten", forgotten(server));
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_room_keeps_so_many_messages_and_who_comes_from_below_is_told() {
    let place = Place::new();
    let settings = "[retention]\nmax_messages = 5\nevery = \"1s\"\n[limits]\nmessages = \"1000/1s\"\n";
    place.write("roomcast.toml", settings);
    let mut server = place.serve(&[]);
    let mut ann = Socket::open(server.chat, "/chat/red?user=ann");
    let epoch = ann.expect("joined")["epoch"].as_str().unwrap().to_owned();
    say(&server, 12);
    until_forgotten(&server, 7);
    server.logged("retention has removed messages");

    let page = get(server.chat, "/api/v1/rooms/red/messages?after=0").json();
    assert_eq!((&page["messages"][0]["seq"], &page["more"]), (&json!(8), &json!(false)));
    let mut bob = Socket::open(server.chat, &format!("/chat/red?user=bob&since=6&epoch={epoch}"));
    let reset = bob.expect("reset");
    assert_eq!((&reset["reason"], &reset["head"]), (&json!("retention"), &json!(12)));
    let mut eve = Socket::open(server.chat, &format!("/chat/red?user=eve&since=7&epoch={epoch}"));
    assert_eq!(eve.expect("joined")["recovered"], true);
    assert_eq!(eve.expect("message")["seq"], 8);
}

#[test]
fn what_is_old_goes_at_the_next_start() {
    let place = Place::new();
    let mut server = place.serve(&["--data-dir", "data"]);
    say(&server, 3);
    server.signal(rustix::process::Signal::TERM);
    assert_eq!(server.wait(Duration::from_secs(5)), Some(0));
    let server = place.serve_with(&["--data-dir", "data"], |command| {
        command.env("ROOMCAST_RETENTION__MAX_AGE", "1ms");
    });
    until_forgotten(&server, 2);
    let page = get(server.chat, "/api/v1/rooms/red/messages").json();
    assert_eq!(page["messages"].as_array().unwrap().len(), 1, "the newest stays: {page}");
}
