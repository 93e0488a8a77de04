//! F5 and F6: a disk that is full, and one that fails.

use std::time::Duration;

use e2e::fault::{self, disk::SmallDisk, strace::Strace};
use e2e::load::People;
use e2e::stream::messages;
use e2e::{Client, Server};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::{NO_LIMIT, assert_works, can_trace, say, serve_again};

/// How long it may take until a fault shows, and until it has passed.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn f5_on_a_full_disk_writing_is_refused_reading_goes_on_and_writing_comes_back_by_itself() {
    let mut server = Server::stopped(&[NO_LIMIT]);
    let Some(disk) = SmallDisk::mount(&server.data(), 48) else {
        return fault::skipped("F5", "this user may not mount a tmpfs");
    };
    server.restart().await;
    let mut probe = Client::chat(&server, "probe", "ann").await;
    assert_eq!(say(&mut probe, "before").await["type"], "ack");
    let visit = People::new(4, 2, 1_000).enter(&server).await;
    for round in 0..fault::size(1, 5) {
        sleep(Duration::from_millis(300)).await;
        disk.fill();
        let refusal = until(&mut probe, &format!("full{round}"), "error").await;
        assert_eq!(
            (&refusal["code"], &refusal["temporary"]),
            (&json!("unavailable"), &json!(true)),
            "{refusal}"
        );
        assert_reading_and_live(&server, &mut probe).await;
        disk.relieve();
        until(&mut probe, &format!("relieved{round}"), "ack").await;
    }
    let people = visit.finish().await;
    let refused = people.n_unsettled();
    let mut people = people.settle(&server).await;
    people.check(&server).await;
    fault::measured("F5", &format!("{} acknowledged, {refused} refused, no restart", people.n_acked()));
    server.terminate();
    assert_eq!(server.ended().await.0.code(), Some(0), "{}", server.log());
}

/// Says things until one is answered so; the answer.
async fn until(client: &mut Client, nonce: &str, answer: &str) -> Value {
    let deadline = Instant::now() + PATIENCE;
    for number in 0.. {
        let reply = say(client, &format!("{nonce}-{number}")).await;
        if reply["type"] == answer {
            return reply;
        }
        assert!(Instant::now() < deadline, "still {reply}");
        sleep(Duration::from_millis(10)).await;
    }
    unreachable!("the deadline passes")
}

/// History is answered, people come and are seen, typing is passed on.
async fn assert_reading_and_live(server: &Server, here: &mut Client) {
    let mut bob = Client::chat(server, "probe", "bob").await;
    let history = bob.ask(json!({"type": "history", "after": 0, "limit": 1})).await;
    assert_eq!(messages(&history)[0]["content"], "before", "{history}");
    bob.send(json!({"type": "typing"})).await;
    here.expect_where("typing of bob", |frame| frame["type"] == "typing" && frame["user"] == "bob").await;
    bob.close().await;
}

/// After an fsync that failed nobody knows what is on the disk (P14). The server reads on and writes nothing more until it
/// is started again.
#[tokio::test]
async fn f6_after_a_failed_fsync_nothing_is_acknowledged_until_the_next_start() {
    if !can_trace("F6 fsync") {
        return;
    }
    let mut server = Server::start_with(&[NO_LIMIT]).await;
    let mut probe = Client::chat(&server, "probe", "ann").await;
    say(&mut probe, "before").await;
    let visit = People::new(4, 2, 100).enter(&server).await;
    let strace = Strace::attach(&server, &["fsync,fdatasync:error=EIO:when=20"]).await;
    until(&mut probe, "during", "error").await;
    // The disk is well again, as far as it says.
    drop(strace);
    for number in 0..20 {
        let refusal = say(&mut probe, &format!("after{number}")).await;
        assert_eq!(refusal["code"], "unavailable", "acknowledged after a failed fsync: {refusal}");
    }
    assert_reading_and_live(&server, &mut probe).await;
    assert!(!server.is_ready().await, "/readyz calls a server ready that writes nothing");
    let people = visit.finish().await;
    let late = people.writers.iter().map(|writer| writer.acks_after_refusal).sum::<usize>();
    assert_eq!(late, 0, "acknowledged after a failed fsync");
    assert!(people.n_unsettled() > 0 && people.n_acked() > 0, "the test tested nothing");
    assert!(server.log().contains(r#""needs_restart":true"#), "{}", server.log());
    server.terminate();
    let (status, _) = server.ended().await;
    assert_eq!(status.code(), Some(1), "it says that it did not end well: {}", server.log());
    serve_again(&mut server).await;
    let mut people = people.settle(&server).await;
    people.check(&server).await;
    assert_works(&server).await;
}

/// SQLite knows what a failed write has not written, and takes the commit back: the next one may succeed.
#[tokio::test]
async fn f6_a_failed_write_refuses_its_messages_and_no_others() {
    if !can_trace("F6 write") {
        return;
    }
    let server = Server::start_with(&[NO_LIMIT]).await;
    let visit = People::new(4, 2, 100).enter(&server).await;
    let strace = Strace::attach(&server, &["pwrite64:error=EIO:when=10+25"]).await;
    sleep(Duration::from_millis(fault::size(1_000, 5_000))).await;
    drop(strace);
    let people = visit.finish().await;
    assert!(people.n_unsettled() > 0, "no write failed: the test tested nothing");
    let refused = people.n_unsettled();
    let mut people = people.settle(&server).await;
    people.check(&server).await;
    fault::measured("F6 write", &format!("{} acknowledged, {refused} refused", people.n_acked()));
}
