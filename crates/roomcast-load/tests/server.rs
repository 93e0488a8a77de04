//! The real binary, in a directory of its own.

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU16, Ordering},
    },
    time::{Duration, Instant},
};

/// A server that runs until it is dropped.
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
    _data: tempfile::TempDir,
}

impl Server {
    /// With limits that no test reaches.
    pub(crate) fn start() -> Self {
        Self::start_with(&[
            ("ROOMCAST_LIMITS__MESSAGES", "1000000/1s"),
            ("ROOMCAST_LIMITS__PER_IP", "100000"),
            ("ROOMCAST_LIMITS__CONNECTIONS", "100000"),
        ])
    }

    pub(crate) fn start_with(env: &[(&str, &str)]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let address = free_address();
        let mut command = Command::new(binary());
        command.args(["serve", "--store", "memory", "--log-level", "off", "--admin-listen", "127.0.0.1:0"]);
        command.args(["--listen", &address.to_string(), "--data-dir"]).arg(data.path());
        command.current_dir(data.path()).env_clear().envs(env.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut server = Self { child: command.spawn().unwrap(), address, _data: data };
        server.wait();
        server
    }

    fn wait(&mut self) {
        let begun = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            assert_eq!(self.child.try_wait().unwrap(), None, "the server stopped");
            assert!(begun.elapsed() < Duration::from_secs(30), "the server does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        // Or it was another one that answered.
        assert_eq!(self.child.try_wait().unwrap(), None, "the server stopped");
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap_or_default();
        self.child.wait().map(drop).unwrap_or_default();
    }
}

/// A port that nobody has, below the range from which the kernel takes ports for outgoing connections, and that is not
/// given to two tests: between this and the server's start nobody holds it.
fn free_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = (std::process::id() % 4_000) as u16;
    let port = || 28_000 + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % 4_000;
    let mut addresses = std::iter::repeat_with(|| SocketAddr::from(([127, 0, 0, 1], port()))).take(4_000);
    addresses.find(|address| TcpListener::bind(address).is_ok()).expect("a free port")
}

/// `roomcast` beside the folder this test lies in. Cargo builds binaries only for tests of their own package.
fn binary() -> &'static PathBuf {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        let binary = test.parent().unwrap().parent().unwrap().join("roomcast");
        if !binary.exists() {
            let cargo = std::env::var("CARGO").unwrap_or("cargo".into());
            let built = Command::new(cargo).args(["build", "-p", "roomcast-server"]).status().unwrap();
            assert!(built.success() && binary.exists(), "{} cannot be built", binary.display());
        }
        binary
    })
}
