//! One commit: one call of a function in the database, so that a batch costs one round trip.

use super::{cache::Cache, error::Failure};
use crate::batch::Verdict;
use roomcast::store::{Append, AppendError, Appended, Position, What};
use sqlx::PgConnection;

const SQL: &str = "SELECT r_seq, r_at, r_status, r_head, r_change FROM append_batch_v2($1::bigint[], $2::bigint[], \
     $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::bigint[])";

/// A row of it.
type Row = (i64, i64, i16, i64, i64);

/// Appends messages and changes in one transaction and commits it. After an error nothing was appended where PostgreSQL says so,
/// and nobody knows where it does not.
///
/// PostgreSQL sends the rows before it commits. `fetch_all` reads on to the end, which comes after: stopping at the
/// last row would acknowledge what is not there yet.
pub(super) async fn append(
    connection: &mut PgConnection,
    cache: &mut Cache,
    messages: &[&Append],
) -> Result<Vec<Verdict>, Failure> {
    cache.learn(connection, messages).await?;
    let columns = Columns::of(cache, messages);
    let call = sqlx::query_as(SQL)
        .bind(&columns.rooms)
        .bind(&columns.users)
        .bind(&columns.times)
        .bind(&columns.names)
        .bind(&columns.nonces)
        .bind(&columns.replies)
        .bind(&columns.contents)
        .bind(&columns.targets);
    let rows: Vec<Row> = call.fetch_all(connection).await?;
    if rows.len() != messages.len() {
        return Err(Failure::Damaged("append_batch_v2 did not answer for every item"));
    }
    Ok(rows.into_iter().map(verdict).collect())
}

fn verdict((seq, at, status, head, change): Row) -> Verdict {
    let at_ms = at.cast_unsigned();
    let at = Position { seq: head.cast_unsigned(), change: change.cast_unsigned() };
    let appended = |repeated| Appended { seq: seq.cast_unsigned(), at, at_ms, repeated };
    match status {
        0 => Ok(appended(false)),
        1 => Ok(appended(true)),
        2 => Err(AppendError::NonceConflict),
        3 => Err(AppendError::NoSuchMessage),
        _ => Err(AppendError::NotTheAuthor),
    }
}

/// The batch, column by column.
struct Columns<'a> {
    rooms: Vec<i64>,
    users: Vec<i64>,
    times: Vec<i64>,
    names: Vec<Option<&'a str>>,
    nonces: Vec<Option<&'a str>>,
    replies: Vec<Option<i64>>,
    contents: Vec<Option<&'a str>>,
    targets: Vec<Option<i64>>,
}

impl<'a> Columns<'a> {
    fn of(cache: &Cache, messages: &[&'a Append]) -> Self {
        let other_name = |message: &&'a Append| cache.user(message).other_name(&message.user);
        Self {
            rooms: messages.iter().map(|message| cache.room(message)).collect(),
            users: messages.iter().map(|message| cache.user(message).id).collect(),
            times: messages.iter().map(|message| integer(message.at_ms)).collect(),
            names: messages.iter().map(other_name).collect(),
            nonces: messages.iter().map(|item| item.what.nonce().map(|nonce| &**nonce)).collect(),
            replies: messages.iter().map(|item| reply_to(&item.what)).collect(),
            contents: messages.iter().map(|item| content(&item.what)).collect(),
            targets: messages.iter().map(|item| target(&item.what)).collect(),
        }
    }
}

fn reply_to(what: &What) -> Option<i64> {
    match what {
        What::Message { reply_to, .. } => reply_to.map(integer),
        What::Edit { .. } | What::Delete { .. } => None,
    }
}

fn content(what: &What) -> Option<&str> {
    match what {
        What::Message { content, .. } | What::Edit { content, .. } => Some(content),
        What::Delete { .. } => None,
    }
}

fn target(what: &What) -> Option<i64> {
    match what {
        What::Message { .. } => None,
        What::Edit { seq, .. } | What::Delete { seq } => Some(integer(*seq)),
    }
}

/// PostgreSQL's integers have a sign; times and numbers beyond 2^63 do not occur.
pub(super) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
