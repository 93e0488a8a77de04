//! One commit: one call of a function in the database, so that a batch costs one round trip.

use super::{cache::Cache, error::Failure};
use crate::batch::Verdict;
use roomcast::store::{Append, AppendError, Appended};
use sqlx::PgConnection;

const SQL: &str = "SELECT r_seq, r_at, r_status FROM append_batch_v1($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], \
     $5::text[], $6::bigint[], $7::text[])";

/// Appends messages in one transaction and commits it. After an error nothing was appended where PostgreSQL says so,
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
        .bind(&columns.contents);
    let rows: Vec<(i64, i64, i16)> = call.fetch_all(connection).await?;
    if rows.len() != messages.len() {
        return Err(Failure::Damaged("append_batch_v1 did not answer for every message"));
    }
    Ok(rows.into_iter().map(verdict).collect())
}

fn verdict((seq, at, status): (i64, i64, i16)) -> Verdict {
    let appended = |repeated| Appended { seq: seq.cast_unsigned(), at_ms: at.cast_unsigned(), repeated };
    match status {
        0 => Ok(appended(false)),
        1 => Ok(appended(true)),
        _ => Err(AppendError::NonceConflict),
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
    contents: Vec<&'a str>,
}

impl<'a> Columns<'a> {
    fn of(cache: &Cache, messages: &[&'a Append]) -> Self {
        let other_name = |message: &&'a Append| cache.user(message).other_name(&message.user);
        Self {
            rooms: messages.iter().map(|message| cache.room(message)).collect(),
            users: messages.iter().map(|message| cache.user(message).id).collect(),
            times: messages.iter().map(|message| integer(message.at_ms)).collect(),
            names: messages.iter().map(other_name).collect(),
            nonces: messages.iter().map(|message| message.nonce.as_deref()).collect(),
            replies: messages.iter().map(|message| message.reply_to.map(integer)).collect(),
            contents: messages.iter().map(|message| &*message.content).collect(),
        }
    }
}

/// PostgreSQL's integers have a sign; times and numbers beyond 2^63 do not occur.
fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
