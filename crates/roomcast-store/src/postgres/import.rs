//! Messages and changes into a database, with their numbers, times and nonces, in one transaction.

use super::{
    Address,
    cache::Cache,
    link::Link,
    origin,
    rows::{self, Extent, Piece},
};
use crate::transfer::{Entry, ImportOptions, Item, Sink, Totals, TransferError};
use roomcast::store::{Kind, epoch::new_epoch};
use roomcast_protocol::RoomName;
use sqlx::{Executor as _, PgConnection};
use std::{collections::HashSet, convert::identity, iter, mem};

/// Messages and changes that are written at once.
const MAX_ROWS: usize = 1000;
/// Bytes of content that wait for that.
const MAX_BYTES: usize = 4 << 20;

/// A database that is filled. Nobody else may use it for as long as this lives; what is not finished is undone.
pub struct Import {
    link: Link,
    cache: Cache,
    options: ImportOptions,
    epoch: String,
    /// The store had no messages.
    empty: bool,
    /// The first id of a room that this import has made.
    first_new: i64,
    /// What is not written yet: at most [`MAX_ROWS`], and [`MAX_BYTES`] and one more.
    waiting: Vec<Entry>,
    bytes: usize,
    /// The room that was written to last, and where it stands.
    room: Option<(RoomName, Extent)>,
}

impl Import {
    /// Connects to this database and makes its tables where there are none. It blocks the thread, which must not be in
    /// a runtime.
    ///
    /// # Errors
    /// [`OpenError`](super::OpenError), for example while a server uses it.
    pub fn open(address: &Address, options: ImportOptions) -> Result<Self, TransferError> {
        let mut link = Link::open_alone(address)?;
        link.take_time()?;
        let (empty, first_new) = link.run(async |connection| Ok(look(connection).await?))?;
        let epoch = link.run(async |connection| Ok(origin::name(connection).await?.unwrap_or_default()))?;
        let (cache, epoch, waiting) = (Cache::default(), epoch.to_string(), Vec::new());
        Ok(Self { link, cache, options, epoch, empty, first_new, waiting, bytes: 0, room: None })
    }

    /// The name of the log.
    #[must_use]
    pub fn epoch(&self) -> &str {
        &self.epoch
    }

    /// Writes what waits.
    fn flush(&mut self) -> Result<(), TransferError> {
        self.bytes = 0;
        let entries = mem::take(&mut self.waiting);
        if entries.is_empty() {
            return Ok(());
        }
        let pieces = self.pieces(&entries)?;
        let Self { link, cache, .. } = self;
        let missing = link.run(async |connection| rows::write(connection, cache, &pieces).await)?;
        if let Some(Entry { room, item: Item::Message { record, .. }, line }) = missing.map(|i| &entries[i]) {
            return Err(TransferError::nonce(room, record).in_line(*line));
        }
        self.room = pieces.last().map(|piece| (piece.room.clone(), piece.extent));
        Ok(())
    }

    /// What there is of each room. Every room is new, but for one that the last writing ended with.
    fn pieces<'a>(&mut self, entries: &'a [Entry]) -> Result<Vec<Piece<'a>>, TransferError> {
        let begun =
            self.room.as_ref().filter(|(room, _)| entries[0].room == *room).map(|(_, extent)| *extent);
        let mut extents = iter::once(begun).chain(iter::repeat(None));
        let pieces: Vec<Piece<'a>> = entries
            .chunk_by(|one, next| one.room == next.room)
            .map(|entries| piece(entries, extents.next().flatten()))
            .collect::<Result<_, _>>()?;
        self.refuse_known(&pieces[usize::from(begun.is_some())..])?;
        Ok(pieces)
    }

    fn refuse_known(&mut self, pieces: &[Piece<'_>]) -> Result<(), TransferError> {
        let names: Vec<&str> = pieces.iter().map(|piece| piece.room.as_str()).collect();
        let known = self.link.run(async |connection| rows::known(connection, &names).await)?;
        let mut seen: HashSet<&RoomName> = self.room.iter().map(|(room, _)| room).collect();
        for Piece { room, entries, .. } in pieces {
            let room = (*room).clone();
            let error = match known.get(room.as_str()) {
                Some((id, _)) if *id >= self.first_new => TransferError::Scattered { room },
                Some((_, true)) => TransferError::RoomExists { room },
                _ if seen.insert(&entries[0].room) => continue,
                _ => TransferError::Scattered { room },
            };
            return Err(error.in_line(entries[0].line));
        }
        Ok(())
    }
}

impl Sink for Import {
    fn begin(&mut self, epoch: &str) -> Result<(), TransferError> {
        if self.options.into_empty && !self.empty {
            return Err(TransferError::NotEmpty { what: format!("the database {}", self.link.address()) });
        }
        self.link.run(async |connection| Ok(connection.execute("BEGIN").await.map(drop)?))?;
        if self.empty {
            self.epoch = if self.options.new_epoch { new_epoch().to_string() } else { epoch.to_owned() };
            let epoch = &self.epoch;
            self.link.run(async |connection| Ok(origin::set_name(connection, epoch).await?))?;
        }
        Ok(())
    }

    fn put(&mut self, entry: &Entry) -> Result<(), TransferError> {
        self.bytes += content_bytes(entry);
        self.waiting.push(entry.clone());
        if self.waiting.len() < MAX_ROWS && self.bytes < MAX_BYTES { Ok(()) } else { self.flush() }
    }

    fn finish(&mut self, _: Totals) -> Result<(), TransferError> {
        self.flush()?;
        let commit =
            async |connection: &mut PgConnection| Ok(connection.execute("COMMIT").await.map(drop)?);
        self.link.block(commit).and_then(identity).map_err(|failure| match self.link.failed(&failure) {
            TransferError::Database { address, reason } if failure.is_gone() => {
                TransferError::Uncertain { address, reason }
            }
            error => error,
        })
    }
}

/// Entries of one room, which may have been begun.
fn piece(entries: &[Entry], begun: Option<Extent>) -> Result<Piece<'_>, TransferError> {
    let Entry { room, item, line } = &entries[0];
    let before = match (begun, item) {
        (Some(extent), _) => extent,
        (None, Item::Message { record, .. }) => Extent::before(record.seq),
        // Its messages come first.
        (None, Item::Change(_)) => return Err(TransferError::Scattered { room: room.clone() }.in_line(*line)),
    };
    Ok(Piece { room, extent: entries.iter().fold(before, Extent::add), entries })
}

fn content_bytes(entry: &Entry) -> usize {
    match &entry.item {
        Item::Message { record, .. } => record.content.len(),
        Item::Change(change) => match &change.kind {
            Kind::Edit { content } => content.as_ref().map_or(0, |content| content.len()),
            Kind::Delete => 0,
        },
    }
}

/// Whether there are no messages, and the id that the next new room gets at least.
async fn look(connection: &mut PgConnection) -> sqlx::Result<(bool, i64)> {
    let sql = "SELECT NOT EXISTS (SELECT FROM messages), (SELECT coalesce(max(id), 0) + 1 FROM rooms)";
    sqlx::query_as(sql).fetch_one(connection).await
}
