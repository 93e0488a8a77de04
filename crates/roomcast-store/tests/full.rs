//! F5: a disk that is full. A limit on the size of files stands for it.

use crate::child;
use roomcast::{
    store::{AppendError, Range, Store},
    testing::store::{append, message, with_nonce},
};
use roomcast_protocol::RoomName;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

const MESSAGES: usize = 2000;

/// The process that may not write much.
#[tokio::test]
async fn appends_with_little_space() {
    let Some(dir) = child::dir() else { return };
    let store = child::open(&dir);
    let content = "x".repeat(4096);
    let numbered = |n: usize| with_nonce(&n.to_string(), message("hall", "ann", &content));
    let mut written = 0;
    let refused = loop {
        match append(&store, vec![numbered(written)]).await[0] {
            Ok(appended) => assert_eq!(appended.seq, written as u64 + 1),
            Err(error) => break error,
        }
        written += 1;
        assert!(written < MESSAGES, "the limit was never reached");
    };
    assert_eq!(refused, AppendError::Unavailable);
    let hall = RoomName::parse("hall").unwrap();
    assert_eq!(store.page(hall, Range::Newest, 1).await.unwrap().head, written as u64, "reading goes on");
    assert_eq!(append(&store, vec![numbered(written)]).await, [Err(AppendError::Unavailable)]);

    let hard = getrlimit(Resource::Fsize).maximum;
    setrlimit(Resource::Fsize, Rlimit { current: hard, maximum: hard }).unwrap();
    for n in 0..=written + 10 {
        let appended = append(&store, vec![numbered(n)]).await[0].unwrap();
        assert_eq!(
            (appended.seq, appended.repeated),
            (n as u64 + 1, n < written),
            "it works again, without a hole"
        );
    }
    store.close().await.unwrap();
    println!("survived after {written}");
}

#[test]
fn a_full_disk_refuses_and_recovers() {
    let dir = tempfile::tempdir().unwrap();
    // In a shell, because the signal that the limit sends has to be ignored before the program starts.
    let prelude = "trap '' XFSZ; ulimit -S -f 2048";
    let out = child::command_after(prelude, "full::appends_with_little_space", dir.path()).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success() && text.contains("survived after"), "{text}");
}
