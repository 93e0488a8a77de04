//! The file of lines that `roomcast export` writes and `roomcast import` reads: JSON, one object a line, documented in
//! `docs/operations.md`. The first line names the format and the log, the last one says how much there is, so that a
//! file which was cut short is noticed.

use super::{
    Entry, Item, Sink, Source, Totals, TransferError,
    line::{Line, end_line, head_line, line, read_head, read_line},
};
use roomcast_protocol::RoomName;
use std::{
    io::{BufRead, Read as _, Write},
    path::{Path, PathBuf},
};

/// Bytes of a line: a message of the largest size with each of its bytes escaped, and more than enough beside it.
const MAX_LINE: u64 = 256 * 1024;

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
        self.write(&head_line(epoch))
    }

    fn put(&mut self, entry: &Entry) -> Result<(), TransferError> {
        self.write(&line(entry))
    }

    fn finish(&mut self, totals: Totals) -> Result<(), TransferError> {
        self.write(&end_line(totals))?;
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
    last: Option<Last>,
    totals: Totals,
}

/// Where the last line stands.
struct Last {
    room: RoomName,
    /// The number of the last message.
    seq: u64,
    /// The number of the last change, and the message that it stands behind.
    change: Option<(u64, u64)>,
}

impl Last {
    /// Goes on with the next line of the same room: its messages, then its changes.
    fn go_on(&mut self, item: &Item) -> Result<(), String> {
        let Self { room, seq, change } = self;
        match (item, *change) {
            (Item::Message { .. }, Some(_)) => {
                return Err(format!("a message of {room} comes after its changes"));
            }
            (Item::Message { record, .. }, None) if record.seq != *seq + 1 => {
                return Err(format!("{room} goes on with {} after {seq}: numbers have no holes", record.seq));
            }
            (Item::Message { record, .. }, None) => *seq = record.seq,
            (Item::Change(next), Some((last, _))) if next.number != last + 1 => {
                let number = next.number;
                return Err(format!(
                    "{room} goes on with change {number} after {last}: numbers have no holes"
                ));
            }
            (Item::Change(next), last) => {
                let from = last.map_or(0, |(_, after)| after);
                if !(from..=*seq).contains(&next.after) {
                    return Err(format!("after: {} is not a number from {from} to {seq}", next.after));
                }
                *change = Some((next.number, next.after));
            }
        }
        Ok(())
    }
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
        source.epoch = read_head(&source.line).map_err(|what| source.wrong(what))?;
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

    fn count(&mut self, entry: &Entry) -> Result<(), String> {
        match (&mut self.last, &entry.item) {
            (Some(last), item) if last.room == entry.room => last.go_on(item)?,
            (last, Item::Message { record, .. }) => {
                *last = Some(Last { room: entry.room.clone(), seq: record.seq, change: None });
                self.totals.rooms += 1;
            }
            (_, Item::Change(_)) => {
                return Err(format!("a change of {} comes before its messages", entry.room));
            }
        }
        self.totals.count(&entry.item);
        Ok(())
    }

    /// The last line: nothing comes after it, and everything was there.
    fn end(&mut self, end: Totals) -> Result<(), String> {
        if end != self.totals {
            return Err(format!("the file should have {end}, and has {}", self.totals));
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
        let next = read_line(&self.line).and_then(|line| match line {
            Line::End(end) => self.end(end).map(|()| None),
            Line::Entry(entry) => self.count(&entry).map(|()| Some(entry)),
        });
        let next = next.map_err(|what| self.wrong(what))?;
        Ok(next.map(|entry| Entry { line: Some(self.number), ..entry }))
    }
}
