//! A way to the server that can be cut at a chosen moment, and that can lead to another server.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, Ordering},
    },
    thread,
};

/// Where a connection is cut, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// The next call does not arrive.
    BeforeCall,
    /// The next call arrives, and nobody waits for its answer.
    AfterCall,
    /// The next answer is swallowed, to its end: PostgreSQL has committed.
    Answer,
}

/// How every answer of PostgreSQL ends outside of a transaction: `ReadyForQuery`, idle.
const END_OF_ANSWER: &[u8] = b"Z\0\0\0\x05I";

/// The proxy. Its threads end with the connections, and with the test's process.
pub(super) struct Proxy {
    port: u16,
    way: Arc<Way>,
}

#[derive(Debug)]
struct Way {
    server: AtomicU16,
    cut: Mutex<Option<Cut>>,
}

/// What becomes of some bytes.
#[derive(PartialEq, Eq)]
enum Fate {
    Pass,
    Swallow,
    Cut { passed: bool },
}

impl Proxy {
    /// One that leads to this port.
    pub(super) fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let way = Arc::new(Way { server: AtomicU16::new(server), cut: Mutex::default() });
        let proxy = Self { port: listener.local_addr().unwrap().port(), way: Arc::clone(&way) };
        thread::spawn(move || {
            for client in listener.incoming() {
                connect(client.unwrap(), &way);
            }
        });
        proxy
    }

    /// The same address by way of the proxy.
    pub(super) fn address(&self, direct: &str) -> String {
        let (before, rest) = direct.rsplit_once(':').unwrap();
        let (_, database) = rest.split_once('/').unwrap();
        format!("{before}:{}/{database}", self.port)
    }

    /// From now on connections are made to this port.
    pub(super) fn lead_to(&self, server: u16) {
        self.way.server.store(server, Ordering::Release);
    }

    /// Cuts the connection that is used next.
    pub(super) fn cut(&self, cut: Cut) {
        *self.way.cut.lock().unwrap() = Some(cut);
    }

    /// Whether that has happened.
    pub(super) fn has_cut(&self) -> bool {
        self.way.cut.lock().unwrap().is_none()
    }
}

impl Way {
    fn of_call(&self) -> Fate {
        let mut cut = self.cut.lock().unwrap();
        match *cut {
            None | Some(Cut::Answer) => return Fate::Pass,
            Some(Cut::BeforeCall | Cut::AfterCall) => {}
        }
        Fate::Cut { passed: cut.take() == Some(Cut::AfterCall) }
    }

    fn of_answer(&self, bytes: &[u8]) -> Fate {
        let mut cut = self.cut.lock().unwrap();
        if *cut != Some(Cut::Answer) {
            return Fate::Pass;
        }
        if !bytes.ends_with(END_OF_ANSWER) {
            return Fate::Swallow;
        }
        *cut = None;
        Fate::Cut { passed: false }
    }
}

/// Where nobody listens, the client is hung up on.
fn connect(client: TcpStream, way: &Arc<Way>) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", way.server.load(Ordering::Acquire))) else { return };
    let (back, forth) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    let (of_calls, of_answers) = (Arc::clone(way), Arc::clone(way));
    thread::spawn(move || pass(forth, server, |_| of_calls.of_call()));
    thread::spawn(move || pass(back, client, |bytes| of_answers.of_answer(bytes)));
}

/// Passes bytes on until one side is gone or the connection is to be cut.
fn pass(mut from: TcpStream, mut to: TcpStream, fate: impl Fn(&[u8]) -> Fate) {
    let mut bytes = [0; 64 << 10];
    while let Ok(n @ 1..) = from.read(&mut bytes) {
        let fate = fate(&bytes[..n]);
        let passes = matches!(fate, Fate::Pass | Fate::Cut { passed: true });
        if passes && to.write_all(&bytes[..n]).is_err() || matches!(fate, Fate::Cut { .. }) {
            break;
        }
    }
    // One side may be gone already.
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
