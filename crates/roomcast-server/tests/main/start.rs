//! Why a server does not start: two lines, exit code 1.

use crate::support::{Done, Place};

fn fails(place: &Place, data: &str) -> (String, String) {
    let done: Done =
        place.run(&["serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data-dir", data]);
    assert_eq!(done.code, 1, "{done:?}");
    let mut errors = done.errors();
    assert_eq!(errors.len(), 1, "{done:?}");
    errors.remove(0)
}

#[test]
fn a_data_directory_belongs_to_one_server() {
    let place = Place::new();
    let server = place.serve(&["--data-dir", "data"]);
    let (cause, help) = fails(&place, "data");
    assert_eq!(cause, format!("data is in use by another roomcast server (process {})", server.pid()));
    assert!(help.starts_with("stop that one first"), "{help}");
}

#[test]
fn a_file_in_its_place_is_named() {
    let place = Place::new();
    place.write("file: x", "");
    let (cause, help) = fails(&place, "file: x");
    assert_eq!(cause, "file: x is not a directory");
    assert!(help.contains("choose another data directory"), "{help}");
    let (cause, help) = fails(&place, "/proc/roomcast");
    assert!(cause.starts_with("/proc/roomcast could not be opened: "), "{cause}");
    assert!(help.contains("--data-dir"), "{help}");
}

#[test]
fn what_is_no_database_or_a_newer_one_is_left_alone() {
    let place = Place::new();
    std::fs::create_dir(place.0.path().join("data")).unwrap();
    let garbage = "no database ".repeat(1000);
    place.write("data/roomcast.db", &garbage);
    let (cause, help) = fails(&place, "data");
    assert!(cause.starts_with("data/roomcast.db is damaged or not a database"), "{cause}");
    assert!(help.starts_with("restore a backup"), "{help}");
    assert_eq!(place.read("data/roomcast.db"), garbage);

    let mut server = place.serve(&["--data-dir", "new"]);
    server.signal(rustix::process::Signal::TERM);
    assert_eq!(server.wait(std::time::Duration::from_secs(5)), Some(0));
    let path = place.0.path().join("new/roomcast.db");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[60..64].copy_from_slice(&99_u32.to_be_bytes()); // user_version, by SQLite's file format §1.3
    std::fs::write(&path, bytes).unwrap();
    let (cause, help) = fails(&place, "new");
    assert!(cause.starts_with("new/roomcast.db has schema version 99"), "{cause}");
    assert!(help.starts_with("run a newer roomcast"), "{help}");
}

#[test]
fn what_was_said_is_there_after_a_restart() {
    let place = Place::new();
    for expected in [1, 2] {
        let mut server = place.serve(&["--data-dir", "data"]);
        let sent = crate::client::post(
            server.chat,
            "/api/v1/rooms/red/messages",
            &serde_json::json!({"content": "x"}),
        );
        assert_eq!(sent.json()["seq"], expected);
        server.signal(rustix::process::Signal::TERM);
        assert_eq!(server.wait(std::time::Duration::from_secs(5)), Some(0));
    }
}
