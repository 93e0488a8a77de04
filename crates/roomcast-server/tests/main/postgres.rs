//! The server on a PostgreSQL database: what it does while that is gone, and that nobody is shown the password.

#[path = "../../../roomcast-store/tests/postgres/cluster.rs"]
#[expect(dead_code, reason = "shared with the tests of the store, which use all of it")]
mod cluster;
mod moving;
mod lines;

use crate::client::{get, post};
use crate::support::{Place, Running};
use cluster::{Cluster, GUARDED, PASSWORD};
use serde_json::json;
use std::time::{Duration, Instant};

const RED: &str = "/api/v1/rooms/red/messages";
const VARIABLE: &str = "ROOMCAST_STORE__URL";

/// The address of a database whose user has a password.
fn guarded(cluster: &Cluster) -> String {
    let database = cluster.database();
    let name = database.rsplit('/').next().unwrap();
    cluster.sql(&database, &format!("ALTER DATABASE {name} OWNER TO {GUARDED}"));
    format!("postgres://{GUARDED}:{PASSWORD}@127.0.0.1:{}/{name}", cluster.port())
}

fn serve(place: &Place, address: &str) -> Running {
    place.serve_with(&[], |command| {
        command.env(VARIABLE, address).env("RUST_LOG", "trace");
    })
}

fn until(limit: Duration, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < limit, "not within {limit:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn it_says_that_the_database_is_gone_and_comes_back_with_it() {
    let (place, mut cluster) = (Place::new(), Cluster::start());
    let address = guarded(&cluster);
    let mut server = serve(&place, &address);
    let say = |n: u32| post(server.chat, RED, &json!({"content": "hello", "nonce": n.to_string()}));
    assert_eq!((say(1).status, get(server.admin, "/readyz").status), (201, 200));

    cluster.kill();
    until(Duration::from_secs(5), || get(server.admin, "/readyz").status == 503);
    assert_eq!(get(server.admin, "/healthz").status, 200);
    let start = Instant::now();
    assert_eq!(say(2).problem().0, 503);
    assert!(start.elapsed() < Duration::from_secs(5));

    cluster.start_again();
    until(Duration::from_secs(5), || get(server.admin, "/readyz").status == 200);
    until(Duration::from_secs(5), || say(2).status == 201);
    assert_eq!(say(3).json()["seq"], 3, "nothing was lost and nothing is there twice");

    let second = serve(&place, &address);
    assert_eq!(get(second.chat, RED).json()["messages"].as_array().unwrap().len(), 3, "shared by servers");
    server.signal(rustix::process::Signal::TERM);
    assert_eq!(server.wait(Duration::from_secs(10)), Some(0));
    let log = server.log_until_ready().to_owned() + &server.rest_of_log();
    assert!(!log.contains(PASSWORD), "the log tells the password");
    assert!(log.contains("messages are written again"), "{log}");
    let data = std::fs::read_dir(place.0.path()).unwrap().count();
    assert_eq!(data, 0, "nothing is left in the data directory");
}

#[test]
fn it_does_not_start_without_its_database() {
    let place = Place::new();
    let done = place.run(&[
        "--listen",
        "127.0.0.1:0",
        "--admin-listen",
        "127.0.0.1:0",
        "--store",
        "postgres://ann:s3cret@127.0.0.1:1/chat",
    ]);
    assert_eq!(done.code, 1, "{done:?}");
    let (cause, help) = &done.errors()[0];
    assert!(cause.contains("postgres://ann:***@127.0.0.1:1/chat cannot be reached"), "{cause}");
    assert!(help.contains("check that PostgreSQL runs there"), "{help}");
}

#[test]
fn no_command_shows_the_password() {
    let place = Place::new();
    let texts = |args: &[&str], value: &str| {
        let out = place.command(args).env(VARIABLE, value).output().unwrap();
        (out.status.code(), String::from_utf8([out.stdout, out.stderr].concat()).unwrap())
    };
    let (code, shown) = texts(&["config", "show", "--origin"], "postgres://ann:s3cret@db.example/chat");
    assert!(code == Some(0) && shown.contains("postgres://ann:***@db.example:5432/chat"), "{shown}");
    let (code, checked) = texts(&["config", "check"], "postgres://ann:s3cret@db.example/chat");
    assert!(code == Some(0) && !checked.contains("s3cret"), "{checked}");
    let (code, checked) = texts(&["config", "check"], "postgres://ann:s3cret@db.example");
    assert!(code == Some(78) && checked.contains("it names no database"), "{checked}");
    assert!(!checked.contains("s3cret"), "{checked}");
    let flag = place.run(&["--store", "postgers://ann:s3cret@db.example/chat"]);
    assert!(flag.code == 2 && flag.stderr.starts_with("error: --store"), "{flag:?}");
    assert!(!flag.stderr.contains("s3cret"), "{flag:?}");
    for line in ["url = postgres://ann:s3cret@db/chat", "url = [\"postgres://ann:s3cret@db/chat\"]"] {
        place.write("roomcast.toml", &format!("[store]\n{line}\n"));
        let done = place.run(&["config", "check"]);
        assert!(done.code == 78 && !done.stderr.contains("s3cret"), "{done:?}");
    }
}
