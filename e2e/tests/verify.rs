//! `roomcast verify` against a server that dies and comes back: it stays, it judges, and its exit code says what
//! (`docs/reliability.md`).

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use e2e::{Server, program};
use serde_json::Value;
use tokio::time::{Instant, sleep};

/// How long is published, and how long a whole run may take.
const SECONDS: u64 = 10;
const LIMIT: Duration = Duration::from_secs(150);

/// A verifier that works on its own.
struct Verifier {
    child: std::process::Child,
    begun: Instant,
}

impl Verifier {
    /// What it says goes to files in the server's directory: nobody reads a pipe while it runs.
    fn start(server: &Server) -> Self {
        let file = |name| fs::File::create(server.directory().join(name)).expect("a file");
        let seconds = SECONDS.to_string();
        let mut command = program::command(server.directory());
        command.args(["verify", "--json", "--history", "history.jsonl", "--against"]);
        command.arg(format!("ws://{}", server.address()));
        command.args(["--duration", &seconds, "--rate", "20", "--reconnect-every", "2", "--patience", "30"]);
        command.stdin(Stdio::null()).stdout(file("verdict.json")).stderr(file("verify.log"));
        Self { child: command.spawn().expect("the binary can be started"), begun: Instant::now() }
    }

    fn publishes(&self) -> bool {
        self.begun.elapsed() < Duration::from_secs(SECONDS)
    }

    /// The exit code and the verdict.
    async fn ended(mut self, directory: &Path) -> (i32, Value) {
        let said = |name| fs::read_to_string(directory.join(name)).unwrap_or_default();
        let code = loop {
            if let Some(status) = self.child.try_wait().expect("a child of ours can be waited for") {
                break status.code().expect("no signal ended it");
            }
            assert!(self.begun.elapsed() < LIMIT, "it does not end: {}", said("verify.log"));
            sleep(Duration::from_millis(50)).await;
        };
        let verdict = serde_json::from_str(&said("verdict.json"));
        (code, verdict.unwrap_or_else(|_| panic!("exit code {code}, no verdict: {}", said("verify.log"))))
    }
}

impl Drop for Verifier {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The checks that are red, such as `C1`.
fn red(verdict: &Value) -> Vec<&str> {
    let checks = verdict["checks"].as_array().expect("checks");
    let red = checks.iter().filter(|check| check["count"] != 0);
    red.map(|check| check["check"].as_str().expect("a name")).collect()
}

fn counted(verdict: &Value, what: &str) -> u64 {
    verdict["counts"][what].as_u64().unwrap_or_else(|| panic!("no {what} in {verdict}"))
}

/// Kills the server in the middle of it and starts it again, until nothing more is published. `between` is done to its
/// data while it is dead.
async fn verified(between: impl Fn(&Server, usize)) -> (i32, Value, Server) {
    let mut server = Server::start_with(&[("ROOMCAST_LIMITS__MESSAGES", "1000/1s")]).await;
    let verifier = Verifier::start(&server);
    let mut kills = 0;
    while verifier.publishes() {
        sleep(Duration::from_millis(700 + u64::from(server.pid() % 900))).await;
        server.kill();
        kills += 1;
        between(&server, kills);
        server.restart().await;
    }
    assert!(kills >= 3, "{kills}");
    let (code, verdict) = verifier.ended(server.directory()).await;
    (code, verdict, server)
}

#[tokio::test]
async fn a_server_that_is_killed_again_and_again_keeps_its_promises() {
    let (code, verdict, server) = verified(|_, _| {}).await;
    assert_eq!((code, red(&verdict)), (0, vec![]), "{verdict:#}");
    assert!(counted(&verdict, "acknowledged") > 100 && counted(&verdict, "connections") > 32, "{verdict:#}");
    assert_eq!(counted(&verdict, "unknown"), 0, "{verdict:#}");

    let mut again = program::command(server.directory());
    again.args(["verify", "--history", "history.jsonl", "--json"]);
    let again = program::run(again);
    assert_eq!(again.code, Some(0), "{again:?}");
    assert_eq!(serde_json::from_str::<Value>(&again.stdout).expect("JSON"), verdict);
}

#[tokio::test]
async fn a_server_that_loses_its_data_is_found_out() {
    let wipe = |server: &Server, kills| {
        if kills == 2 {
            fs::remove_dir_all(server.data()).expect("a data directory");
        }
    };
    let (code, verdict, server) = verified(wipe).await;
    assert_eq!(code, 1, "{verdict:#}");
    // What was acknowledged is lost, and what was shown to readers with it. That the log is another one is said, so
    // that nobody's resume is wrong (C5), no number has two messages (C4), and the end is one place (C10).
    assert_eq!(red(&verdict), ["C1", "C6"], "{verdict:#}");
    let lost = &verdict["checks"][0]["findings"][0];
    assert!(lost["what"].as_str().is_some_and(|what| what.starts_with("acknowledged as ")), "{lost}");
    let epochs = verdict["epochs"].as_array().expect("a list");
    assert!(
        !epochs.is_empty()
            && epochs.iter().all(|room| room["epochs"].as_array().is_some_and(|it| it.len() == 2))
    );
    let log = fs::read_to_string(server.directory().join("verify.log")).expect("a file");
    assert!(log.contains("error: promises were broken: C1, C6"), "{log}");
}

#[tokio::test]
async fn without_a_server_or_a_history_there_is_no_verdict() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let run = |args: &str| {
        let mut command = program::command(directory.path());
        command.arg("verify").args(args.split_whitespace());
        program::run(command)
    };
    let nobody = run("--against ws://127.0.0.1:1 --duration 1 --patience 1 --publishers 1 --readers 1");
    assert_eq!(nobody.code, Some(2), "{nobody:?}");
    assert!(nobody.stderr.contains("the final history of 127.0.0.1:1 cannot be read"), "{nobody:?}");
    for (args, told) in [
        ("", "--against <URL>"),
        ("--history nothing.jsonl", "the history cannot be read"),
        ("--against http://127.0.0.1:1", "is no address to connect to"),
        ("--against ws://127.0.0.1:1 --rooms 0", "rooms is 0, must be 1 to 400"),
    ] {
        let outcome = run(args);
        assert!(outcome.code == Some(2) && outcome.stderr.contains(told), "{args}: {outcome:?}");
    }
}
