//! Proof that two stores hold the same: a hash over all messages and changes of each room, in order.

use super::{
    Entry, Item, Source, TransferError,
    line::{hex, line},
};
use roomcast_protocol::RoomName;
use sha2::{Digest as _, Sha256};

/// A room's messages and the changes to them in one number: SHA-256 over their lines as `roomcast export` writes them, in order, line feeds
/// included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomChain {
    /// The room.
    pub room: RoomName,
    /// The number of its oldest message.
    pub first: u64,
    /// The number of its newest message.
    pub last: u64,
    /// The hash, in hexadecimal.
    pub hash: String,
}

/// The rooms of a source, one after the other.
struct Chains<'a> {
    source: &'a mut dyn Source,
    /// The first message of the next room.
    next: Option<Entry>,
}

impl<'a> Chains<'a> {
    fn of(source: &'a mut dyn Source) -> Result<Self, TransferError> {
        let next = source.next()?;
        Ok(Self { source, next })
    }

    fn next(&mut self) -> Result<Option<RoomChain>, TransferError> {
        let Some(Entry { room, .. }) = &self.next else { return Ok(None) };
        let (room, mut numbers, mut hash) = (room.clone(), None, Sha256::new());
        while let Some(entry) = self.next.take_if(|entry| entry.room == room) {
            if let Item::Message { record, .. } = &entry.item {
                numbers = Some((numbers.map_or(record.seq, |(first, _)| first), record.seq));
            }
            hash.update(line(&entry));
            self.next = self.source.next()?;
        }
        let ((first, last), hash) = (numbers.unwrap_or_default(), hex(&hash.finalize()));
        Ok(Some(RoomChain { room, first, last, hash }))
    }
}

/// Reads two stores to their ends and tells of each room what either has. True where they hold the same.
///
/// # Errors
/// When either cannot be read.
pub fn compare(
    one: &mut dyn Source,
    other: &mut dyn Source,
    mut tell: impl FnMut(Option<&RoomChain>, Option<&RoomChain>),
) -> Result<bool, TransferError> {
    let mut same = one.epoch() == other.epoch();
    let (mut ones, mut others) = (Chains::of(one)?, Chains::of(other)?);
    let (mut left, mut right) = (ones.next()?, others.next()?);
    while left.is_some() || right.is_some() {
        let room = left.iter().chain(&right).map(|chain| chain.room.clone()).min();
        let is_it = |chain: &mut RoomChain| Some(&chain.room) == room.as_ref();
        let (mine, yours) = (left.take_if(is_it), right.take_if(is_it));
        tell(mine.as_ref(), yours.as_ref());
        same &= mine == yours;
        if mine.is_some() {
            left = ones.next()?;
        }
        if yours.is_some() {
            right = others.next()?;
        }
    }
    Ok(same)
}
