//! A clock on the wall that jumps, by libfaketime. The monotonic clock goes on as it is.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Server;

/// Where Debian and its descendants put the library, by architecture.
const PLACES: &[&str] = &[
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
];

/// The clock of one server.
#[derive(Debug)]
pub struct Clock(PathBuf);

impl Clock {
    /// Gives a server that does not run a clock of its own: from its next start on. `None` without libfaketime.
    pub fn give(server: &mut Server) -> Option<Self> {
        let library = PLACES.iter().find(|place| Path::new(place).exists())?;
        let clock = Self(server.directory().join("clock"));
        server.set("LD_PRELOAD", library);
        server.set("FAKETIME_TIMESTAMP_FILE", &clock.0.display().to_string());
        server.set("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        server.set("FAKETIME_NO_CACHE", "1");
        clock.jump(0);
        Some(clock)
    }

    /// Sets it to the true time and so many seconds.
    pub fn jump(&self, seconds: i64) {
        // A reader must not see half of it.
        let fresh = self.0.with_extension("new");
        fs::write(&fresh, format!("{seconds:+}\n")).expect("a file");
        fs::rename(fresh, &self.0).expect("a file can be renamed");
    }
}
