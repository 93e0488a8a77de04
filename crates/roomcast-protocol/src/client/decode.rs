//! From a text to a frame.

use super::fields::{Complaint, Fields, Key, complaint, required};
use super::{ClientFrame, Envelope, FrameError, HistoryAt, Resume};
use crate::{ErrorCode, MAX_FRAME_BYTES, MAX_JSON_DEPTH};
use std::borrow::Cow;

impl<'a> Envelope<'a> {
    /// Reads one client frame, in one pass over the text and without copying what it says.
    ///
    /// Fields that no frame has, or another one, are ignored, and `null` is as good as absent. A field that some
    /// frame has must not be there twice (RFC 8259 §4 leaves open which one counts).
    ///
    /// # Errors
    /// A [`FrameError`] where the text is longer than [`MAX_FRAME_BYTES`], is not one JSON object at most
    /// [`MAX_JSON_DEPTH`] deep, has an unknown `type`, or lacks a field or has one of another type or range than the
    /// frame needs.
    pub fn parse(text: &'a str) -> Result<Self, FrameError> {
        let mut fields = Fields::default();
        let read = check_shape(text).and_then(|()| fields.read(text).map_err(bad_frame));
        let (id, id_read) = match fields.id() {
            Ok(id) => (id, Ok(())),
            Err(complaint) => (None, Err(bad_frame(complaint))),
        };
        match read.and(id_read).and_then(|()| ClientFrame::from_fields(&mut fields)) {
            Ok(frame) => Ok(Self { frame, id }),
            Err((code, message)) => Err(FrameError { id, code, message }),
        }
    }
}

/// A refusal before it is known which `id` it answers.
type Refusal = (ErrorCode, Cow<'static, str>);

fn bad_frame(complaint: Complaint) -> Refusal {
    (ErrorCode::BadFrame, complaint)
}

/// What can be said about a text before it is read.
fn check_shape(text: &str) -> Result<(), Refusal> {
    if text.len() > MAX_FRAME_BYTES {
        return Err((ErrorCode::TooLarge, Cow::Borrowed("the frame is larger than 64 KiB")));
    }
    // Nothing is deeper than it has opening brackets, so that nearly every frame is only counted.
    if opening_brackets(text) > MAX_JSON_DEPTH && depth(text) > MAX_JSON_DEPTH {
        return Err(bad_frame(Cow::Borrowed("the frame is nested more than 16 levels deep")));
    }
    Ok(())
}

/// How many `{` and `[` there are. In sums of one byte, which no 255 others overflow, so that the compiler counts
/// sixteen bytes at a time: the checked sum of a plain `count` costs as much as reading the JSON.
fn opening_brackets(text: &str) -> usize {
    // `[` and `{` differ in this bit alone, and no other byte becomes `{` by it.
    let opens = |byte: &u8| u8::from(byte | 0x20 == b'{');
    let in_chunk = |chunk: &[u8]| chunk.iter().map(opens).fold(0, u8::wrapping_add);
    text.as_bytes().chunks(255).map(|chunk| usize::from(in_chunk(chunk))).sum()
}

/// How deep the brackets outside strings go. Right for JSON; anything for what is none, which is refused anyway.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

impl<'a> ClientFrame<'a> {
    fn from_fields(fields: &mut Fields<'a>) -> Result<Self, Refusal> {
        let kind = fields.text(Key::Type).and_then(|kind| required(Key::Type, kind)).map_err(bad_frame)?;
        Self::of_kind(&kind, fields).map_err(bad_frame)?.ok_or((ErrorCode::UnknownType, Cow::Borrowed(KINDS)))
    }

    fn of_kind(kind: &str, fields: &mut Fields<'a>) -> Result<Option<Self>, Complaint> {
        Ok(Some(match kind {
            "message" => Self::Message {
                content: required(Key::Content, fields.text(Key::Content)?)?,
                room: fields.text(Key::Room)?,
                nonce: fields.text(Key::Nonce)?,
                reply_to: fields.number(Key::ReplyTo)?,
            },
            "typing" => Self::Typing { room: fields.text(Key::Room)? },
            "history" => Self::History {
                room: fields.text(Key::Room)?,
                limit: limit(fields)?,
                at: history_at(fields)?,
            },
            "join" => {
                Self::Join { room: required(Key::Room, fields.text(Key::Room)?)?, resume: resume(fields)? }
            }
            "leave" => Self::Leave { room: required(Key::Room, fields.text(Key::Room)?)? },
            "auth" => Self::Auth { token: required(Key::Token, fields.text(Key::Token)?)? },
            "ping" => Self::Ping,
            _ => return Self::about_a_message(kind, fields),
        }))
    }

    fn about_a_message(kind: &str, fields: &mut Fields<'a>) -> Result<Option<Self>, Complaint> {
        if !matches!(kind, "edit" | "delete" | "react" | "read") {
            return Ok(None);
        }
        let room = fields.text(Key::Room)?;
        let seq = required(Key::Seq, fields.number(Key::Seq)?)?;
        Ok(Some(match kind {
            "edit" => Self::Edit { room, seq, content: required(Key::Content, fields.text(Key::Content)?)? },
            "delete" => Self::Delete { room, seq },
            "react" => Self::React {
                room,
                seq,
                emoji: required(Key::Emoji, fields.text(Key::Emoji)?)?,
                on: required(Key::On, fields.flag(Key::On)?)?,
            },
            _ => Self::Read { room, seq },
        }))
    }
}

/// What a client that sent something else is told.
const KINDS: &str = "this `type` is not known here; known are message, typing, history, join, leave, auth, ping, \
                     edit, delete, react and read";

fn limit(fields: &mut Fields<'_>) -> Result<Option<u32>, Complaint> {
    match fields.number(Key::Limit)? {
        Some(0) => Err(complaint(Key::Limit, "must be at least 1")),
        // More than the server would send in any case: the exact number makes no difference.
        limit => Ok(limit.map(|limit| u32::try_from(limit).unwrap_or(u32::MAX))),
    }
}

fn history_at(fields: &mut Fields<'_>) -> Result<HistoryAt, Complaint> {
    let places = (fields.number(Key::Before)?, fields.number(Key::After)?, fields.number(Key::Around)?);
    match places {
        (None, None, None) => Ok(HistoryAt::Newest),
        (Some(seq), None, None) => Ok(HistoryAt::Before(seq)),
        (None, Some(seq), None) => Ok(HistoryAt::After(seq)),
        (None, None, Some(seq)) => Ok(HistoryAt::Around(seq)),
        _ => Err(Cow::Borrowed("only one of the fields `before`, `after` and `around` can be there")),
    }
}

fn resume<'a>(fields: &mut Fields<'a>) -> Result<Option<Resume<'a>>, Complaint> {
    if !fields.object(Key::Resume)? {
        return Ok(None);
    }
    let seq = required(Key::ResumeSeq, fields.number(Key::ResumeSeq)?)?;
    let epoch = required(Key::ResumeEpoch, fields.text(Key::ResumeEpoch)?)?;
    Ok(Some(Resume { seq, epoch, change: fields.number(Key::ResumeChange)? }))
}
