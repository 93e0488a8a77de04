//! A PostgreSQL server of the test's own, in a temporary directory, on the loopback interface.

use rustix::process::{Pid, Signal, kill_process};
use std::{
    fs,
    net::TcpListener,
    os::unix::{fs::chown, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

/// How long the server may take to start, after a crash too.
const START_LIMIT: Duration = Duration::from_secs(60);
/// How long a killed server's children may take to notice it.
const CHILDREN_LIMIT: Duration = Duration::from_secs(10);
/// The user whose password is asked for; everybody else is trusted.
pub(crate) const GUARDED: &str = "guarded";
/// Its password.
pub(crate) const PASSWORD: &str = "correct-h0rse";

/// A PostgreSQL server that is stopped when this is dropped.
pub(crate) struct Cluster {
    dir: tempfile::TempDir,
    port: u16,
    server: Option<Child>,
}

impl Cluster {
    /// Makes one and starts it.
    ///
    /// # Panics
    /// Where PostgreSQL is not installed.
    pub(crate) fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        if let Some((uid, gid)) = other_user() {
            chown(dir.path(), Some(uid), Some(gid)).unwrap();
        }
        let mut cluster = Self { dir, port: 0, server: None };
        cluster.init();
        cluster.start_again();
        cluster.sql("postgres", "CREATE ROLE roomcast LOGIN");
        cluster.sql("postgres", &format!("CREATE ROLE {GUARDED} LOGIN PASSWORD '{PASSWORD}'"));
        cluster
    }

    fn init(&self) {
        let mut init = self.program("initdb");
        init.args([
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]);
        let made = init.arg("-D").arg(self.data()).output().unwrap();
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let rules = format!(
            "host all {GUARDED} 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\nlocal all all trust\n"
        );
        fs::write(self.data().join("pg_hba.conf"), rules).unwrap();
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// A program of PostgreSQL, as a user who may run it: the server refuses root.
    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(programs().join(name));
        command.current_dir(self.dir.path()).env_clear().env("PATH", "/usr/bin:/bin").stdin(Stdio::null());
        if let Some((uid, gid)) = other_user() {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// Starts the server, on the port that it had, and waits until it answers.
    pub(crate) fn start_again(&mut self) {
        self.start_with(&[]);
    }

    /// The same with settings such as `fsync=off`.
    pub(crate) fn start_with(&mut self, settings: &[&str]) {
        let end = Instant::now() + START_LIMIT;
        // What a killed server has left, and whoever takes the port first, are in the way for a moment.
        while !self.try_to_start(settings) {
            assert!(Instant::now() < end, "PostgreSQL does not start: {}", self.log());
            thread::sleep(Duration::from_millis(100));
        }
    }

    fn try_to_start(&mut self, settings: &[&str]) -> bool {
        if self.port == 0 {
            self.port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        }
        let mut server = self.program("postgres");
        server.arg("-D").arg(self.data()).args(["-p", &self.port.to_string(), "-h", "127.0.0.1", "-k", ""]);
        for setting in ["shared_buffers=32MB", "max_connections=60"].iter().chain(settings) {
            server.args(["-c", setting]);
        }
        let log = fs::File::options().create(true).append(true).open(self.dir.path().join("log")).unwrap();
        let mut child = server.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        while child.try_wait().unwrap().is_none() {
            if self.try_sql("postgres", "SELECT 1").is_ok() {
                self.server = Some(child);
                return true;
            }
            thread::sleep(Duration::from_millis(20));
        }
        false
    }

    fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    /// kill -9 of the server. Its children notice it, a moment later, and end by themselves; this waits for them.
    pub(crate) fn kill(&mut self) {
        let children = self.children();
        let Some(mut server) = self.server.take() else { return };
        server.kill().unwrap();
        server.wait().unwrap();
        // One that was stopped notices nothing.
        children.iter().for_each(|pid| signal(*pid, Signal::CONT));
        let end = Instant::now() + CHILDREN_LIMIT;
        while children.iter().any(|pid| runs(*pid)) && Instant::now() < end {
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Sends a signal to every process of the server.
    pub(crate) fn signal(&self, which: Signal) {
        let own = self.server.iter().map(Child::id);
        own.chain(self.children()).for_each(|pid| signal(pid, which));
    }

    fn children(&self) -> Vec<u32> {
        let Some(own) = self.server.as_ref().map(Child::id) else { return Vec::new() };
        let list = fs::read_to_string(format!("/proc/{own}/task/{own}/children")).unwrap_or_default();
        list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect()
    }

    /// As a failover leaves it: the server recovers from its log, finds no more of it, and goes on in a new timeline.
    pub(crate) fn fail_over(&mut self) {
        self.kill();
        fs::write(self.data().join("recovery.signal"), "").unwrap();
        self.start_with(&["restore_command=false"]);
    }

    /// A new, empty database, and its address.
    pub(crate) fn database(&self) -> String {
        static N: AtomicUsize = AtomicUsize::new(0);
        let name = format!("chat{}", N.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name} OWNER roomcast"));
        self.address("roomcast", &name)
    }

    /// The address of a database for a user.
    pub(crate) fn address(&self, user: &str, database: &str) -> String {
        format!("postgres://{user}@127.0.0.1:{}/{database}", self.port)
    }

    /// The port that the server listens on.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Runs SQL as the superuser and gives what it prints. A database may be given by its address.
    pub(crate) fn sql(&self, database: &str, sql: &str) -> String {
        self.try_sql(database, sql).unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    fn try_sql(&self, database: &str, sql: &str) -> Result<String, String> {
        let name = database.rsplit('/').next().unwrap();
        let port = self.port.to_string();
        let mut psql = self.program("psql");
        psql.args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", &port, "-U", "postgres"]);
        let out = psql.args(["-d", name, "-c", sql]).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if out.status.success() { Ok(text(&out.stdout)) } else { Err(text(&out.stderr)) }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.kill();
    }
}

fn signal(pid: u32, which: Signal) {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    // It may have ended meanwhile.
    let _ = kill_process(pid, which);
}

/// Whether there is such a process and it is one of PostgreSQL's, and not only what is left of one.
fn runs(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.contains("(postgres)") && !stat.contains(") Z ")
}

/// Where PostgreSQL's programs are: the newest version that Debian has installed.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let folders = versions.map(|version| version.path().join("bin"));
    let mut folders: Vec<PathBuf> = folders.filter(|bin| bin.join("postgres").exists()).collect();
    folders.sort_by_key(|bin| version(bin));
    folders.pop().expect("PostgreSQL is not installed: run `cargo xtask setup`")
}

fn version(bin: &Path) -> u32 {
    let number = bin.parent().and_then(Path::file_name).and_then(|name| name.to_str()?.parse().ok());
    number.unwrap_or(0)
}

/// The user and group to run PostgreSQL as, where we are root.
fn other_user() -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let ids = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let fields: Vec<&str> = line.split(':').collect();
        Some((fields[2].parse().ok()?, fields[3].parse().ok()?))
    };
    ids("postgres").or_else(|| ids("nobody"))
}
