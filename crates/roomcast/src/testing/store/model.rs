//! What a store should hold, kept beside it in the plainest way.

use super::{Dice, all_changes, delete, edit, message, whole_room, with_nonce};
use crate::store::{Append, AppendError, Appended, Change, Kind, Position, Record, Store, What};
use std::{collections::BTreeMap, sync::Arc};

/// All rooms, by name.
#[derive(Default)]
pub(super) struct Model(BTreeMap<String, Room>);

#[derive(Default)]
struct Room {
    messages: Vec<Record>,
    /// What each message said at first.
    firsts: Vec<Arc<str>>,
    changes: Vec<Change>,
}

impl Model {
    /// What a store must answer.
    pub(super) fn append(&mut self, append: &Append) -> Result<Appended, AppendError> {
        let room = self.0.entry(append.room.as_str().to_owned()).or_default();
        match &append.what {
            What::Message { content, nonce, reply_to } => {
                room.say(append, content, nonce.as_ref(), *reply_to)
            }
            What::Edit { seq, content } => room.edit(append, *seq, content),
            What::Delete { seq } => room.delete(append, *seq),
        }
    }

    /// Whether the store holds this and nothing else.
    pub(super) async fn check(&self, store: &dyn Store) {
        for (name, room) in &self.0 {
            assert_eq!(whole_room(store, name).await, room.messages, "{name} holds what was answered");
            assert_eq!(
                all_changes(store, name).await,
                room.changes,
                "{name} has the changes that were answered"
            );
        }
    }
}

impl Room {
    fn at(&self) -> Position {
        Position { seq: self.messages.len() as u64, change: self.changes.len() as u64 }
    }

    fn say(
        &mut self,
        append: &Append,
        content: &Arc<str>,
        nonce: Option<&Arc<str>>,
        reply_to: Option<u64>,
    ) -> Result<Appended, AppendError> {
        let is_it = |m: &&Record| nonce.is_some() && m.nonce.as_ref() == nonce && m.user == append.user;
        if let Some(first) = self.messages.iter().find(is_it) {
            let same = self.firsts[first.seq as usize - 1] == *content;
            return if same {
                Ok(self.repeated(first.seq, first.at_ms))
            } else {
                Err(AppendError::NonceConflict)
            };
        }
        self.firsts.push(content.clone());
        self.messages.push(Record {
            seq: self.at().seq + 1,
            user: append.user.clone(),
            at_ms: append.at_ms,
            content: content.clone(),
            nonce: nonce.cloned(),
            reply_to,
            edited_ms: None,
            deleted_ms: None,
        });
        Ok(Appended { seq: self.at().seq, at: self.at(), at_ms: append.at_ms, repeated: false })
    }

    fn edit(&mut self, append: &Append, seq: u64, content: &Arc<str>) -> Result<Appended, AppendError> {
        let at = self.own(append, seq)?;
        let message = &mut self.messages[at];
        if message.deleted_ms.is_some() {
            return Err(AppendError::NoSuchMessage);
        }
        if message.content == *content {
            let first_ms = message.edited_ms.unwrap_or(message.at_ms);
            return Ok(self.repeated(seq, first_ms));
        }
        (message.content, message.edited_ms) = (content.clone(), Some(append.at_ms));
        Ok(self.change(append, seq, Kind::Edit { content: Some(content.clone()) }))
    }

    fn delete(&mut self, append: &Append, seq: u64) -> Result<Appended, AppendError> {
        let at = self.own(append, seq)?;
        let message = &mut self.messages[at];
        if let Some(first_ms) = message.deleted_ms {
            return Ok(self.repeated(seq, first_ms));
        }
        (message.content, message.edited_ms, message.deleted_ms) = ("".into(), None, Some(append.at_ms));
        for change in self.changes.iter_mut().filter(|change| change.seq == seq) {
            change.kind = Kind::Edit { content: None };
        }
        Ok(self.change(append, seq, Kind::Delete))
    }

    fn own(&self, append: &Append, seq: u64) -> Result<usize, AppendError> {
        let at = self.messages.iter().position(|m| m.seq == seq).ok_or(AppendError::NoSuchMessage)?;
        if self.messages[at].user == append.user { Ok(at) } else { Err(AppendError::NotTheAuthor) }
    }

    fn change(&mut self, append: &Append, seq: u64, kind: Kind) -> Appended {
        let Position { seq: after, change } = self.at();
        let (number, user, at_ms) = (change + 1, append.user.clone(), append.at_ms);
        self.changes.push(Change { number, after, seq, user, at_ms, kind });
        Appended { seq, at: self.at(), at_ms, repeated: false }
    }

    fn repeated(&self, seq: u64, at_ms: u64) -> Appended {
        Appended { seq, at: self.at(), at_ms, repeated: true }
    }
}

/// A batch of messages with and without nonces, and of changes to any message, also to those that are not there.
pub(super) fn random_batch(dice: &mut Dice) -> Vec<Append> {
    (0..dice.below(24)).map(|_| random_item(dice)).collect()
}

fn random_item(dice: &mut Dice) -> Append {
    let room = format!("room-{}", dice.below(4));
    let user = ["ann", "bob"][dice.below(2) as usize];
    let content = ["yes", "no"][dice.below(2) as usize];
    match dice.below(8) {
        0 | 1 => message(&room, user, content),
        2 | 3 => with_nonce(&format!("n{}", dice.below(60)), message(&room, user, content)),
        4..=6 => edit(&room, user, dice.below(40), content),
        _ => delete(&room, user, dice.below(40)),
    }
}
