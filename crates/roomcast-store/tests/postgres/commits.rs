//! An acknowledgement means that the commit has happened, and a commit whose answer is lost is found by its nonce (P10).

use super::{cluster::Cluster, hall, open, with_nonce};
use roomcast::{
    store::{AppendError, Store},
    testing::store::append,
};
use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

/// PostgreSQL sends a statement's rows before it commits: what fails at the commit must not have been acknowledged.
#[tokio::test]
async fn a_commit_that_fails_is_not_acknowledged() {
    let cluster = Cluster::start();
    let address = cluster.database();
    let store = open(&address);
    append(&store, vec![with_nonce("hall", "first")]).await[0].unwrap();
    cluster.sql(
        &address,
        "CREATE FUNCTION roomcast.fail() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN RAISE EXCEPTION 'on purpose'; END $$;
         CREATE CONSTRAINT TRIGGER fail AFTER INSERT ON roomcast.messages DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE FUNCTION roomcast.fail()",
    );
    assert_eq!(append(&store, vec![with_nonce("hall", "second")]).await, [Err(AppendError::Unavailable)]);
    assert_eq!(store.head(hall()).await.unwrap().seq, 1);
    cluster.sql(&address, "DROP TRIGGER fail ON roomcast.messages");
    let again = append(&store, vec![with_nonce("hall", "second")]).await[0].unwrap();
    assert_eq!((again.seq, again.repeated), (2, false), "nothing was left of it");
}

/// A way to the server on which answers can be swallowed.
struct Proxy {
    port: u16,
    swallow: Arc<AtomicBool>,
}

impl Proxy {
    fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Self { port: listener.local_addr().unwrap().port(), swallow: Arc::default() };
        let swallow = Arc::clone(&proxy.swallow);
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), TcpStream::connect(("127.0.0.1", port)).unwrap());
                let (back, forth) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                let swallow = Arc::clone(&swallow);
                thread::spawn(move || pass(forth, server, &AtomicBool::new(false)));
                thread::spawn(move || pass(back, client, &swallow));
            }
        });
        proxy
    }
}

/// Passes bytes on; where they are to be swallowed, cuts the connection a moment later.
fn pass(mut from: TcpStream, mut to: TcpStream, swallow: &AtomicBool) {
    let mut bytes = [0; 16 << 10];
    while let Ok(n) = from.read(&mut bytes) {
        if swallow.load(Ordering::Acquire) {
            thread::sleep(Duration::from_millis(200));
            break;
        }
        if n == 0 || to.write_all(&bytes[..n]).is_err() {
            break;
        }
    }
    // One side may be gone already.
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_found_by_its_nonce() {
    let cluster = Cluster::start();
    let database = cluster.database();
    let proxy = Proxy::to(cluster.port());
    let store = open(&database.replace(&cluster.port().to_string(), &proxy.port.to_string()));
    append(&store, vec![with_nonce("hall", "first")]).await[0].unwrap();
    for n in 2..5 {
        let message = vec![with_nonce("hall", &format!("n{n}"))];
        proxy.swallow.store(true, Ordering::Release);
        assert_eq!(append(&store, message.clone()).await, [Err(AppendError::Unavailable)]);
        proxy.swallow.store(false, Ordering::Release);
        // It had been committed; and as nobody has heard of it, it is news.
        let again = append(&store, message.clone()).await[0].unwrap();
        assert_eq!((again.seq, again.repeated), (n, false));
        let once_more = append(&store, message).await[0].unwrap();
        assert_eq!((once_more.seq, once_more.repeated), (n, true));
    }
    assert_eq!(store.head(hall()).await.unwrap().seq, 4);
}
