//! Retention, in SQL: a look for a room that has something to forget, then one statement that forgets a little of it.

use super::{
    error::Failure,
    question::{room_name, standing},
};
use roomcast::store::{Forgotten, MAX_FORGET, MAX_LOOK, Retention, Swept};
use roomcast_protocol::RoomName;
use sqlx::PgConnection;

/// A step of retention, from one room on.
pub(super) async fn sweep(
    connection: &mut PgConnection,
    retention: Retention,
    now_ms: u64,
    from: Option<&RoomName>,
) -> Result<Swept, Failure> {
    let looked = look(connection, retention, now_ms, from).await?;
    let due = looked.iter().take(MAX_LOOK).find(|(_, is_due)| *is_due).map(|(name, _)| room_name(name));
    let Some(room) = due.transpose()? else {
        let next = looked.get(MAX_LOOK).map(|(name, _)| room_name(name)).transpose()?;
        return Ok(Swept { forgotten: None, next });
    };
    let forgotten = forget(connection, &room, retention, now_ms).await?;
    Ok(Swept { forgotten, next: Some(room) })
}

/// Rooms by name, from one on, and whether they have something to forget: one more than is looked at, to go on from.
async fn look(
    connection: &mut PgConnection,
    retention: Retention,
    now_ms: u64,
    from: Option<&RoomName>,
) -> sqlx::Result<Vec<(String, bool)>> {
    let sql = "SELECT name, head > floor + 1 AND (head - floor > $2 OR coalesce(
                   (SELECT at FROM messages WHERE room_id = looked.id AND seq = looked.floor + 1) < $3, false))
               FROM (SELECT id, name, floor, head FROM rooms WHERE name >= $1 ORDER BY name LIMIT $4) AS looked
               ORDER BY name";
    // No name is empty.
    let from = from.map_or("", RoomName::as_str);
    let most = retention.max_messages.map_or(i64::MAX, |most| integer(most.get()));
    let cutoff = integer(retention.cutoff_ms(now_ms));
    let limit = integer(MAX_LOOK as u64 + 1);
    sqlx::query_as(sql).bind(from).bind(most).bind(cutoff).bind(limit).fetch_all(connection).await
}

/// Forgets what one step may. Nothing where another server was faster: the floor is moved from where it was seen.
async fn forget(
    connection: &mut PgConnection,
    room: &RoomName,
    retention: Retention,
    now_ms: u64,
) -> Result<Option<Forgotten>, Failure> {
    let Some(at) = standing(connection, room).await? else { return Ok(None) };
    let young = young(connection, at.id, at.floor, retention.cutoff_ms(now_ms)).await?;
    let first_young = |after, upto| young.iter().copied().find(|seq| (after + 1..=upto).contains(seq));
    let floor =
        retention.next_floor(at.floor, at.head, |after, upto| Ok::<_, Failure>(first_young(after, upto)))?;
    // The changes that everybody has who has the first message that is kept go, too.
    let sql = "WITH moved AS (UPDATE rooms SET floor = $3 WHERE id = $1 AND floor = $2 RETURNING id, change),
               gone AS (DELETE FROM changes USING moved WHERE room_id = moved.id AND after < $3
                        AND changes.change < moved.change)
               DELETE FROM messages USING moved WHERE room_id = moved.id AND seq > $2 AND seq <= $3";
    if floor == at.floor {
        return Ok(None);
    }
    let delete = sqlx::query(sql).bind(at.id).bind(integer(at.floor)).bind(integer(floor));
    let messages = delete.execute(connection).await?.rows_affected();
    Ok((messages > 0).then(|| Forgotten { room: room.clone(), floor, messages }))
}

/// Of what one step may forget, the messages that are not too old, by number.
async fn young(
    connection: &mut PgConnection,
    room_id: i64,
    floor: u64,
    cutoff_ms: u64,
) -> sqlx::Result<Vec<u64>> {
    let sql =
        "SELECT seq FROM messages WHERE room_id = $1 AND seq > $2 AND seq <= $3 AND at >= $4 ORDER BY seq";
    let (after, upto) = (integer(floor), integer(floor + MAX_FORGET));
    let find = sqlx::query_scalar(sql).bind(room_id).bind(after).bind(upto).bind(integer(cutoff_ms));
    Ok(find.fetch_all(connection).await?.into_iter().map(i64::cast_unsigned).collect())
}

fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
