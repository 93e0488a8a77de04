//! Retention, in SQL: a reader looks for a room that has something to forget, the writer forgets a little of it.

use super::{
    Work, closed,
    question::{room_name, standing},
    reader::Reader,
};
use crate::queue::{Load, Queue, Refused};
use roomcast::store::{Answer, Forgotten, MAX_FORGET, MAX_LOOK, Retention, StoreError, Swept};
use roomcast_protocol::RoomName;
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};
use std::{convert::identity, sync::Arc};
use tokio::sync::oneshot;

/// What a look at the rooms found.
pub(super) struct Look {
    /// The first room that has something to forget.
    due: Option<RoomName>,
    /// Where to go on: at that room, or at the first that was not looked at.
    next: Option<RoomName>,
}

/// A step that waits for the writer.
pub(super) struct Step {
    room: RoomName,
    retention: Retention,
    now_ms: u64,
    answer: oneshot::Sender<Result<Forgotten, StoreError>>,
}

impl Step {
    pub(super) fn answer(self, outcome: rusqlite::Result<Forgotten>) {
        // Whoever does not wait does not want it.
        let _ = self.answer.send(outcome.map_err(super::unavailable));
    }
}

/// Has the writer forget something in the room that was found.
pub(super) fn sweep(
    look: Answer<Look>,
    work: Arc<Queue<Work>>,
    retention: Retention,
    now_ms: u64,
) -> Answer<Swept> {
    Box::pin(async move {
        let Look { due, next } = look.await?;
        let Some(room) = due else { return Ok(Swept { forgotten: None, next }) };
        let (answer, answered) = oneshot::channel();
        let step = Step { room, retention, now_ms, answer };
        let load = Load { units: MAX_FORGET as usize, bytes: 0 };
        work.push(Work::Forget(step), load).map_err(|refused| match refused {
            Refused::Full(_) => StoreError::Overloaded,
            Refused::Closed(_) => closed(),
        })?;
        let forgotten = answered.await.map_err(|_| closed()).and_then(identity)?;
        Ok(Swept { forgotten: Some(forgotten).filter(|it| it.messages > 0), next })
    })
}

impl Reader {
    /// Looks at rooms by name, from one on, until one has something to forget.
    pub(super) fn look(
        &mut self,
        retention: Retention,
        now_ms: u64,
        from: Option<&RoomName>,
    ) -> rusqlite::Result<Look> {
        let mut statement = self.connection.prepare_cached(
            "SELECT name, head > floor + 1 AND (head - floor > ?2
                 OR (SELECT at FROM messages WHERE room_id = looked.id AND seq = looked.floor + 1) < ?3)
             FROM (SELECT id, name, floor, (SELECT max(seq) FROM messages WHERE room_id = rooms.id) AS head
                   FROM rooms WHERE name >= ?1 ORDER BY name LIMIT ?4) AS looked
             ORDER BY name",
        )?;
        let most = retention.max_messages.map_or(i64::MAX, |most| integer(most.get()));
        let cutoff = integer(retention.cutoff_ms(now_ms));
        // No name is empty.
        let from = from.map_or("", RoomName::as_str);
        // One more than is looked at: the one to go on from.
        let mut rows = statement.query(params![from, most, cutoff, MAX_LOOK + 1])?;
        for _ in 0..MAX_LOOK {
            let Some(row) = rows.next()? else { return Ok(Look { due: None, next: None }) };
            if row.get::<_, Option<bool>>(1)? == Some(true) {
                let room = room_name(row)?;
                return Ok(Look { due: Some(room.clone()), next: Some(room) });
            }
        }
        Ok(Look { due: None, next: rows.next()?.map(room_name).transpose()? })
    }
}

/// Forgets what one step may, in a transaction of its own.
pub(super) fn forget(connection: &mut Connection, step: &Step) -> rusqlite::Result<Forgotten> {
    let Step { room, retention, now_ms, .. } = step;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let (id, floor, head) = standing(&transaction, room)?.unwrap_or_default();
    let cutoff_ms = retention.cutoff_ms(*now_ms);
    let new = retention
        .next_floor(floor, head, |after, upto| first_young(&transaction, id, after, upto, cutoff_ms))?;
    if new > floor {
        let mut delete = transaction
            .prepare_cached("DELETE FROM messages WHERE room_id = ?1 AND seq > ?2 AND seq <= ?3")?;
        delete.execute(params![id, floor, new])?;
        // And the changes that everybody has who has the first message that is kept; the newest is the room's count.
        let mut delete = transaction.prepare_cached(
            "DELETE FROM changes WHERE room_id = ?1 AND after < ?2
                 AND change < (SELECT max(change) FROM changes WHERE room_id = ?1)",
        )?;
        delete.execute(params![id, new])?;
        let mut raise = transaction.prepare_cached("UPDATE rooms SET floor = ?2 WHERE id = ?1")?;
        raise.execute(params![id, new])?;
    }
    transaction.commit()?;
    Ok(Forgotten { room: room.clone(), floor: new, messages: new - floor })
}

fn first_young(
    transaction: &Connection,
    room_id: i64,
    after: u64,
    upto: u64,
    cutoff_ms: u64,
) -> rusqlite::Result<Option<u64>> {
    let sql = "SELECT seq FROM messages WHERE room_id = ?1 AND seq > ?2 AND seq <= ?3 AND at >= ?4 ORDER BY seq LIMIT 1";
    let mut find = transaction.prepare_cached(sql)?;
    find.query_row(params![room_id, after, upto, integer(cutoff_ms)], |row| row.get(0)).optional()
}

fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
