//! `roomcast move` to PostgreSQL and back: clients do not notice, and whatever differs is seen.

use super::{
    VARIABLE,
    cluster::{Cluster, PASSWORD},
    guarded,
    lines::exported,
    until,
};
use crate::{
    client::Socket,
    support::{Done, Place, Running},
};
use serde_json::json;
use std::{process::Stdio, time::Duration};

fn serve(place: &Place, address: &str) -> Running {
    place.serve_with(&[], |command| {
        command.env(VARIABLE, address).env("ROOMCAST_LIMITS__MESSAGES", "1000000/1s");
    })
}

fn moved(place: &Place, from: &str, to: &str) -> Done {
    let done = place.must(&["move", "--from", from, "--to", to]);
    let rows: Vec<Vec<&str>> = done.stdout.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!((rows[0][0], rows[1][0], rows.len()), ("room", "a-room", 8), "{done:?}");
    assert!(rows[1..].iter().all(|row| row[3].len() == 64 && row[3] == row[4]), "{done:?}");
    assert!(!done.stderr.contains(PASSWORD) && !done.stdout.contains(PASSWORD), "{done:?}");
    done
}

/// Positions and nonces are good, and the next message gets the next number, `head + 1`.
fn goes_on(server: &Running, head: u64) {
    let path = format!("/chat/red?user=ann&since={}&epoch=e123", head - 20);
    let mut ann = Socket::open(server.chat, &path);
    let joined = ann.expect("joined");
    assert_eq!((&joined["recovered"], &joined["head"]), (&json!(true), &json!(head)));
    (head - 19..=head).for_each(|seq| assert_eq!(ann.expect("message")["seq"], seq));
    assert_eq!(ann.say("x", "n300"), 300, "a repeated nonce finds the first message");
    assert_eq!(ann.say("new", &format!("new {head}")), head + 1);
}

#[test]
fn there_and_back_is_the_same_byte_for_byte_and_clients_resume() {
    let (place, cluster) = (Place::new(), Cluster::start());
    let (address, text) = (guarded(&cluster), exported(&place));
    let export = |args: &[&str]| place.must(&[&["export"], args].concat()).stdout;
    let done = moved(&place, "sqlite:old", &address);
    assert!(
        done.stderr.contains("copied 3909 messages in 7 rooms from sqlite:old to postgres://"),
        "{done:?}"
    );
    assert!(export(&["--store", &address]) == text);
    moved(&place, &address, "sqlite:new");
    assert!(export(&["--data-dir", "new"]) == text);

    let server = serve(&place, &address);
    goes_on(&server, 2600);
    server.stop();
    let text = export(&["--store", &address]);
    moved(&place, &address, "sqlite:newer");
    assert!(export(&["--data-dir", "newer"]) == text);
    goes_on(&place.serve_on("newer"), 2601);
    let other = guarded(&cluster);
    moved(&place, &address, &other);
    goes_on(&serve(&place, &other), 2601);
}

/// Tables without messages.
fn with_tables(place: &Place, cluster: &Cluster) -> String {
    let address = guarded(cluster);
    serve(place, &address).stop();
    address
}

#[test]
fn what_differs_in_the_target_is_seen() {
    let (place, cluster) = (Place::new(), Cluster::start());
    exported(&place);
    for (room, plant) in [
        ("aroom", "IF NEW.seq = 1000 THEN NEW.content := 'other'; END IF; RETURN NEW"),
        (
            "zoo",
            "IF NEW.room_id = (SELECT id FROM roomcast.rooms WHERE name = 'zoo') THEN NEW.at := 6; END IF; RETURN NEW",
        ),
    ] {
        let address = with_tables(&place, &cluster);
        let trigger = format!(
            "CREATE FUNCTION roomcast.plant() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {plant}; END $$;
             CREATE TRIGGER plant BEFORE INSERT ON roomcast.messages FOR EACH ROW EXECUTE FUNCTION roomcast.plant()"
        );
        cluster.sql(&address, &trigger);
        let done = place.run(&["move", "--from", "sqlite:old", "--to", &address]);
        assert_eq!(done.code, 1, "{done:?}");
        let (cause, help) = &done.errors()[0];
        assert!(cause.contains("does not hold what sqlite:old holds"), "{cause}");
        assert!(help.contains("go on with the store you came from"), "{help}");
        let line = done.stdout.lines().find(|line| line.starts_with(&format!("{room}\t"))).unwrap();
        let row: Vec<&str> = line.split('\t').collect();
        assert_ne!(row[3], row[4], "{line}");
        assert!(!done.stdout.contains(PASSWORD) && !done.stderr.contains(PASSWORD), "{done:?}");
    }
}

#[test]
fn a_move_refuses_what_would_mix_or_lose() {
    let (place, cluster) = (Place::new(), Cluster::start());
    let (empty, full) = (guarded(&cluster), guarded(&cluster));
    exported(&place);
    place.must(&["import", "--store", &full, "old.jsonl"]);
    let fails = |from: &str, to: &str| place.fails(&["move", "--from", from, "--to", to]);
    assert!(fails(&empty, "sqlite:x").0.ends_with("there are no tables"));
    assert!(fails("sqlite:old", &full).0.ends_with("has messages already"));
    assert!(fails("sqlite:nowhere", &empty).0.contains("no database in nowhere"));
    let gone = "postgres://ann:s3cret@127.0.0.1:1/chat";
    assert!(fails(gone, "sqlite:x").0.contains("ann:***@127.0.0.1:1/chat cannot be reached"));
    let same = place.run(&["move", "--from", &full, "--to", &full]);
    assert_eq!((same.code, same.errors().len()), (2, 1), "{same:?}");
    let alias = full.replace("127.0.0.1", "localhost");
    assert!(fails(&full, &alias).0.ends_with("is in use, by a server or by another command"));

    let server = serve(&place, &empty);
    assert!(fails("sqlite:old", &empty).0.ends_with("is in use, by a server or by another command"));
    server.stop();
    place.must(&["move", "--from", "sqlite:old", "--to", &empty]);

    let name = full.rsplit('/').next().unwrap();
    cluster.sql("postgres", &format!("CREATE DATABASE copy TEMPLATE {name}"));
    let copy = cluster.address("postgres", "copy");
    let (cause, help) = fails(&copy, "sqlite:x");
    assert!(cause.ends_with("was restored or copied, and no server has been started on it since"), "{cause}");
    assert!(help.contains("start roomcast on it once"), "{help}");
    assert!(!place.0.path().join("x").exists(), "nothing was made");

    for wrong in ["postgres://ann:s3cret@db", "postgers://ann:s3cret@db/chat", "ann:s3cret@db/chat"] {
        for args in [["move", "--to", "sqlite:x", "--from"], ["export", "--data-dir", "old", "--store"]] {
            let done = place.run(&[&args[..], &[wrong]].concat());
            assert!(done.code == 2 && !done.stderr.contains("s3cret"), "{done:?}");
        }
    }
}

/// An import that stands still just before its commit: servers stay out, and when the database dies nobody is told that
/// it was done.
#[test]
fn servers_wait_for_an_import_and_a_lost_commit_is_not_taken_for_one() {
    let (place, mut cluster) = (Place::new(), Cluster::start());
    exported(&place);
    let address = with_tables(&place, &cluster);
    cluster.at_commit(&address, "PERFORM pg_sleep(600); RETURN NULL");
    let mut import = place.command(&["import", "--store", &address, "old.jsonl"]);
    let import = import.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until(Duration::from_secs(60), || cluster.is_asleep());

    let free = ["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
    let (cause, help) = place.fails(&[&free[..], &["--store", &address]].concat());
    assert!(cause.starts_with("messages are just being moved into postgres://"), "{cause}");
    assert!(help.contains("wait until"), "{help}");
    cluster.kill();
    let done = import.wait_with_output().unwrap();
    let stderr = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("was lost during the commit") && stderr.contains("roomcast export"), "{stderr}");
    assert!(!stderr.contains(PASSWORD), "{stderr}");

    cluster.start_again();
    let left = place.must(&["export", "--store", &address]);
    assert!(left.stderr.contains("exported 0 messages in 0 rooms"), "{left:?}");
    cluster.sql(&address, "DROP TRIGGER at_commit ON roomcast.messages");
    place.must(&["import", "--store", &address, "old.jsonl"]);
}
