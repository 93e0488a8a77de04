//! The real server, fresh for each run, on cores of its own.

use std::{
    fs, io,
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

/// A server that runs until it is dropped.
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    /// On these cores (as `taskset -c` takes them), with this store (`memory`, `sqlite`) and its data in `dir`.
    fn start(binary: &Path, cores: &str, store: &str, dir: &Path) -> io::Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = Command::new("taskset");
        command.args(["-c", cores]).arg(binary).args(["serve", "--store", store, "--log-level", "off"]);
        command
            .args(["--admin-listen", "127.0.0.1:0", "--listen", &address.to_string(), "--data-dir"])
            .arg(dir);
        command.env("ROOMCAST_LIMITS__MESSAGES", "1000000/1s");
        command.env("ROOMCAST_LIMITS__PER_IP", "100000").env("ROOMCAST_LIMITS__CONNECTIONS", "100000");
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let server = Self { child, address };
        server.wait()?;
        Ok(server)
    }

    /// Gives a server of its own to a run, with its data in a folder that is made in `root` and removed afterwards.
    pub(crate) fn with<T>(
        binary: &Path,
        cores: &str,
        store: &str,
        root: &Path,
        run: impl FnOnce(&Self) -> io::Result<T>,
    ) -> io::Result<T> {
        let data = root.join("performance-data");
        fs::remove_dir_all(&data).unwrap_or_default();
        fs::create_dir_all(&data)?;
        let done = Self::start(binary, cores, store, &data).and_then(|server| run(&server));
        fs::remove_dir_all(&data)?;
        done
    }

    fn wait(&self) -> io::Result<()> {
        let begun = Instant::now();
        while let Err(error) = TcpStream::connect(self.address) {
            if begun.elapsed() > Duration::from_secs(10) {
                return Err(error);
            }
            sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// `taskset` becomes the server, so its number is the server's.
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
