//! The image of `deploy/Containerfile`, as far as it can be had without a container engine: its whole file system, made by
//! the script that the build runs, read-only, with the user, the variables and the command of the file.

use crate::{
    client::{get, post},
    support::{Place, Running},
};
use std::{fs, path::PathBuf, process::Command};

const DEPLOY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy");

/// What stands behind an instruction of the file's last stage, each time that it is there.
fn instruction(name: &str) -> Vec<String> {
    let text = fs::read_to_string(format!("{DEPLOY}/Containerfile")).unwrap().replace("\\\n", " ");
    let last = text.rsplit("\nFROM ").next().unwrap();
    let lines = last.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    lines.map(str::to_owned).collect()
}

/// The words of an instruction in its JSON form, whatever options stand before them.
fn words(instruction: &str) -> Vec<String> {
    serde_json::from_str(&instruction[instruction.find('[').unwrap()..]).unwrap()
}

/// Those that the image sets.
fn variables() -> Vec<(String, String)> {
    let pair = |line: &String| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    instruction("ENV").iter().filter_map(pair).collect()
}

/// Makes the image's file system.
fn image(place: &Place) -> PathBuf {
    let image = place.0.path().join("image");
    let mut script = Command::new("sh");
    script
        .arg(format!("{DEPLOY}/container-root.sh"))
        .args([env!("CARGO_BIN_EXE_roomcast"), image.to_str().unwrap()]);
    assert!(script.status().unwrap().success());
    image
}

/// Starts what the image starts, in a file system in which only `/data` can be written to.
fn start(place: &Place, user: &str, variables: &[(&str, &str)]) -> Running {
    let image = image(place);
    let command = [words(&instruction("ENTRYPOINT")[0]), words(&instruction("CMD")[0])].concat();
    let script = r#"mount --make-rprivate / && mount --bind "$1" "$1" && mount --bind "$1/data" "$1/data" &&
        mount --rbind /proc "$(mkdir -p "$1/proc" && echo "$1/proc")" && mount -o remount,bind,ro "$1" &&
        image=$1 user=$2 && shift 2 && exec chroot --userspec="$user" "$image" "$@""#;
    place.serve_through("unshare", |unshare| {
        unshare
            .envs(self::variables())
            .envs(variables.iter().copied())
            .args(["--mount", "sh", "-c", script, "sh"]);
        unshare.arg(&image).arg(user).args(command);
    })
}

/// Only root may make such a file system; `cargo xtask ci` runs as root.
fn is_root() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        eprintln!("not run: this test mounts a file system, and needs root for it");
    }
    is_root
}

#[test]
fn s47_the_image_serves_with_a_read_only_root_and_an_ordinary_user() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    let user = instruction("USER").remove(0);
    assert!(!user.starts_with('0') && user != "root", "{user}");
    let mut server = start(&place, &user, &[]);
    assert!(!server.log_until_ready().contains("as root"));
    assert_eq!(
        post(server.chat, "/api/v1/rooms/red/messages", &serde_json::json!({"content": "x"})).status,
        201
    );
    assert_eq!(get(server.admin, "/readyz").status, 200);
    server.signal(rustix::process::Signal::TERM);
    assert_eq!(server.wait(std::time::Duration::from_secs(20)), Some(0));
    assert!(place.0.path().join("image/data/roomcast.db").is_file(), "the volume holds the data");
}

#[test]
fn s47_as_root_it_serves_and_says_so_in_one_line_but_not_in_a_container() {
    if !is_root() {
        return;
    }
    for (variables, lines) in [(&[][..], 1), (&[("container", "podman")][..], 0)] {
        let place = Place::new();
        let server = start(&place, "0:0", variables);
        let said = server.log_until_ready().lines().filter(|line| line.contains("running as root")).count();
        assert_eq!(said, lines, "{}", server.log_until_ready());
        assert_eq!(get(server.admin, "/readyz").status, 200);
    }
}

#[test]
fn the_images_health_check_asks_the_server() {
    let check = words(&instruction("HEALTHCHECK")[0]);
    assert_eq!(check[0], words(&instruction("ENTRYPOINT")[0])[0], "the image has no other program");
    let args: Vec<_> = check[1..].iter().map(String::as_str).collect();
    let place = Place::new();
    let server = place.serve(&["--store", "memory"]);
    let admin = server.admin.to_string();
    assert_eq!(place.run_in(&args, ("ROOMCAST_METRICS__LISTEN", &admin)).code, 0);
    server.stop();
    assert_eq!(place.run_in(&args, ("ROOMCAST_METRICS__LISTEN", &admin)).code, 1);
}

#[test]
fn the_image_lets_no_stranger_in_by_accident() {
    let place = Place::new();
    let done = place.run_bounded(&["serve", "--store", "memory"], &variables());
    assert_eq!(done.code, 78, "{done:?}");
    assert!(done.stderr.contains("--i-know") && done.stderr.contains("auth.mode"), "{done:?}");
}
