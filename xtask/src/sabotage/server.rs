//! A server that is killed and started again.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::power::Power;

/// How long a start may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// What would hold the load back.
const LIMITS: [(&str, &str); 3] = [
    ("ROOMCAST_LIMITS__MESSAGES", "1000000/1s"),
    ("ROOMCAST_LIMITS__PER_IP", "100000"),
    ("ROOMCAST_LIMITS__CONNECTIONS", "100000"),
];

pub(super) struct Server {
    binary: PathBuf,
    /// Emptied at first.
    directory: PathBuf,
    address: SocketAddr,
    power: Option<Power>,
    child: Option<Child>,
}

impl Server {
    /// Starts it with no data, on a port that was free.
    pub(super) fn start(binary: &Path, directory: &Path, shim: Option<&Path>) -> Result<Self, String> {
        let failed = |error| format!("{}: {error}", directory.display());
        if directory.exists() {
            fs::remove_dir_all(directory).map_err(failed)?;
        }
        fs::create_dir_all(directory.join("data")).map_err(failed)?;
        let power = shim.map(|shim| Power::supply(shim, directory)).transpose().map_err(failed)?;
        let address = free_address().map_err(failed)?;
        let (binary, directory) = (binary.to_owned(), directory.to_owned());
        let mut server = Self { binary, directory, address, power, child: None };
        server.again()?;
        Ok(server)
    }

    pub(super) fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// Starts it where it was, and waits until it listens.
    pub(super) fn again(&mut self) -> Result<(), String> {
        let cannot = |error| format!("the server cannot be started: {error}");
        let log =
            File::options().create(true).append(true).open(self.directory.join("log")).map_err(cannot)?;
        let mut command = Command::new(&self.binary);
        command.args([
            "serve",
            "--listen",
            &self.address.to_string(),
            "--admin-listen",
            "127.0.0.1:0",
            "--data-dir",
        ]);
        command.arg(self.directory.join("data")).current_dir(&self.directory).env_clear().envs(LIMITS);
        command.envs(self.power.iter().flat_map(Power::settings));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        self.child = Some(command.spawn().map_err(cannot)?);
        let begun = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            if begun.elapsed() > PATIENCE {
                return Err(format!(
                    "the server does not listen; see {}",
                    self.directory.join("log").display()
                ));
            }
            sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// kill -9, and the power with it where the server has a supply of its own.
    pub(super) fn kill(&mut self) -> Result<(), String> {
        self.end();
        let cut = self.power.as_mut().map_or(Ok(()), Power::cut);
        cut.map_err(|error| format!("the power cannot be cut: {error}"))
    }

    fn end(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself.
            child.kill().unwrap_or_default();
            child.wait().map(drop).unwrap_or_default();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}
