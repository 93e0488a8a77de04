//! A PostgreSQL server of the test's own, in a temporary directory, on the loopback interface.

#[path = "programs.rs"]
mod programs;

use programs::{other_user, programs, runs, signal};
use rustix::process::Signal;
use std::{
    fs,
    net::TcpListener,
    os::unix::{fs::chown, process::CommandExt as _},
    path::PathBuf,
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
        let mut cluster = Self::nowhere();
        cluster.init();
        cluster.start_again();
        cluster.sql("postgres", "CREATE ROLE roomcast LOGIN");
        cluster.sql("postgres", &format!("CREATE ROLE {GUARDED} LOGIN PASSWORD '{PASSWORD}'"));
        cluster
    }

    fn nowhere() -> Self {
        let dir = tempfile::tempdir().unwrap();
        if let Some((uid, gid)) = other_user() {
            chown(dir.path(), Some(uid), Some(gid)).unwrap();
        }
        Self { dir, port: 0, server: None }
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
            "host all {GUARDED} 127.0.0.1/32 scram-sha-256\nhost all,replication all 127.0.0.1/32 trust\n"
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

    /// What `pg_ctl restart -m immediate` begins with: every process ends at once, and nothing is tidied up.
    pub(crate) fn stop_immediately(&mut self) {
        let Some(mut server) = self.server.take() else { return };
        signal(server.id(), Signal::QUIT);
        server.wait().unwrap();
    }

    /// A standby with what is here now. It is not started yet.
    pub(crate) fn standby(&self) -> Self {
        let standby = Self::nowhere();
        let data = standby.data();
        self.tool("pg_basebackup", &["-R", "--checkpoint=fast", "--no-sync", "-D", data.to_str().unwrap()]);
        standby
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
        self.try_tool("psql", &["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", name, "-c", sql])
    }

    /// Has this done, in PL/pgSQL, for each new message at the moment of its commit.
    pub(crate) fn at_commit(&self, database: &str, body: &str) {
        let sql = format!(
            "CREATE FUNCTION roomcast.at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}; END $$;
             CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON roomcast.messages DEFERRABLE INITIALLY DEFERRED
             FOR EACH ROW EXECUTE FUNCTION roomcast.at_commit()"
        );
        self.sql(database, &sql);
    }

    /// Whether somebody is in `pg_sleep`.
    pub(crate) fn is_asleep(&self) -> bool {
        self.sql("postgres", "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") != "0"
    }

    /// Runs a program of PostgreSQL against the server, as the superuser, in a directory of the server's own.
    pub(crate) fn tool(&self, name: &str, args: &[&str]) -> String {
        self.try_tool(name, args).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn try_tool(&self, name: &str, args: &[&str]) -> Result<String, String> {
        let mut tool = self.program(name);
        tool.args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", "postgres"]);
        let out = tool.args(args).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if out.status.success() { Ok(text(&out.stdout)) } else { Err(text(&out.stderr)) }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.kill();
    }
}
