//! Who is in a room, by person and not by connection: a pure structure. Somebody whose last connection vanished stays
//! for a grace, so that a reconnect is no coming and going.

use roomcast_protocol::{CROWD, UserName};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

/// Time between two `typing` of one person in one room.
const TYPING_EVERY: Duration = Duration::from_millis(roomcast_protocol::TYPING_INTERVAL_MS);

/// The people in one room, sorted by name. One person has one `UserName` here, however they spell themselves: that of
/// their [`User`](crate::User).
#[derive(Debug, Default)]
pub(crate) struct Presence {
    people: BTreeMap<Arc<UserName>, Person>,
    /// Changes that a crowd is told of together.
    changes: Changes,
}

#[derive(Debug, Default)]
struct Person {
    connections: usize,
    /// Counts how often the last connection has gone, so that an old grace does not end a new presence.
    departures: u64,
    typed: Option<Instant>,
}

/// What changed since a crowd was last told.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    pub(crate) joined: BTreeSet<Arc<UserName>>,
    pub(crate) left: BTreeSet<Arc<UserName>>,
}

/// What a departure means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Departure {
    /// Another connection of the person is here.
    Remains,
    /// They have left.
    Left,
    /// They may be back within the grace; its end is to be reported with this number.
    Grace(u64),
}

impl Presence {
    /// One more connection. True where the person was not here.
    pub(crate) fn enter(&mut self, user: &Arc<UserName>) -> bool {
        let new = !self.people.contains_key(user);
        self.people.entry(user.clone()).or_default().connections += 1;
        if new {
            self.changes.join(user);
        }
        new
    }

    /// One connection less.
    pub(crate) fn depart(&mut self, user: &Arc<UserName>, properly: bool) -> Departure {
        let Some(person) = self.people.get_mut(user) else {
            return Departure::Remains;
        };
        person.connections = person.connections.saturating_sub(1);
        if person.connections > 0 {
            return Departure::Remains;
        }
        person.departures += 1;
        if !properly {
            return Departure::Grace(person.departures);
        }
        self.remove(user);
        Departure::Left
    }

    /// A grace has ended. True where the person has not come back.
    pub(crate) fn grace_ended(&mut self, user: &Arc<UserName>, departure: u64) -> bool {
        let gone = self.people.get(user).is_some_and(|p| p.connections == 0 && p.departures == departure);
        if gone {
            self.remove(user);
        }
        gone
    }

    fn remove(&mut self, user: &Arc<UserName>) {
        self.people.remove(user);
        self.changes.leave(user);
    }

    /// Whether a `typing` of this person is to be passed on now.
    pub(crate) fn may_type(&mut self, user: &Arc<UserName>, now: Instant) -> bool {
        let Some(person) = self.people.get_mut(user) else {
            return false;
        };
        let may = person.typed.is_none_or(|t| now.saturating_duration_since(t) >= TYPING_EVERY);
        if may {
            person.typed = Some(now);
        }
        may
    }

    /// So many that changes are told together.
    pub(crate) fn is_crowd(&self) -> bool {
        self.people.len() > CROWD
    }

    pub(crate) fn len(&self) -> usize {
        self.people.len()
    }

    /// By name, in the order everyone sees.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.people.keys().map(|user| user.name())
    }

    /// What changed since the last call.
    pub(crate) fn take_changes(&mut self) -> Changes {
        std::mem::take(&mut self.changes)
    }
}

impl Changes {
    pub(crate) fn is_empty(&self) -> bool {
        self.joined.is_empty() && self.left.is_empty()
    }

    /// Somebody is announced alone.
    pub(crate) fn forget(&mut self, user: &Arc<UserName>) {
        self.joined.remove(user);
        self.left.remove(user);
    }

    /// Who left and is back has not changed, and the other way round.
    fn join(&mut self, user: &Arc<UserName>) {
        if !self.left.remove(user) {
            self.joined.insert(user.clone());
        }
    }

    fn leave(&mut self, user: &Arc<UserName>) {
        if !self.joined.remove(user) {
            self.left.insert(user.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> Arc<UserName> {
        Arc::new(UserName::parse(name).unwrap())
    }

    #[test]
    fn two_tabs_are_one_person_until_the_last_is_closed() {
        let (mut here, ann) = (Presence::default(), user("ann"));
        assert!(here.enter(&ann));
        assert!(!here.enter(&ann));
        assert_eq!(here.depart(&ann, true), Departure::Remains);
        assert_eq!(here.depart(&ann, true), Departure::Left);
        assert_eq!(here.len(), 0);
    }

    #[test]
    fn a_grace_that_was_interrupted_ends_nothing() {
        let (mut here, ann) = (Presence::default(), user("ann"));
        here.enter(&ann);
        assert_eq!(here.depart(&ann, false), Departure::Grace(1));
        assert!(!here.enter(&ann), "back within the grace is no news");
        assert!(!here.grace_ended(&ann, 1));
        assert_eq!(here.depart(&ann, false), Departure::Grace(2));
        assert!(!here.grace_ended(&ann, 1), "the first grace is long over");
        assert!(here.grace_ended(&ann, 2));
        assert_eq!(here.len(), 0);
    }

    #[test]
    fn names_are_sorted_and_changes_cancel_out() {
        let mut here = Presence::default();
        for name in ["zoe", "ann", "Bob"] {
            here.enter(&user(name));
        }
        assert_eq!(here.names().collect::<Vec<_>>(), ["Bob", "ann", "zoe"]);
        here.depart(&user("zoe"), true);
        let changes = here.take_changes();
        assert_eq!((changes.joined.len(), changes.left.len()), (2, 0));
        here.depart(&user("ann"), true);
        here.enter(&user("ann"));
        assert!(here.take_changes().is_empty());
    }

    #[test]
    fn typing_passes_once_in_three_seconds() {
        let (mut here, ann, start) = (Presence::default(), user("ann"), Instant::now());
        assert!(!here.may_type(&ann, start), "who is not here does not type");
        here.enter(&ann);
        assert!(here.may_type(&ann, start));
        assert!(!here.may_type(&ann, start + Duration::from_millis(2999)));
        assert!(here.may_type(&ann, start + Duration::from_secs(3)));
    }
}
