//! A line of what `roomcast export` writes, documented in `docs/operations.md`: how it is written, and what is checked
//! where it is read.

use super::{Entry, Item, Totals};
use roomcast::store::{Change, FIRST_HASH_BYTES, Kind, Record};
use roomcast_protocol::{MAX_SEQ, RoomName, UserName, check_content, check_nonce};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use std::{borrow::Cow, sync::Arc};

const FORMAT: &str = "roomcast-export";
const VERSION: u32 = 1;
/// Bytes of the name of a log, and of an identity or a name.
const MAX_NAME: usize = 255;

type FirstHash = [u8; FIRST_HASH_BYTES];

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head<'a> {
    format: Cow<'a, str>,
    version: u32,
    epoch: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MessageLine<'a> {
    room: Cow<'a, str>,
    seq: u64,
    identity: Cow<'a, str>,
    name: Cow<'a, str>,
    at_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    edited_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_hash: Option<Cow<'a, str>>,
    content: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeLine<'a> {
    room: Cow<'a, str>,
    change: u64,
    after: u64,
    seq: u64,
    identity: Cow<'a, str>,
    name: Cow<'a, str>,
    at_ms: u64,
    kind: KindWord,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<Cow<'a, str>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum KindWord {
    Edit,
    Delete,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    end: Totals,
}

/// What only one kind of line has.
#[derive(Default, Deserialize)]
struct Mark {
    change: Option<IgnoredAny>,
    end: Option<IgnoredAny>,
}

/// What a line after the first says.
pub(super) enum Line {
    /// A message or a change.
    Entry(Entry),
    /// There is no more, and there was so much.
    End(Totals),
}

/// The first line.
pub(super) fn head_line(epoch: &str) -> Vec<u8> {
    json(&Head { format: FORMAT.into(), version: VERSION, epoch: epoch.into() })
}

/// The last line.
pub(super) fn end_line(end: Totals) -> Vec<u8> {
    json(&End { end })
}

/// A message or a change as its line, with the line feed: what is written, and what chains of hashes are made of.
pub(super) fn line(entry: &Entry) -> Vec<u8> {
    let room = entry.room.as_str();
    match &entry.item {
        Item::Message { record, first_hash } => json(&message_line(room, record, first_hash.as_ref())),
        Item::Change(change) => json(&change_line(room, change)),
    }
}

fn message_line<'a>(room: &'a str, record: &'a Record, first_hash: Option<&FirstHash>) -> MessageLine<'a> {
    MessageLine {
        room: room.into(),
        seq: record.seq,
        identity: record.user.identity().into(),
        name: record.user.name().into(),
        at_ms: record.at_ms,
        nonce: record.nonce.as_deref().map(Into::into),
        reply_to: record.reply_to,
        edited_ms: record.edited_ms,
        deleted_ms: record.deleted_ms,
        first_hash: first_hash.map(|hash| hex(hash).into()),
        content: (&*record.content).into(),
    }
}

fn change_line<'a>(room: &'a str, change: &'a Change) -> ChangeLine<'a> {
    let (kind, content) = match &change.kind {
        Kind::Edit { content } => (KindWord::Edit, content.as_deref()),
        Kind::Delete => (KindWord::Delete, None),
    };
    ChangeLine {
        room: room.into(),
        change: change.number,
        after: change.after,
        seq: change.seq,
        identity: change.user.identity().into(),
        name: change.user.name().into(),
        at_ms: change.at_ms,
        kind,
        content: content.map(Into::into),
    }
}

/// In hexadecimal, two lower-case digits a byte.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn json(line: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(line).expect("strings and numbers can be written");
    bytes.push(b'\n');
    bytes
}

/// The name of the log, from the first line.
pub(super) fn read_head(line: &[u8]) -> Result<String, String> {
    let head = parse::<Head<'_>>(line).ok().filter(|head| head.format == FORMAT);
    let Head { version, epoch, .. } = head.ok_or("this is not a file that `roomcast export` wrote")?;
    if version != VERSION {
        return Err(format!("the file has version {version}, this roomcast reads {VERSION}"));
    }
    check_name("epoch", &epoch)?;
    Ok(epoch.into_owned())
}

/// What any other line says, checked as it was when it was said.
pub(super) fn read_line(line: &[u8]) -> Result<Line, String> {
    // A line that is not even JSON is told what a message lacks.
    let mark: Mark = serde_json::from_slice(line).unwrap_or_default();
    if mark.end.is_some() {
        return parse::<End>(line).map(|End { end }| Line::End(end));
    }
    let (room, item) = if mark.change.is_some() { change(&parse(line)?)? } else { message(&parse(line)?)? };
    Ok(Line::Entry(Entry { room, item, line: None }))
}

fn message(line: &MessageLine<'_>) -> Result<(RoomName, Item), String> {
    let room = room(&line.room)?;
    check_number("seq", line.seq)?;
    let user = user(&line.identity, &line.name)?;
    line.nonce.as_deref().map(check_nonce).transpose().map_err(|error| format!("nonce: {error}"))?;
    check_time("at_ms and reply_to", line.at_ms.max(line.reply_to.unwrap_or(0)))?;
    check_message_content(line)?;
    let first_hash = first_hash(line)?;
    let record = Record {
        seq: line.seq,
        user,
        at_ms: line.at_ms,
        content: line.content.as_ref().into(),
        nonce: line.nonce.as_deref().map(Arc::from),
        reply_to: line.reply_to,
        edited_ms: line.edited_ms,
        deleted_ms: line.deleted_ms,
    };
    Ok((room, Item::Message { record, first_hash }))
}

/// Of a deleted message nothing is left but its place.
fn check_message_content(line: &MessageLine<'_>) -> Result<(), String> {
    check_time("edited_ms and deleted_ms", line.edited_ms.max(line.deleted_ms).unwrap_or(0))?;
    if line.deleted_ms.is_none() {
        return check_content(&line.content).map(drop).map_err(|error| format!("content: {error}"));
    }
    if line.edited_ms.is_some() || !line.content.is_empty() {
        return Err("a deleted message has an empty content and no edited_ms".to_owned());
    }
    Ok(())
}

/// Where it is missing, a repeated nonce would be compared with what the message says now.
fn first_hash(line: &MessageLine<'_>) -> Result<Option<FirstHash>, String> {
    let is_changed = line.edited_ms.is_some() || line.deleted_ms.is_some();
    if line.first_hash.is_some() != (is_changed && line.nonce.is_some()) {
        return Err("first_hash: a changed message with a nonce has one, and no other".to_owned());
    }
    let digits = || format!("first_hash: {} digits 0-9 and a-f belong here", 2 * FIRST_HASH_BYTES);
    line.first_hash.as_deref().map(|text| from_hex(text).ok_or_else(digits)).transpose()
}

/// The opposite of [`hex`].
fn from_hex(text: &str) -> Option<FirstHash> {
    let mut bytes = FirstHash::default();
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * i..2 * i + 2)?, 16).ok()?;
    }
    // Also signs and upper case, which would not come out again as they came in.
    (hex(&bytes) == text).then_some(bytes)
}

fn change(line: &ChangeLine<'_>) -> Result<(RoomName, Item), String> {
    let room = room(&line.room)?;
    for (what, number) in [("change", line.change), ("after", line.after), ("seq", line.seq)] {
        check_number(what, number)?;
    }
    if line.seq > line.after {
        return Err(format!("a change of message {} cannot stand behind message {}", line.seq, line.after));
    }
    let user = user(&line.identity, &line.name)?;
    check_time("at_ms", line.at_ms)?;
    let content = line.content.as_deref();
    content.map(check_content).transpose().map_err(|error| format!("content: {error}"))?;
    let kind = match line.kind {
        KindWord::Edit => Kind::Edit { content: content.map(Arc::from) },
        KindWord::Delete if content.is_none() => Kind::Delete,
        KindWord::Delete => return Err("a deletion has no content".to_owned()),
    };
    let ChangeLine { change: number, after, seq, at_ms, .. } = *line;
    Ok((room, Item::Change(Change { number, after, seq, user, at_ms, kind })))
}

fn room(name: &str) -> Result<RoomName, String> {
    let canonical = RoomName::parse(name).map_err(|error| format!("room: {error}"))?;
    if canonical.as_str() == name {
        Ok(canonical)
    } else {
        Err(format!("room: {name:?} is written {:?}", canonical.as_str()))
    }
}

fn user(identity: &str, name: &str) -> Result<Arc<UserName>, String> {
    check_name("identity", identity)?;
    check_name("name", name)?;
    Ok(Arc::new(UserName::from_parts(identity, name)))
}

fn check_number(what: &str, number: u64) -> Result<(), String> {
    if (1..=MAX_SEQ).contains(&number) {
        Ok(())
    } else {
        Err(format!("{what}: {number} is not a number from 1 to {MAX_SEQ}"))
    }
}

fn check_time(what: &str, time: u64) -> Result<(), String> {
    if time <= MAX_SEQ { Ok(()) } else { Err(format!("{what}: at most {MAX_SEQ}")) }
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
