//! Runs the binary in a directory of its own, with an environment of its own.

use std::{
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    process::{Child, ChildStderr, Command, Output, Stdio},
    time::{Duration, Instant},
};

/// A place to run the binary in.
pub(crate) struct Place(pub(crate) tempfile::TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.path().join(name)).unwrap()
    }

    /// The binary, with nothing of our own environment.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_roomcast"));
        self.prepare(command.args(args));
        command
    }

    fn prepare(&self, command: &mut Command) {
        command.current_dir(self.0.path()).env_clear().env("HOME", self.0.path()).stdin(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    }

    pub(crate) fn run(&self, args: &[&str]) -> Done {
        Done::of(self.command(args).output().unwrap())
    }

    /// The same, with a text on its standard input.
    pub(crate) fn run_with(&self, args: &[&str], input: &str) -> Done {
        self.write("stdin", input);
        let stdin = std::fs::File::open(self.0.path().join("stdin")).unwrap();
        Done::of(self.command(args).stdin(stdin).output().unwrap())
    }

    /// Runs something that must succeed.
    pub(crate) fn must(&self, args: &[&str]) -> Done {
        let done = self.run(args);
        assert_eq!(done.code, 0, "{args:?}: {done:?}");
        done
    }

    /// Runs something that must fail with one cause and its help, and gives both.
    pub(crate) fn fails(&self, args: &[&str]) -> (String, String) {
        let done = self.run(args);
        assert_eq!((done.code, done.stdout.as_str()), (1, ""), "{args:?}: {done:?}");
        let mut errors = done.errors();
        assert_eq!(errors.len(), 1, "{done:?}");
        errors.remove(0)
    }

    /// The same with a variable in its environment.
    pub(crate) fn run_in(&self, args: &[&str], variable: (&str, &str)) -> Done {
        Done::of(self.command(args).env(variable.0, variable.1).output().unwrap())
    }

    /// The same with these variables, and an end after twenty seconds (124).
    pub(crate) fn run_bounded(&self, args: &[&str], variables: &[(String, String)]) -> Done {
        let mut command = Command::new("timeout");
        self.prepare(command.args(["20", env!("CARGO_BIN_EXE_roomcast")]).args(args));
        let variables = variables.iter().map(|(name, value)| (name, value));
        Done::of(command.envs(variables).output().unwrap())
    }

    /// A server on this data that lets people talk as fast as they like.
    pub(crate) fn serve_on(&self, data: &str) -> Running {
        self.serve_with(&["--data-dir", data], |command| {
            command.env("ROOMCAST_LIMITS__MESSAGES", "1000000/1s");
        })
    }

    pub(crate) fn serve(&self, args: &[&str]) -> Running {
        self.serve_with(args, |_| {})
    }

    /// A server on free ports that is ready.
    pub(crate) fn serve_with(&self, args: &[&str], change: impl FnOnce(&mut Command)) -> Running {
        let mut command = self.command(&[
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--admin-listen",
            "127.0.0.1:0",
            "--log-format",
            "json",
        ]);
        change(command.args(args));
        Running::start(command)
    }

    /// The same under a limit of open files.
    pub(crate) fn serve_with_files(&self, n: u32) -> Running {
        let mut command = Command::new("sh");
        let script = format!(
            "ulimit -n {n}; exec \"$0\" serve --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 --log-format json"
        );
        self.prepare(command.args(["-c", &script, env!("CARGO_BIN_EXE_roomcast")]));
        Running::start(command)
    }

    /// A server that another program starts, in whose place it comes. Its ports are free ones.
    pub(crate) fn serve_through(&self, program: &str, change: impl FnOnce(&mut Command)) -> Running {
        let mut command = Command::new(program);
        self.prepare(&mut command);
        change(&mut command);
        command.env("ROOMCAST_SERVER__LISTEN", "127.0.0.1:0").env("ROOMCAST_METRICS__LISTEN", "127.0.0.1:0");
        Running::start(command)
    }
}

/// What a finished run left.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Done {
    fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Each cause with its help.
    pub(crate) fn errors(&self) -> Vec<(String, String)> {
        let lines: Vec<&str> = self.stderr.lines().collect();
        let pair = |pair: &[&str]| {
            let cause = pair[0].strip_prefix("error: ").unwrap_or_else(|| panic!("{self:?}"));
            let help = pair[1].strip_prefix(" help: ").unwrap_or_else(|| panic!("{self:?}"));
            (cause.to_owned(), help.to_owned())
        };
        assert!(lines.len().is_multiple_of(2), "{self:?}");
        lines.chunks(2).map(pair).collect()
    }
}

/// A server that runs, and is killed when the test is over.
pub(crate) struct Running {
    pub(crate) chat: SocketAddr,
    pub(crate) admin: SocketAddr,
    child: Child,
    before: String,
    log: BufReader<ChildStderr>,
}

impl Running {
    fn start(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let (ready, before) = read_until(&mut log, "ready");
        let address = |name: &str| ready[name].as_str().unwrap().parse().unwrap();
        Self { chat: address("listen"), admin: address("admin"), child, before, log }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it said before it was ready.
    pub(crate) fn log_until_ready(&self) -> &str {
        &self.before
    }

    /// Waits for an event of the log.
    pub(crate) fn logged(&mut self, message: &str) {
        read_until(&mut self.log, message);
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_raw(i32::try_from(self.pid()).unwrap()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// The exit code, within a time.
    pub(crate) fn wait(&mut self, limit: Duration) -> Option<i32> {
        let end = Instant::now() + limit;
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        None
    }

    /// Ends it as an operator does. Connections that are left open would hold it up.
    pub(crate) fn stop(mut self) {
        self.signal(rustix::process::Signal::TERM);
        assert_eq!(self.wait(Duration::from_secs(20)), Some(0));
    }

    /// What is left in the log.
    pub(crate) fn rest_of_log(&mut self) -> String {
        let mut text = String::new();
        self.log.read_to_string(&mut text).unwrap();
        text
    }

    /// Processor time used until now.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid())).unwrap();
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
        let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        Duration::from_millis(ticks * 10)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The event, and what came before it.
fn read_until(log: &mut BufReader<ChildStderr>, message: &str) -> (serde_json::Value, String) {
    let mut seen = String::new();
    loop {
        let mut line = String::new();
        assert!(log.read_line(&mut line).unwrap() > 0, "no {message:?} in {seen}");
        let event = serde_json::from_str::<serde_json::Value>(&line).unwrap_or_default();
        if event["message"].as_str().is_some_and(|found| found.starts_with(message)) {
            return (event, seen);
        }
        seen += &line;
    }
}
