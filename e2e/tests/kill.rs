//! kill -9 while people write and read (`reliability.md` I1–I3, I5, I12): what was acknowledged is there, numbered
//! without holes, each once; what was not can be repeated safely; readers resume.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::time::Duration;

use e2e::stream::{Stream, messages, seq, texts};
use e2e::{Client, Server, http};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

const WRITERS: usize = 20;
const READERS: usize = 3;
const ROUNDS: usize = 3;

/// What a writer knows when its connection is gone.
#[derive(Default)]
struct Written {
    number: usize,
    /// nonce → number.
    acked: HashMap<String, u64>,
    /// Sent, and never answered.
    unknown: Vec<String>,
}

/// A reader's place, kept over all its connections.
struct Reader {
    stream: Stream,
    epoch: Value,
    order: Vec<String>,
}

#[tokio::test]
async fn what_was_acked_survives_kill_and_readers_resume_in_one_order() {
    let mut server = Server::start_with(&[("ROOMCAST_LIMITS__MESSAGES", "1000/1s")]).await;
    let epoch = epoch_of(&server).await;
    let mut readers: Vec<_> = (0..READERS).map(|_| newcomer(&epoch)).collect();
    let mut acked = HashMap::new();
    for round in 0..ROUNDS {
        let (written, back) = round_of_writing(&mut server, round, readers).await;
        readers = back;
        server.restart().await;
        assert_eq!(epoch_of(&server).await, epoch, "the log is still the same one");
        acked.extend(check_and_repeat(&server, written).await);
    }
    let log = whole_log(&server).await;
    check_log(&log, &acked);
    check_readers(&server, readers, &log).await;
}

fn newcomer(epoch: &Value) -> Reader {
    Reader { stream: Stream::default(), epoch: epoch.clone(), order: Vec::new() }
}

/// Everybody writes and reads for a while that nobody knows beforehand; then the server is killed.
async fn round_of_writing(
    server: &mut Server,
    round: usize,
    readers: Vec<Reader>,
) -> (Vec<Written>, Vec<Reader>) {
    let (mut writing, mut reading) = (JoinSet::new(), JoinSet::new());
    for reader in readers {
        reading.spawn(read(server.address(), reader));
    }
    for number in 0..WRITERS {
        writing.spawn(write(server.address(), number, round));
    }
    let odd_time = 900 + u64::from(server.pid() % 700);
    sleep(Duration::from_millis(odd_time)).await;
    server.kill();
    let all = async { (writing.join_all().await, reading.join_all().await) };
    timeout(Duration::from_secs(20), all).await.expect("a dead server closes its sockets")
}

/// Writes with nonces as fast as the answers come, four ahead, until the connection is gone.
async fn write(server: SocketAddr, number: usize, round: usize) -> Written {
    let mut client = Client::open(server, &format!("/chat/general?user=writer{number}")).await;
    let mut written = Written { number, ..Written::default() };
    for at in 0.. {
        let nonce = format!("w{number} r{round} m{at}");
        written.unknown.push(nonce.clone());
        if client.try_send(message(&nonce)).await.is_err() || !take_acks(&mut client, &mut written).await {
            break;
        }
    }
    written
}

fn message(nonce: &str) -> Value {
    json!({"type": "message", "content": nonce, "nonce": nonce, "id": nonce})
}

/// Takes acks until at most three are outstanding; false when the connection is gone.
async fn take_acks(client: &mut Client, written: &mut Written) -> bool {
    use e2e::client::Incoming::{Closed, Frame};
    while written.unknown.len() > 3 {
        match client.incoming(Instant::now() + Duration::from_secs(10)).await {
            Some(Frame(frame)) if frame["type"] == "ack" => {
                let nonce = frame["nonce"].as_str().expect("an ack repeats the nonce").to_owned();
                assert_eq!(frame["id"], nonce.as_str());
                written.unknown.retain(|sent| *sent != nonce);
                assert!(written.acked.insert(nonce, seq(&frame)).is_none(), "acked twice: {frame}");
            }
            Some(Frame(frame)) => assert_ne!(frame["type"], "error", "{frame}"),
            Some(Closed(_)) => return false,
            None => panic!("no ack for 10 s"),
        }
    }
    true
}

/// Resumes where it was and reads until the connection is gone, checking every number.
async fn read(server: SocketAddr, mut reader: Reader) -> Reader {
    use e2e::client::Incoming::Frame;
    let mut client = Client::open(server, "/ws?user=reader").await;
    let resume = json!({"seq": reader.stream.last, "epoch": reader.epoch});
    client.send(json!({"type": "join", "room": "general", "resume": resume})).await;
    assert_eq!(client.expect("joined").await["recovered"], true);
    while let Some(Frame(frame)) = client.incoming(Instant::now() + Duration::from_secs(15)).await {
        if frame["type"] == "message" {
            reader.stream.take(seq(&frame));
            reader.order.push(frame["content"].as_str().unwrap_or_default().to_owned());
        }
    }
    reader
}

/// After the restart: every acked message lies where the ack said, and every unknown one, sent again with its
/// nonce, gets a number.
async fn check_and_repeat(server: &Server, written: Vec<Written>) -> HashMap<String, u64> {
    let place: HashMap<_, _> =
        whole_log(server).await.into_iter().map(|it| (nonce_of(&it), seq(&it))).collect();
    let mut all = HashMap::new();
    for mut written in written {
        let number = written.number;
        assert!(!written.acked.is_empty(), "writer {number} was never acked: the test tested nothing");
        for (nonce, seq) in &written.acked {
            assert_eq!(place.get(nonce), Some(seq), "{nonce} was acked");
        }
        let mut client = Client::chat(server, "general", &format!("writer{number}")).await;
        for nonce in written.unknown.drain(..) {
            let ack = client.ask(message(&nonce)).await;
            assert_eq!(ack["type"], "ack", "{ack}");
            let kept = place.get(&nonce).copied().unwrap_or(seq(&ack));
            assert_eq!(kept, seq(&ack), "{nonce} was kept before the kill, and is not said again: {ack}");
            written.acked.insert(nonce, seq(&ack));
        }
        all.extend(written.acked);
        client.close().await;
    }
    all
}

/// 1…n without holes, each nonce once, each where its ack said.
fn check_log(log: &[Value], acked: &HashMap<String, u64>) {
    let mut stream = Stream::default();
    log.iter().for_each(|message| stream.take(seq(message)));
    let once: HashSet<_> = log.iter().map(nonce_of).collect();
    assert_eq!(once.len(), log.len(), "a nonce is there twice");
    assert_eq!(log.len(), acked.len(), "what was never sent is there, or something sent is not");
    assert!(log.iter().all(|message| acked.get(&nonce_of(message)) == Some(&seq(message))));
}

/// Every reader has seen, over all its connections, the one order; what is missing comes with a last resume.
async fn check_readers(server: &Server, readers: Vec<Reader>, log: &[Value]) {
    let truth = texts(log, "content");
    for mut reader in readers {
        assert!(reader.stream.count > 0, "a reader heard nothing: the test tested nothing");
        let mut client = Client::ws(server, "reader").await;
        let resume = json!({"seq": reader.stream.last, "epoch": reader.epoch});
        client.send(json!({"type": "join", "room": "general", "resume": resume})).await;
        assert_eq!(client.expect("joined").await["recovered"], true);
        while reader.order.len() < truth.len() {
            let message = client.expect("message").await;
            reader.stream.take(seq(&message));
            reader.order.push(message["content"].as_str().unwrap_or_default().to_owned());
        }
        assert_eq!(reader.order, truth);
    }
}

/// The content is the nonce, for history keeps nonces to itself.
fn nonce_of(message: &Value) -> String {
    message["content"].as_str().unwrap_or_default().to_owned()
}

async fn epoch_of(server: &Server) -> Value {
    let mut client = Client::ws(server, "guest").await;
    let epoch = client.join("general").await["epoch"].clone();
    client.close().await;
    epoch
}

async fn whole_log(server: &Server) -> Vec<Value> {
    let mut log: Vec<Value> = Vec::new();
    loop {
        let after = log.last().map_or(0, seq);
        let path = format!("/api/v1/rooms/general/messages?limit=200&after={after}");
        let page = messages(&http::get(server.address(), &path).await.json());
        if page.is_empty() {
            return log;
        }
        log.extend(page);
    }
}
