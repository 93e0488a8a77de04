//! Mistakes at the start: one line with the cause, one with what to do, and the exit code of `docs/operations.md`.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use e2e::program::{Outcome, command, run};
use e2e::{Client, Server, server::free_port};
use tempfile::TempDir;

/// A failed runtime condition.
const RUNTIME: i32 = 1;
/// A command line that cannot be understood.
const USAGE: i32 = 2;
/// A mistake in the configuration (EX_CONFIG of sysexits.h).
const CONFIG: i32 = 78;

fn serve(directory: &Path, listen: &str, data: &Path) -> Command {
    let mut command = command(directory);
    command.args(["serve", "--listen", listen, "--admin-listen", "127.0.0.1:0", "--data-dir"]).arg(data);
    command
}

fn directory() -> TempDir {
    TempDir::with_prefix("roomcast-e2e-").expect("a temporary directory")
}

/// Two lines for a person, naming the culprit; no stack, no type names.
fn assert_two_lines(outcome: &Outcome, code: i32, culprits: &[&str]) {
    let said = &outcome.stderr;
    assert_eq!(outcome.code, Some(code), "{said}");
    let lines: Vec<_> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    assert_eq!(lines.len(), 2, "one line of cause, one of what to do:\n{said}");
    for culprit in culprits {
        assert!(said.contains(culprit), "{culprit:?} is not named:\n{said}");
    }
    for noise in ["panicked", "RUST_BACKTRACE", "stack backtrace", "Error {", "Os {"] {
        assert!(!said.contains(noise), "{noise:?} is nothing for people:\n{said}");
    }
}

#[test]
fn a_port_in_use_is_named() {
    let directory = directory();
    let holder = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = holder.local_addr().expect("a bound address").to_string();
    let outcome = run(serve(directory.path(), &address, &directory.path().join("data")));
    assert_two_lines(&outcome, RUNTIME, &[&address]);
}

/// With one `SO_REUSEPORT` listener for each core, two servers could share a port without noticing, and each
/// client would meet either.
#[tokio::test]
async fn a_port_in_use_by_another_roomcast_is_named_and_that_one_undisturbed() {
    let server = Server::start().await;
    let directory = directory();
    let address = server.address().to_string();
    let outcome = run(serve(directory.path(), &address, &directory.path().join("data")));
    assert_two_lines(&outcome, RUNTIME, &[&address]);
    Client::chat(&server, "general", "ann").await.say("undisturbed").await;
}

#[test]
fn an_admin_port_in_use_is_named() {
    let directory = directory();
    let holder = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = holder.local_addr().expect("a bound address").to_string();
    let mut command = command(directory.path());
    let listen = format!("127.0.0.1:{}", free_port());
    command.args(["serve", "--listen", &listen, "--admin-listen", &address, "--data-dir", "data"]);
    assert_two_lines(&run(command), RUNTIME, &[&address]);
}

/// Root may write nearly everywhere, so the places here refuse even root: below a file, and in /proc.
#[test]
fn a_data_directory_that_cannot_be_written_is_named() {
    let directory = directory();
    let file = directory.path().join("file");
    fs::write(&file, "not a directory").expect("a file");
    for data in [file.clone(), file.join("data"), "/proc/roomcast-data".into()] {
        let outcome = run(serve(directory.path(), &listen(), &data));
        assert_two_lines(&outcome, RUNTIME, &[&data.display().to_string()]);
    }
}

fn listen() -> String {
    format!("127.0.0.1:{}", free_port())
}

#[tokio::test]
async fn a_second_server_on_the_same_data_is_refused_and_the_first_undisturbed() {
    let server = Server::start().await;
    let mut ann = Client::chat(&server, "general", "ann").await;
    let directory = directory();
    let outcome = run(serve(directory.path(), &listen(), &server.data()));
    assert_two_lines(&outcome, RUNTIME, &[&server.data().display().to_string()]);
    ann.say("undisturbed").await;
}

#[test]
fn a_mistyped_key_in_the_file_is_named_with_its_line_and_the_right_one() {
    let directory = directory();
    let file = directory.path().join("roomcast.toml");
    fs::write(&file, "# mine\n[server]\nlissten = \"127.0.0.1:3000\"\n").expect("a file");
    let mut given = serve(directory.path(), &listen(), &directory.path().join("data"));
    given.arg("--config").arg(&file);
    let found = serve(directory.path(), &listen(), &directory.path().join("data"));
    for command in [given, found] {
        assert_two_lines(&run(command), CONFIG, &["roomcast.toml", "3", "lissten", "listen"]);
    }
}

#[test]
fn a_wrong_value_in_the_file_is_named_with_its_line() {
    let directory = directory();
    let file = directory.path().join("roomcast.toml");
    for (text, culprit) in [
        ("[server]\nlisten = \"nowhere\"\n", "nowhere"),
        ("[server]\nlisten = 3000\n", "3000"),
        ("[limits]\nmessages = \"ten\"\n", "ten"),
        ("[server\n", "1"),
    ] {
        fs::write(&file, text).expect("a file");
        let mut command = command(directory.path());
        command.args(["serve", "--data-dir", "data"]);
        assert_two_lines(&run(command), CONFIG, &["roomcast.toml", culprit]);
    }
}

#[test]
fn a_mistyped_key_in_the_environment_is_named_with_the_right_one() {
    let directory = directory();
    let mut command = serve(directory.path(), &listen(), &directory.path().join("data"));
    command.env("ROOMCAST_LIMITS__MESAGES", "10/1s");
    assert_two_lines(&run(command), CONFIG, &["ROOMCAST_LIMITS__MESAGES", "ROOMCAST_LIMITS__MESSAGES"]);
}

#[test]
fn a_missing_config_file_is_named() {
    let directory = directory();
    let mut command = serve(directory.path(), &listen(), &directory.path().join("data"));
    command.args(["--config", "nowhere.toml"]);
    assert_two_lines(&run(command), CONFIG, &["nowhere.toml"]);
}

#[test]
fn an_unknown_flag_is_a_usage_error() {
    let directory = directory();
    let mut command = serve(directory.path(), &listen(), &directory.path().join("data"));
    command.arg("--lisen");
    let outcome = run(command);
    assert_eq!(outcome.code, Some(USAGE), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("--listen"), "{}", outcome.stderr);
}

#[test]
fn config_check_says_good_or_names_the_mistake() {
    let directory = directory();
    let file = directory.path().join("roomcast.toml");
    let check = || {
        let mut command = command(directory.path());
        command.args(["config", "check"]);
        run(command)
    };
    fs::write(&file, "[limits]\nmessages = \"20/1s\"\n").expect("a file");
    assert_eq!(check().code, Some(0));
    fs::write(&file, "[limits]\nmesages = \"20/1s\"\n").expect("a file");
    let outcome = check();
    assert_eq!(outcome.code, Some(CONFIG), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("mesages") && outcome.stderr.contains("messages"), "{}", outcome.stderr);
}

#[test]
fn config_init_writes_a_file_that_config_check_likes() {
    let directory = directory();
    for word in ["init", "check", "show"] {
        let mut command = command(directory.path());
        command.args(["config", word]);
        let outcome = run(command);
        assert_eq!(outcome.code, Some(0), "{word}: {}", outcome.stderr);
    }
}

/// Every key with its default, as `config show` prints it and as docs/operations.md lists it.
#[test]
fn the_documented_keys_and_defaults_are_the_real_ones() {
    let directory = directory();
    let mut command = command(directory.path());
    command.args(["config", "show"]);
    let mut section = String::new();
    let mut real = Vec::new();
    for line in run(command).stdout.lines() {
        if let Some((key, value)) = line.split_once('=') {
            real.push((format!("{section}.{}", key.trim()), value.trim().trim_matches('"').to_owned()));
        } else if line.starts_with('[') {
            section = line.trim_matches(['[', ']']).to_owned();
        }
    }
    let mut documented = documented_keys();
    real.sort();
    documented.sort();
    assert_eq!(documented, real);
}

/// The rows `| key | flag | default | … |`.
fn documented_keys() -> Vec<(String, String)> {
    let page = include_str!("../../docs/operations.md");
    let rows = page.lines().map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
    let rows = rows.filter(|row| row.len() == 6 && row[1].starts_with('`') && row[1].contains('.'));
    rows.map(|row| (row[1].replace('`', ""), row[3].replace('`', ""))).collect()
}

#[tokio::test]
async fn healthcheck_tells_a_running_server_from_none() {
    let server = Server::start().await;
    let check = |url: String| {
        let mut command = command(server.directory());
        command.args(["healthcheck", "--url", &url]);
        run(command).code
    };
    assert_eq!(check(format!("http://{}/healthz", server.admin())), Some(0));
    assert_eq!(check(format!("http://127.0.0.1:{}/healthz", free_port())), Some(1));
}

#[tokio::test]
async fn the_banner_says_where_to_go() {
    let server = Server::start().await;
    let log = server.log();
    assert!(log.contains(&format!("http://{}", server.address())), "{log}");
    assert!(log.contains(&server.data().display().to_string()), "{log}");
}
