//! The file of lines that `roomcast export` writes and `roomcast import` reads: JSON, one object a line, documented in
//! `docs/operations.md`. The first line names the format and the log, the last one says how much there is, so that a
//! file which was cut short is noticed.

use super::{Entry, Sink, Source, Totals, TransferError};
use roomcast::store::Record;
use roomcast_protocol::{MAX_SEQ, RoomName, UserName, check_content, check_nonce};
use serde::{Deserialize, Serialize};
use std::{
    borrow::Cow,
    io::{BufRead, Read as _, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

const FORMAT: &str = "roomcast-export";
const VERSION: u32 = 1;
/// Bytes of a line: a message of the largest size with each of its bytes escaped, and more than enough beside it.
const MAX_LINE: u64 = 256 * 1024;
/// Bytes of the name of a log, and of an identity or a name.
const MAX_NAME: usize = 255;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head<'a> {
    format: Cow<'a, str>,
    version: u32,
    epoch: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Message<'a> {
    room: Cow<'a, str>,
    seq: u64,
    identity: Cow<'a, str>,
    name: Cow<'a, str>,
    at_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<u64>,
    content: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    end: Totals,
}

/// A message as its line, with the line feed: what is written, and what chains of hashes are made of.
pub(super) fn line(entry: &Entry) -> Vec<u8> {
    let Entry { room, record, .. } = entry;
    json(&Message {
        room: room.as_str().into(),
        seq: record.seq,
        identity: record.user.identity().into(),
        name: record.user.name().into(),
        at_ms: record.at_ms,
        nonce: record.nonce.as_deref().map(Into::into),
        reply_to: record.reply_to,
        content: (&*record.content).into(),
    })
}

fn json(line: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(line).expect("strings and numbers can be written");
    bytes.push(b'\n');
    bytes
}

/// Writes lines.
pub struct LineSink<W> {
    out: W,
    path: PathBuf,
}

impl<W: Write> LineSink<W> {
    /// Into a file, or what is called like one in errors.
    pub fn new(out: W, path: &Path) -> Self {
        Self { out, path: path.to_owned() }
    }

    fn write(&mut self, line: &[u8]) -> Result<(), TransferError> {
        self.out.write_all(line).map_err(|error| TransferError::io(&self.path, error))
    }
}

impl<W: Write> Sink for LineSink<W> {
    fn begin(&mut self, epoch: &str) -> Result<(), TransferError> {
        self.write(&json(&Head { format: FORMAT.into(), version: VERSION, epoch: epoch.into() }))
    }

    fn put(&mut self, entry: &Entry) -> Result<(), TransferError> {
        self.write(&line(entry))
    }

    fn finish(&mut self, totals: Totals) -> Result<(), TransferError> {
        self.write(&json(&End { end: totals }))?;
        self.out.flush().map_err(|error| TransferError::io(&self.path, error))
    }
}

/// Reads lines, and checks each.
pub struct LineSource<R> {
    input: R,
    path: PathBuf,
    epoch: String,
    number: u64,
    line: Vec<u8>,
    /// The room and the number of the last message.
    last: Option<(RoomName, u64)>,
    totals: Totals,
}

impl<R: BufRead> LineSource<R> {
    /// Reads the first line.
    ///
    /// # Errors
    /// [`TransferError::Line`] where it is not that of a file which this program can read; [`TransferError::Io`].
    pub fn open(input: R, path: &Path) -> Result<Self, TransferError> {
        let (line, totals) = (Vec::new(), Totals::default());
        let mut source =
            Self { input, path: path.to_owned(), epoch: String::new(), number: 0, line, last: None, totals };
        source.read()?;
        source.epoch = head(&source.line).map_err(|what| source.wrong(what))?;
        Ok(source)
    }

    /// Reads a line, without the line feed.
    fn read(&mut self) -> Result<(), TransferError> {
        self.line.clear();
        self.number += 1;
        let read = self.input.by_ref().take(MAX_LINE).read_until(b'\n', &mut self.line);
        read.map_err(|error| TransferError::io(&self.path, error))?;
        if self.line.pop_if(|last| *last == b'\n').is_some() {
            return Ok(());
        }
        Err(self.wrong(match self.line.len() as u64 {
            MAX_LINE => format!("it is longer than {MAX_LINE} bytes"),
            _ => "the file ends here, before the line with \"end\": it was cut short".to_owned(),
        }))
    }

    fn wrong(&self, what: String) -> TransferError {
        TransferError::Line { number: self.number, what }
    }

    fn entry(&mut self) -> Result<Entry, String> {
        let mut entry = entry(parse(&self.line)?)?;
        entry.line = Some(self.number);
        let seq = entry.record.seq;
        match &self.last {
            Some((room, last)) if *room == entry.room => {
                if seq != last + 1 {
                    return Err(format!("{room} goes on with {seq} after {last}: numbers have no holes"));
                }
            }
            _ => self.totals.rooms += 1,
        }
        self.totals.messages += 1;
        self.last = Some((entry.room.clone(), seq));
        Ok(entry)
    }

    /// The last line: nothing comes after it, and everything was there.
    fn end(&mut self, end: Totals) -> Result<(), String> {
        if end != self.totals {
            let Totals { rooms, messages } = self.totals;
            return Err(format!(
                "the file should have {} messages in {} rooms, and has {messages} in {rooms}",
                end.messages, end.rooms
            ));
        }
        match self.input.fill_buf() {
            Ok([]) => Ok(()),
            Ok(_) => Err("something comes after the line with \"end\"".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl<R: BufRead> Source for LineSource<R> {
    fn epoch(&self) -> &str {
        &self.epoch
    }

    fn next(&mut self) -> Result<Option<Entry>, TransferError> {
        self.read()?;
        let next = match serde_json::from_slice::<End>(&self.line) {
            Ok(End { end }) => self.end(end).map(|()| None),
            Err(_) => self.entry().map(Some),
        };
        next.map_err(|what| self.wrong(what))
    }
}

/// The name of the log.
fn head(line: &[u8]) -> Result<String, String> {
    let head = parse::<Head<'_>>(line).ok().filter(|head| head.format == FORMAT);
    let Head { version, epoch, .. } = head.ok_or("this is not a file that `roomcast export` wrote")?;
    if version != VERSION {
        return Err(format!("the file has version {version}, this roomcast reads {VERSION}"));
    }
    check_name("epoch", &epoch)?;
    Ok(epoch.into_owned())
}

/// What a line says, checked as it was when it was said.
fn entry(message: Message<'_>) -> Result<Entry, String> {
    let Message { room, seq, identity, name, at_ms, nonce, reply_to, content } = message;
    let canonical = RoomName::parse(&room).map_err(|error| format!("room: {error}"))?;
    if canonical.as_str() != room {
        return Err(format!("room: {room:?} is written {:?}", canonical.as_str()));
    }
    check_name("identity", &identity)?;
    check_name("name", &name)?;
    check_content(&content).map_err(|error| format!("content: {error}"))?;
    nonce.as_deref().map(check_nonce).transpose().map_err(|error| format!("nonce: {error}"))?;
    if !(1..=MAX_SEQ).contains(&seq) {
        return Err(format!("seq: {seq} is not a number from 1 to {MAX_SEQ}"));
    }
    if at_ms.max(reply_to.unwrap_or(0)) > MAX_SEQ {
        return Err(format!("at_ms and reply_to are at most {MAX_SEQ}"));
    }
    let user = Arc::new(UserName::from_parts(identity.as_ref(), name.as_ref()));
    let (content, nonce) = (content.as_ref().into(), nonce.as_deref().map(Arc::from));
    let (edited_ms, deleted_ms) = (None, None);
    let record = Record { seq, user, at_ms, content, nonce, reply_to, edited_ms, deleted_ms };
    Ok(Entry { room: canonical, record, line: None })
}

fn check_name(what: &str, name: &str) -> Result<(), String> {
    if name.is_empty() || name.len() > MAX_NAME || name.chars().any(char::is_control) {
        return Err(format!("{what}: 1 to {MAX_NAME} bytes, without control characters, belong here"));
    }
    Ok(())
}

fn parse<'a, T: Deserialize<'a>>(line: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(line).map_err(|error| {
        // Its line is that of the text that it was given, which is always the first.
        let (text, column) = (error.to_string(), error.column());
        let what = text.rsplit_once(" at line ").map_or(&*text, |(what, _)| what);
        format!("{what} (column {column})")
    })
}
