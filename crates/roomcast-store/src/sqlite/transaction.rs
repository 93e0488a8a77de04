//! One commit.

use super::{
    cache::{Cache, Room},
    change,
};
use crate::batch::Verdict;
use roomcast::store::{Append, AppendError, Appended, Position, What, first_hash};
use rusqlite::{CachedStatement, Connection, Transaction, TransactionBehavior, params};

/// Appends messages and changes in one transaction and commits it. After an error nothing was appended, as far as can be known,
/// and the cache must be forgotten.
pub(super) fn append(
    connection: &mut Connection,
    cache: &mut Cache,
    items: &[&Append],
) -> rusqlite::Result<Vec<Verdict>> {
    // IMMEDIATE: a transaction that begins by reading cannot always go on to write, and no waiting helps (P11).
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut insert = Insert::prepare(&transaction)?;
    let verdicts = items
        .iter()
        .map(|item| match &item.what {
            What::Message { content, nonce, reply_to } => {
                let said = Said { content, nonce: nonce.as_deref(), reply_to: *reply_to };
                insert.run(&transaction, cache, item, &said)
            }
            What::Edit { seq, content } => change::edit(&transaction, cache, item, *seq, content),
            What::Delete { seq } => change::delete(&transaction, cache, item, *seq),
        })
        .collect::<rusqlite::Result<Vec<Verdict>>>()?;
    drop(insert);
    transaction.commit()?;
    Ok(verdicts)
}

/// What a message says.
struct Said<'a> {
    content: &'a str,
    nonce: Option<&'a str>,
    reply_to: Option<u64>,
}

/// The statement that every message runs through.
struct Insert<'a> {
    statement: CachedStatement<'a>,
}

impl<'a> Insert<'a> {
    /// The conflict's target is named: a clash of numbers is a fault and must fail.
    fn prepare(transaction: &'a Transaction<'_>) -> rusqlite::Result<Self> {
        let statement = transaction.prepare_cached(
            "INSERT INTO messages (room_id, seq, user_id, at, name, nonce, reply_to, content)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (room_id, user_id, nonce) WHERE nonce IS NOT NULL DO NOTHING",
        )?;
        Ok(Self { statement })
    }

    fn run(
        &mut self,
        transaction: &Connection,
        cache: &mut Cache,
        message: &Append,
        said: &Said<'_>,
    ) -> rusqlite::Result<Verdict> {
        let user = cache.user(transaction, &message.user)?;
        let user_id = user.id;
        let other_name = user.other_name(&message.user);
        let room = cache.room(transaction, &message.room)?;
        let seq = room.head + 1;
        let at = integer(message.at_ms);
        let reply_to = said.reply_to.map(integer);
        let n_inserted = self.statement.execute(params![
            room.id,
            seq,
            user_id,
            at,
            other_name,
            said.nonce,
            reply_to,
            said.content
        ])?;
        if n_inserted == 0 {
            return repetition(transaction, room, user_id, said);
        }
        // The number is taken only by a row that is there: repetitions leave no hole (P4).
        room.head = seq;
        let (seq, at_ms) = (seq.cast_unsigned(), at.cast_unsigned());
        Ok(Ok(Appended { seq, at: room.position(), at_ms, repeated: false }))
    }
}

/// The answer to a nonce that is there already.
fn repetition(
    transaction: &Connection,
    room: &Room,
    user_id: i64,
    Said { content, nonce, .. }: &Said<'_>,
) -> rusqlite::Result<Verdict> {
    let sql = "SELECT seq, at, content = ?4, first_hash FROM messages WHERE room_id = ?1 AND user_id = ?2 AND nonce = ?3";
    let mut find = transaction.prepare_cached(sql)?;
    find.query_row(params![room.id, user_id, nonce, content], |row| {
        let same = match row.get_ref(3)?.as_blob_or_null()? {
            // It says something else now.
            Some(hash) => nonce.is_some_and(|nonce| first_hash(nonce, content) == hash),
            None => row.get(2)?,
        };
        let first = Appended { seq: row.get(0)?, at: room.position(), at_ms: row.get(1)?, repeated: true };
        Ok(if same { Ok(first) } else { Err(AppendError::NonceConflict) })
    })
}

impl Room {
    /// Where its log stands.
    pub(super) fn position(&self) -> Position {
        Position { seq: self.head.cast_unsigned(), change: self.change.cast_unsigned() }
    }
}

/// SQLite's integers have a sign; times and numbers beyond 2^63 do not occur.
pub(super) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
