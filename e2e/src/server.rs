//! One running server: started on a free port and a fresh directory, killed when the test lets go of it.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::time::sleep;

use crate::{http, program};

/// How long a server may take until it is ready, and how long to stop.
const PATIENCE: Duration = Duration::from_secs(20);

/// The process, with everything needed to start it again in the same place.
#[derive(Debug)]
pub struct Server {
    child: Option<Child>,
    directory: TempDir,
    port: u16,
    admin_port: u16,
    settings: Vec<(String, String)>,
    prefix: Vec<String>,
}

impl Server {
    /// A server with the defaults.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// A server with settings from the environment, such as `("ROOMCAST_LIMITS__MESSAGES", "1000/1s")`.
    pub async fn start_with(settings: &[(&str, &str)]) -> Self {
        let mut server = Self::stopped(settings);
        server.restart().await;
        server
    }

    /// A server that does not run yet, so that something can be prepared.
    pub fn stopped(settings: &[(&str, &str)]) -> Self {
        Self {
            child: None,
            directory: TempDir::with_prefix("roomcast-e2e-").expect("a temporary directory"),
            port: free_port(),
            admin_port: free_port(),
            settings: settings.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            prefix: Vec::new(),
        }
    }

    /// Sets a variable of its environment, from the next start on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.settings.push((name.into(), value.into()));
    }

    /// Starts it from now on behind these words, a command that becomes the server in the end.
    pub fn under<Word: Into<String>>(&mut self, prefix: impl IntoIterator<Item = Word>) {
        self.prefix = prefix.into_iter().map(Into::into).collect();
    }

    /// Starts the process again, on the same ports and data, and waits until it is ready.
    pub async fn restart(&mut self) {
        self.spawn();
        self.wait_ready().await;
    }

    /// Starts the process and does not wait.
    pub fn spawn(&mut self) {
        assert!(self.child.is_none(), "the last process must have ended");
        let log = File::options().create(true).append(true).open(self.log_path()).expect("a log file");
        let output = log.try_clone().expect("a second handle");
        let child = self.command().stdout(output).stderr(log).spawn().expect("the binary can be started");
        self.child = Some(child);
    }

    fn command(&self) -> Command {
        let mut command = program::command_under(&self.prefix, self.directory.path());
        command
            .args(["serve", "--listen", &self.address().to_string(), "--admin-listen"])
            .arg(self.admin().to_string())
            .arg("--data-dir")
            .arg(self.data())
            .envs(self.settings.iter().cloned())
            .stdin(Stdio::null());
        command
    }

    async fn wait_ready(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while !self.is_ready().await {
            let ended = self.child().try_wait().expect("a child of ours can be waited for");
            assert!(ended.is_none(), "the server ended with {ended:?}:\n{}", self.log());
            assert!(Instant::now() < deadline, "not ready after {PATIENCE:?}:\n{}", self.log());
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until it runs, ready or not, and says whether it does: it may end before.
    pub async fn is_up_or_gone(&mut self) -> bool {
        let deadline = Instant::now() + PATIENCE;
        while !http::try_get(self.admin(), "/healthz").await.is_ok_and(|answer| answer.status == 200) {
            if self.child().try_wait().expect("a child of ours can be waited for").is_some() {
                self.child = None;
                return false;
            }
            assert!(Instant::now() < deadline, "neither up nor gone after {PATIENCE:?}:\n{}", self.log());
            sleep(Duration::from_millis(5)).await;
        }
        true
    }

    /// Whether it says that it is ready.
    pub async fn is_ready(&self) -> bool {
        http::try_get(self.admin(), "/readyz").await.is_ok_and(|answer| answer.status == 200)
    }

    /// Where people talk to it.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Where health and metrics are.
    pub fn admin(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.admin_port).into()
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// The directory it runs in, with its log and its data.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Everything it has written to standard output and error, over all restarts.
    pub fn log(&self) -> String {
        std::fs::read(self.log_path())
            .map(|log| String::from_utf8_lossy(&log).into_owned())
            .unwrap_or_default()
    }

    fn log_path(&self) -> PathBuf {
        self.directory.path().join("server.log")
    }

    fn child(&mut self) -> &mut Child {
        self.child.as_mut().expect("the server runs")
    }

    /// Its process number.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("the server runs").id()
    }

    /// Its resident memory in bytes.
    pub fn memory(&self) -> usize {
        self.memory_of("VmRSS:")
    }

    /// The most resident memory that it has had since its start, in bytes.
    pub fn peak_memory(&self) -> usize {
        self.memory_of("VmHWM:")
    }

    fn memory_of(&self, what: &str) -> usize {
        let status = self.proc("status");
        let line = status.lines().find(|line| line.starts_with(what)).expect("a process has memory");
        let kib = line.split_whitespace().nth(1).and_then(|word| word.parse::<usize>().ok());
        kib.expect("a number of KiB") * 1024
    }

    fn proc(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.pid())).expect("a running process")
    }

    /// The processor time that it has used since its start. Linux counts it in hundredths of a second.
    pub fn processor_time(&self) -> Duration {
        let stat = self.proc("stat");
        // The name before it may hold anything, but ends with the last parenthesis.
        let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields).split(' ');
        let ticks = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum::<u64>();
        Duration::from_millis(ticks * 10)
    }

    /// How many files it has open.
    pub fn open_files(&self) -> usize {
        let files = std::fs::read_dir(format!("/proc/{}/fd", self.pid())).expect("a running process");
        files.count()
    }

    /// kill -9: no goodbye, no flush.
    pub fn kill(&mut self) {
        let mut child = self.child.take().expect("the server runs");
        child.kill().expect("a child of ours can be killed");
        child.wait().expect("a killed child ends");
    }

    /// SIGTERM; the server goes on until it has said goodbye.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// SIGINT, as Ctrl-C sends it.
    pub fn interrupt(&self) {
        self.signal(Signal::INT);
    }

    /// SIGSTOP: it stands still until [`Server::thaw`].
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// SIGCONT.
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.pid().cast_signed()).expect("a process number is not zero");
        kill_process(pid, signal).expect("a child of ours takes signals");
    }

    /// Waits for the process to end by itself and says how it did, and after how long.
    pub async fn ended(&mut self) -> (ExitStatus, Duration) {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Some(status) = self.child().try_wait().expect("a child of ours can be waited for") {
                self.child = None;
                return (status, start.elapsed());
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("still running after {PATIENCE:?}:\n{}", self.log())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may have ended by itself; then there is nothing to kill.
            drop(child.kill());
            drop(child.wait());
        }
        let log = self.log();
        if std::thread::panicking() {
            let tail: Vec<_> = log.lines().rev().take(30).collect();
            eprintln!("--- the server's last words ---");
            tail.iter().rev().for_each(|line| eprintln!("{line}"));
        } else {
            // A panic ends one connection and might pass unseen.
            let panic = log.lines().find(|line| line.contains(r#""message":"panic""#));
            assert_eq!(panic, None, "something in the server panicked");
        }
    }
}

/// A port nobody listens on, below the range from which the kernel takes ports for outgoing connections: a
/// thousand clients must not sit on the port that a restart needs.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = (std::process::id() % 8_000) as u16 * 2;
    for _ in 0..16_000 {
        let port = 12_000 + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % 16_000;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
    panic!("no free port")
}
