//! The unit for systemd, `deploy/roomcast.service`: what systemd thinks of it, and whether the server can live with it.

use crate::{
    client::{get, post},
    support::{Place, Running},
};
use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt,
    process::{Command, Output},
    time::Duration,
};

const UNIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/roomcast.service");
const TOKENS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/roomcast.service.d/tokens.conf");
const INSTALLED: &str = "/usr/local/bin/roomcast";

/// The values of a key, in their order.
fn values(unit: &str, key: &str) -> Vec<String> {
    let text = fs::read_to_string(unit).unwrap();
    let lines = text.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    lines.map(str::to_owned).collect()
}

fn analyze(args: &[&str]) -> Output {
    Command::new("systemd-analyze").args(args).output().expect("systemd-analyze is there: cargo xtask setup")
}

#[test]
fn s46_systemd_finds_little_to_reach_from_the_service() {
    let output = analyze(&["security", "--offline=true", "--threshold=20", "--no-pager", UNIT]);
    assert!(output.status.success(), "more than 2.0: {}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn systemd_understands_every_line_of_the_unit() {
    let place = Place::new();
    let text = fs::read_to_string(UNIT).unwrap().replace(INSTALLED, env!("CARGO_BIN_EXE_roomcast"));
    place.write("roomcast.service", &text);
    let path = place.0.path().join("roomcast.service");
    let output = analyze(&["verify", "--man=no", path.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stderr);
    let about_it: Vec<_> = said.lines().filter(|line| line.contains("roomcast")).collect();
    assert!(about_it.is_empty(), "{about_it:#?}");
}

/// The server as the unit starts it, through a program in front; with what systemd would give it.
fn start(place: &Place, front: &[&str], also: &[(String, String)]) -> Running {
    let line = values(UNIT, "ExecStart").remove(0);
    let args = line.strip_prefix(INSTALLED).unwrap().split_whitespace();
    let binary = env!("CARGO_BIN_EXE_roomcast");
    let words: Vec<_> = front.iter().copied().chain([binary]).chain(args).collect();
    place.serve_through(words[0], |command| {
        let variables = also.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        command.args(&words[1..]).env("STATE_DIRECTORY", place.0.path().join("state")).envs(variables);
    })
}

#[test]
fn the_unit_starts_a_server_on_its_state_directory_and_sigterm_ends_it() {
    let place = Place::new();
    let check = values(UNIT, "ExecStartPre").remove(0);
    let check: Vec<_> = check.strip_prefix(INSTALLED).unwrap().split_whitespace().collect();
    place.must(&check);
    let server = start(&place, &[], &[]);
    assert_eq!(
        post(server.chat, "/api/v1/rooms/red/messages", &serde_json::json!({"content": "x"})).status,
        201
    );
    server.stop();
    let state = place.0.path().join("state");
    assert!(state.join("roomcast.db").is_file());
    assert_eq!(fs::metadata(state).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn s43_the_drop_in_gives_the_secret_as_a_credential() {
    let place = Place::new();
    let credentials = place.0.path().join("credentials");
    fs::create_dir(&credentials).unwrap();
    let loaded = values(TOKENS, "LoadCredential").remove(0);
    let name = loaded.split(':').next().unwrap();
    fs::write(credentials.join(name), "s3cret".repeat(8)).unwrap();
    let variable = |line: String| {
        let (name, value) = line.split_once('=').unwrap();
        (name.to_owned(), value.replace("%d", credentials.to_str().unwrap()))
    };
    let variables: Vec<_> = values(TOKENS, "Environment").into_iter().map(variable).collect();
    let server = start(&place, &[], &variables);
    assert_eq!(get(server.chat, "/api/v1/rooms").status, 401, "tokens are asked for");
    server.stop();
}

/// The names of a set of system calls, those of the sets inside it included.
fn system_calls(set: &str) -> BTreeSet<String> {
    let output = analyze(&["syscall-filter", "--no-pager", set]);
    let text = String::from_utf8(output.stdout).unwrap();
    let words = text.lines().skip(1).map(str::trim).filter(|word| !word.is_empty() && !word.starts_with('#'));
    words
        .flat_map(|word| if word.starts_with('@') { system_calls(word) } else { [word.to_owned()].into() })
        .collect()
}

/// What the unit's filters let through. Systemd lets `@default` through whatever they say.
fn allowed() -> BTreeSet<String> {
    let mut allowed = BTreeSet::new();
    for filter in values(UNIT, "SystemCallFilter") {
        let sets = filter.trim_start_matches('~').split(' ').flat_map(system_calls);
        if filter.starts_with('~') {
            let sets: BTreeSet<_> = sets.collect();
            allowed.retain(|call| !sets.contains(call));
        } else {
            allowed.extend(sets);
        }
    }
    allowed.extend(system_calls("@default"));
    allowed
}

#[test]
fn s46_the_server_makes_no_system_call_that_the_unit_forbids() {
    let place = Place::new();
    let trace = place.0.path().join("trace");
    let mut server = start(&place, &["strace", "-D", "-f", "-qq", "-o", trace.to_str().unwrap()], &[]);
    assert_eq!(
        post(server.chat, "/api/v1/rooms/red/messages", &serde_json::json!({"content": "x"})).status,
        201
    );
    assert_eq!(get(server.chat, "/api/v1/rooms/red/messages").status, 200);
    assert_eq!(get(server.admin, "/metrics").status, 200);
    server.signal(rustix::process::Signal::TERM);
    assert_eq!(server.wait(Duration::from_secs(20)), Some(0));
    let text = fs::read_to_string(trace).unwrap();
    let call = |line: &str| Some(line.split_once(' ')?.1.trim_start().split_once('(')?.0.to_owned());
    let calls: BTreeSet<_> = text.lines().filter_map(call).filter(|call| is_name(call)).collect();
    assert!(calls.contains("pwrite64") && calls.contains("accept4"), "{calls:?}");
    let mut forbidden: BTreeSet<_> = calls.difference(&allowed()).cloned().collect();
    if rustix::process::geteuid().is_root() {
        forbidden.remove("fchown"); // SQLite gives its files to whom the database belongs to, as root only
    }
    assert_eq!(forbidden, BTreeSet::new());
    let executable = text.lines().filter(|line| line.contains(" mmap(") || line.contains(" mprotect("));
    let both: Vec<_> = executable.filter(|line| line.contains("PROT_WRITE|PROT_EXEC")).collect();
    assert!(both.is_empty(), "MemoryDenyWriteExecute forbids {both:?}");
}

/// Not `<... futex resumed>` or `+++ exited with 0 +++`.
fn is_name(call: &str) -> bool {
    call.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}
