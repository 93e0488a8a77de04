//! `cargo xtask setup`: what the tests need besides Rust. Looks first, so that it costs nothing the second time.

use crate::run::{command, counted, works};
use std::{fs, path::Path};

/// A thing that is needed: the commands of which one must work, and who brings it.
struct Need {
    what: &'static str,
    proofs: &'static [&'static str],
    packages: &'static str,
}

const NEEDS: &[Need] = &[
    Need { what: "a C compiler", proofs: &["cc --version"], packages: "build-essential" },
    Need { what: "a C++ compiler", proofs: &["c++ --version"], packages: "g++" },
    Need { what: "git", proofs: &["git --version"], packages: "git" },
    Need { what: "strace", proofs: &["strace --version"], packages: "strace" },
    Need { what: "libfaketime", proofs: &["faketime --version"], packages: "faketime" },
    Need { what: "python3 with venv", proofs: &["python3 -m ensurepip --version"], packages: "python3-venv" },
    Need { what: "node", proofs: &["node --version"], packages: "nodejs" },
    Need { what: "npm", proofs: &["npm --version"], packages: "npm" },
    Need {
        what: "chromium",
        proofs: &["chromium --version", "chromium-browser --version", "google-chrome --version"],
        packages: "chromium",
    },
    Need { what: "systemd-analyze", proofs: &["systemd-analyze --version"], packages: "systemd" },
    Need {
        what: "the certificates that are trusted",
        proofs: &["test -f /etc/ssl/certs/ca-certificates.crt"],
        packages: "ca-certificates",
    },
    // Debian keeps the server's programs where no PATH leads to, under the number of their version.
    Need {
        what: "PostgreSQL",
        proofs: &["grep -qr --include=initdb . /usr/lib/postgresql"],
        packages: "postgresql",
    },
];

const COMPONENTS: &[(&str, &str)] =
    &[("cargo fmt --version", "rustfmt"), ("cargo clippy --version", "clippy")];

/// Installs what is missing, or says what is missing where it cannot.
pub(crate) fn run() -> Result<(), Vec<String>> {
    for (proof, component) in COMPONENTS {
        if !works(proof) {
            counted(command(&format!("rustup component add {component}")));
        }
    }
    let missing = missing();
    if !missing.is_empty() && works("apt-get --version") && works("test -w /var/lib/dpkg") {
        install(&missing);
    }
    complaints()
}

fn missing() -> Vec<&'static Need> {
    NEEDS.iter().filter(|need| !need.proofs.iter().any(|proof| works(proof))).collect()
}

fn install(needs: &[&Need]) {
    let packages: Vec<_> = needs.iter().map(|need| need.packages).collect();
    println!("installing {}", packages.join(", "));
    counted(command("apt-get -q update"));
    let line = format!("apt-get -q install -y --no-install-recommends {}", packages.join(" "));
    let mut install = command(&line);
    install.env("DEBIAN_FRONTEND", "noninteractive");
    without_a_service(|| counted(install));
}

/// Debian's package of PostgreSQL makes a server and starts it, for good. Ours are started by the tests, so it is told
/// not to while it is installed.
fn without_a_service<T>(install: impl FnOnce() -> T) -> T {
    let file = Path::new("/etc/postgresql-common/createcluster.d/roomcast.conf");
    let told = fs::create_dir_all(file.parent().unwrap_or(file))
        .and_then(|()| fs::write(file, "create_main_cluster = off\n"));
    let installed = install();
    if let Err(error) = told.and_then(|()| fs::remove_file(file)) {
        eprintln!("{}: {error}; PostgreSQL may run as a service now", file.display());
    }
    installed
}

/// What is still missing after all attempts.
fn complaints() -> Result<(), Vec<String>> {
    let programs = missing()
        .into_iter()
        .map(|need| format!("{} is missing; on Debian: apt-get install {}", need.what, need.packages));
    let components = COMPONENTS.iter().filter(|(proof, _)| !works(proof));
    let components = components.map(|(_, name)| format!("{name} is missing: rustup component add {name}"));
    let complaints: Vec<_> = programs.chain(components).collect();
    if complaints.is_empty() { Ok(()) } else { Err(complaints) }
}
