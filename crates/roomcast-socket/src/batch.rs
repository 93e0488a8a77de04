//! What one topic got and has not begun to write, as one run of bytes that is written to every member alike.

use crate::hub::{Lane, Personal, Publish};
use bytes::{Bytes, BytesMut};
use rustc_hash::FxHashSet;

/// Above this capacity a batch's buffer is given back when it was written.
const KEEP_BYTES: usize = 64 * 1024;

#[derive(Debug, Default)]
pub(crate) struct Batch {
    bytes: BytesMut,
    /// Runs of the bytes that are of one kind. Ordinary frames share one run.
    parts: Vec<Part>,
    /// Whose part differs from everyone's.
    tags: FxHashSet<u64>,
    /// The position of the newest frame, 0 where none had one.
    last: u64,
}

#[derive(Debug)]
struct Part {
    end: usize,
    lane: Lane,
    personal: Personal,
}

impl Batch {
    pub(crate) fn push(&mut self, publish: &Publish) {
        self.bytes.extend_from_slice(&publish.frames);
        self.last = self.last.max(publish.position);
        self.tags.extend(publish.personal.iter().map(|(tag, _)| tag));
        let end = self.bytes.len();
        match self.parts.last_mut() {
            Some(p) if p.lane == publish.lane && p.personal.is_empty() && publish.personal.is_empty() => {
                p.end = end;
            }
            _ => self.parts.push(Part { end, lane: publish.lane, personal: publish.personal.clone() }),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn last(&self) -> u64 {
        self.last
    }

    pub(crate) fn is_personal(&self, tag: u64) -> bool {
        !self.tags.is_empty() && self.tags.contains(&tag)
    }

    /// What the members with this tag get in place of the bytes.
    pub(crate) fn personal(&self, tag: u64) -> Bytes {
        self.assemble(tag, |_| true)
    }

    /// The durable parts alone, for a member that is too slow for the others.
    pub(crate) fn durable(&self, tag: u64) -> Bytes {
        self.assemble(tag, |part| part.lane == Lane::Durable)
    }

    fn assemble(&self, tag: u64, wanted: impl Fn(&Part) -> bool) -> Bytes {
        let mut out = BytesMut::with_capacity(self.bytes.len());
        let mut start = 0;
        for part in &self.parts {
            let everyones = &self.bytes[start..part.end];
            start = part.end;
            if wanted(part) {
                let own = part.personal.iter().find(|(t, _)| *t == tag);
                out.extend_from_slice(own.map_or(everyones, |(_, frames)| frames));
            }
        }
        out.freeze()
    }

    pub(crate) fn has_volatile(&self) -> bool {
        self.parts.iter().any(|p| p.lane == Lane::Volatile)
    }

    pub(crate) fn clear(&mut self) {
        if self.bytes.capacity() > KEEP_BYTES {
            self.bytes = BytesMut::new();
        }
        self.bytes.clear();
        self.parts.clear();
        self.tags.clear();
        self.last = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publish(frames: &'static str, lane: Lane, personal: &[(u64, &'static str)]) -> Publish {
        let personal: Vec<_> = personal.iter().map(|(t, f)| (*t, Bytes::from_static(f.as_bytes()))).collect();
        Publish {
            frames: Bytes::from_static(frames.as_bytes()),
            position: 0,
            lane,
            personal: personal.into(),
        }
    }

    #[test]
    fn members_with_a_tag_get_their_own_frames_in_the_same_places() {
        let mut batch = Batch::default();
        batch.push(&publish("a", Lane::Durable, &[]));
        batch.push(&publish("b", Lane::Durable, &[(7, "B+"), (8, "")]));
        batch.push(&publish("c", Lane::Volatile, &[(8, "")]));
        batch.push(&publish("d", Lane::Durable, &[]));
        assert_eq!(batch.bytes(), b"abcd");
        assert_eq!(&batch.personal(7)[..], b"aB+cd");
        assert_eq!(&batch.personal(8)[..], b"ad");
        assert!(batch.is_personal(7) && !batch.is_personal(9));
        assert_eq!(&batch.durable(7)[..], b"aB+d");
        assert_eq!(&batch.durable(9)[..], b"abd");
    }

    #[test]
    fn ordinary_frames_share_one_part() {
        let mut batch = Batch::default();
        for _ in 0..100 {
            batch.push(&publish("x", Lane::Durable, &[]));
        }
        assert_eq!(batch.parts.len(), 1);
        batch.clear();
        assert!(batch.is_empty() && batch.bytes().is_empty());
    }

    #[test]
    fn a_buffer_is_kept_up_to_the_bound_and_given_back_beyond_it() {
        for (len, kept) in [(KEEP_BYTES, KEEP_BYTES), (KEEP_BYTES + 1, 0)] {
            let mut batch = Batch::default();
            batch.push(&Bytes::from(vec![b'x'; len]).into());
            batch.clear();
            assert_eq!(batch.bytes.capacity(), kept, "{len}");
        }
    }
}
