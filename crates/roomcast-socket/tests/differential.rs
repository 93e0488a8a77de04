//! Against tungstenite's server: random and mutated streams of frames, which both read. What is delivered and how it ends
//! must be the same, but for what [`DIFFERENCES`] names.
//!
//! `DIFFERENTIAL_SEED` repeats a run; a failure says which.

mod streams;

use fastrand::Rng;
use roomcast_socket::reader::{Event, Reader, Violation};
use std::{
    io::{self, Cursor, Read, Write},
    ops::ControlFlow,
};
use tokio_tungstenite::tungstenite::{
    Error, Message, WebSocket,
    error::ProtocolError,
    protocol::{Role, WebSocketConfig, frame::coding::CloseCode},
};

/// The longest message that both take, in bytes.
const MAX_MESSAGE: usize = 1000;
/// Streams in a run.
const STREAMS: usize = 30_000;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong,
}

/// How a stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// More may come.
    Open,
    /// The client closes, with this code if it gave one.
    Closed(Option<u16>),
    /// It is closed with this code.
    Refused(u16),
}

/// What a reader makes of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Verdict {
    seen: Vec<Seen>,
    end: End,
}

/// A way in which we mean to differ.
struct Difference {
    name: &'static str,
    /// Of RFC 6455.
    section: &'static str,
    is_it: fn(&[u8], &Ours, &Verdict) -> bool,
}

/// Our verdict, and what is told to a peer that is refused.
struct Ours {
    verdict: Verdict,
    reason: &'static str,
}

const DIFFERENCES: &[Difference] = &[
    Difference {
        name: "a length that is not in its shortest form is refused; tungstenite takes it",
        section: "5.2",
        is_it: |_, ours, theirs| {
            ours.reason == "a length not in its shortest form" && theirs.seen.starts_with(&ours.verdict.seen)
        },
    },
    Difference {
        name: "such a length in a control frame is refused; tungstenite takes it",
        section: "5.2, 5.5",
        is_it: |stream, ours, _| {
            let theirs = theirs_of(&completed(stream));
            let taken = theirs.seen.len() > ours.verdict.seen.len()
                || matches!(theirs.end, End::Closed(_) | End::Refused(1007));
            ours.reason == "a control frame that is long or in pieces"
                && theirs.seen.starts_with(&ours.verdict.seen)
                && taken
        },
    },
    Difference {
        name: "what is wrong is refused as soon as it is seen; tungstenite waits until the frame is whole",
        section: "5.2, 7.1.7, 8.1",
        is_it: |stream, ours, theirs| {
            let whole = theirs_of(&completed(stream));
            matches!((ours.verdict.end, theirs.end, whole.end), (End::Refused(_), End::Open, End::Refused(_)))
                && theirs.seen == ours.verdict.seen
                && whole.seen == theirs.seen
        },
    },
    Difference {
        name: "of a frame that is wrong and too large as well, what is wrong is told (1002), not its size (1009)",
        section: "5.2, 5.5",
        is_it: |_, ours, theirs| ends(ours, theirs, End::Refused(1002), End::Refused(1009)),
    },
    Difference {
        name: "of a close frame with a bad code and bad text, the code is the fault (1002), not the text (1007)",
        section: "5.5.1, 7.4",
        is_it: |_, ours, theirs| {
            ours.reason == "a close code that may not travel"
                && ends(ours, theirs, End::Refused(1002), End::Refused(1007))
        },
    },
    Difference {
        name: "the close code 1014 may travel: it is registered; tungstenite answers 1002",
        section: "7.4.2",
        is_it: |_, ours, theirs| ends(ours, theirs, End::Closed(Some(1014)), End::Refused(1002)),
    },
];

/// The stream with its last frame whole, and something behind it.
fn completed(stream: &[u8]) -> Vec<u8> {
    [stream, &[0; 2 * MAX_MESSAGE]].concat()
}

fn ends(ours: &Ours, theirs: &Verdict, our_end: End, their_end: End) -> bool {
    ours.verdict.seen == theirs.seen && (ours.verdict.end, theirs.end) == (our_end, their_end)
}

#[test]
fn tungstenite_delivers_and_refuses_the_same_but_for_what_is_named() {
    let seed = std::env::var("DIFFERENTIAL_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = seed.unwrap_or_else(|| fastrand::u64(..));
    println!("DIFFERENTIAL_SEED={seed} repeats this run");
    let mut dice = Rng::with_seed(seed);
    let (mut same, mut met) = ([0; 3], vec![0; DIFFERENCES.len()]);
    for n in 0..STREAMS {
        let stream = streams::stream(&mut dice);
        let (ours, theirs) = (ours_of(&stream, &mut dice), theirs_of(&stream));
        if ours.verdict == theirs {
            same[match theirs.end {
                End::Open => 0,
                End::Closed(_) => 1,
                End::Refused(_) => 2,
            }] += 1;
            continue;
        }
        let which = DIFFERENCES.iter().position(|difference| (difference.is_it)(&stream, &ours, &theirs));
        let which = which.unwrap_or_else(|| {
            panic!("seed {seed}, stream {n}: {stream:02x?}\nours {:?}\ntheirs {theirs:?}", ours.verdict)
        });
        met[which] += 1;
    }
    println!("the same: {same:?} (open, closed, refused)");
    for (Difference { name, section, .. }, times) in DIFFERENCES.iter().zip(&met) {
        println!("{times}: {name} (RFC 6455 section {section})");
    }
    assert!(same.iter().chain(&met).all(|times| *times > 0), "seed {seed}: a way to end was never met");
}

/// What we make of it, in pieces of any size.
fn ours_of(stream: &[u8], dice: &mut Rng) -> Ours {
    let (mut reader, mut rest) = (Reader::new(MAX_MESSAGE), stream.to_vec());
    let mut ours = Ours { verdict: Verdict { seen: Vec::new(), end: End::Open }, reason: "" };
    while !rest.is_empty() && ours.verdict.end == End::Open {
        let mut piece: Vec<u8> = rest.drain(..dice.usize(1..=rest.len())).collect();
        if let Err(violation) = feed(&mut reader, &mut piece, &mut ours.verdict) {
            (ours.verdict.end, ours.reason) = (End::Refused(violation.close_code()), violation.reason());
        }
    }
    ours
}

fn feed(reader: &mut Reader, piece: &mut [u8], verdict: &mut Verdict) -> Result<usize, Violation> {
    reader.feed(piece, &mut |event| {
        match event {
            Event::Text(text) => verdict.seen.push(Seen::Text(text.to_owned())),
            Event::Binary(bytes) => verdict.seen.push(Seen::Binary(bytes.to_vec())),
            Event::Ping(payload) => verdict.seen.push(Seen::Ping(payload.to_vec())),
            Event::Pong => verdict.seen.push(Seen::Pong),
            Event::Close(code) => verdict.end = End::Closed(code),
        }
        ControlFlow::Continue(())
    })
}

/// What tungstenite makes of it.
fn theirs_of(stream: &[u8]) -> Verdict {
    let config = WebSocketConfig::default()
        .read_buffer_size(256)
        .write_buffer_size(0)
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE));
    let mut socket = WebSocket::from_raw_socket(Stream(Cursor::new(stream)), Role::Server, Some(config));
    let mut seen = Vec::new();
    loop {
        match socket.read() {
            Ok(Message::Text(text)) => seen.push(Seen::Text(text.to_string())),
            Ok(Message::Binary(bytes)) => seen.push(Seen::Binary(bytes.to_vec())),
            Ok(Message::Ping(payload)) => seen.push(Seen::Ping(payload.to_vec())),
            Ok(Message::Pong(_)) => seen.push(Seen::Pong),
            ended => return Verdict { seen, end: their_end(ended) },
        }
    }
}

fn their_end(ended: Result<Message, Error>) -> End {
    match ended {
        Ok(Message::Close(None)) => End::Closed(None),
        // In place of a code that may not travel it tells what it answers.
        Ok(Message::Close(Some(f))) if f.code == CloseCode::Protocol && f.reason == "Protocol violation" => {
            End::Refused(1002)
        }
        Ok(Message::Close(Some(frame))) => End::Closed(Some(frame.code.into())),
        Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => End::Open,
        Err(Error::Protocol(_)) => End::Refused(1002),
        Err(Error::Utf8(_)) => End::Refused(1007),
        Err(Error::Capacity(_)) => End::Refused(1009),
        other => panic!("tungstenite ends in a way that is not known here: {other:?}"),
    }
}

/// Reads the stream, and lets go what is written.
struct Stream<'a>(Cursor<&'a [u8]>);

impl Read for Stream<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0.read(out)
    }
}

impl Write for Stream<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
