//! Who somebody is, and what they may do. Guests name themselves, a token names its bearer ([`Verifier`]); either way the
//! rest of the crate sees a [`User`], which all of a person's connections share, and asks each time something is done
//! whether it is allowed ([`Grants`]).

mod grants;
mod identity;
pub(crate) mod revoked;

pub use grants::{Grants, Pattern, PatternError, Verb};
pub(crate) use identity::may;
pub use identity::{Checked, Denied, Identity, Pass, Verifier};
pub use revoked::{MAX_REVOCATIONS, TooMany};

use crate::limits::{Budget, Limits};
use roomcast_protocol::UserName;
use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::BuildHasher,
    num::NonZeroU32,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

/// A person, for as long as any connection of theirs is open or their budget is not whole again.
#[derive(Debug)]
pub struct User {
    /// Name and identity.
    pub name: Arc<UserName>,
    /// Marks the person's connections, so that some frames show them something of their own.
    pub tag: u64,
    /// Messages, edits and deletions that they may still send.
    pub(crate) budget: Budget,
    /// Rooms that they may still enter.
    pub(crate) joins: Budget,
    /// What else they may still ask for.
    pub(crate) commands: Budget,
    /// Connections that count against their cap.
    connections: AtomicU32,
}

impl User {
    fn new(name: UserName, tag: u64, limits: &Limits) -> Arc<Self> {
        let [budget, joins, commands] = [limits.messages, limits.joins, limits.commands].map(Budget::new);
        Arc::new(Self { name: Arc::new(name), tag, budget, joins, commands, connections: AtomicU32::new(0) })
    }

    /// One connection more, to be given back by [`User::leave`]. False where there are so many already.
    pub(crate) fn enter(&self, most: NonZeroU32) -> bool {
        let one_more = |n| (n < most.get()).then_some(n + 1);
        self.connections.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more).is_ok()
    }

    pub(crate) fn leave(&self) {
        self.connections.fetch_sub(1, Ordering::AcqRel);
    }

    /// Nothing was spent that has not come back.
    fn is_whole(&self) -> bool {
        [&self.budget, &self.joins, &self.commands].into_iter().all(Budget::is_whole)
    }
}

/// Everybody who is here or was a moment ago, by identity.
#[derive(Debug)]
pub(crate) struct Users {
    limits: Limits,
    keys: RandomState,
    people: Mutex<HashMap<Arc<UserName>, Arc<User>>>,
    nobody: Arc<User>,
}

impl Users {
    pub(crate) fn new(limits: Limits) -> Self {
        let nobody = User::new(UserName::from_parts("", ""), 0, &limits);
        Self { limits, keys: RandomState::new(), people: Mutex::default(), nobody }
    }

    /// Whoever a connection belongs to that has not said yet. It is in no room.
    pub(crate) fn nobody(&self) -> Arc<User> {
        self.nobody.clone()
    }

    /// The person of this name. Whoever names the same identity is the same person, under the name that was
    /// given first.
    pub(crate) fn get(&self, name: UserName) -> Arc<User> {
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(user) = people.get(&name) {
            return user.clone();
        }
        let tag = self.tag(&name);
        let user = User::new(name, tag, &self.limits);
        people.insert(user.name.clone(), user.clone());
        user
    }

    pub(crate) fn tag(&self, name: &UserName) -> u64 {
        self.keys.hash_one(name.identity())
    }

    /// Forgets those who have gone. Not at once: a new connection must not bring a new budget.
    pub(crate) fn sweep(&self) {
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        people.retain(|_, user| Arc::strong_count(user) > 1 || !user.is_whole());
        if people.capacity() > 4 * people.len() + 64 {
            people.shrink_to_fit();
        }
    }

    /// How many are remembered.
    pub(crate) fn len(&self) -> usize {
        self.people.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Rate;
    use std::time::Duration;

    #[test]
    fn a_person_is_one_however_many_connections_and_their_budget_outlives_them() {
        let messages = Rate { count: NonZeroU32::MIN, per: Duration::from_millis(300) };
        let users = Users::new(Limits { messages, ..Limits::default() });
        let ann = users.get(UserName::parse("Ann").unwrap());
        let same = users.get(UserName::parse("ann").unwrap());
        assert!(Arc::ptr_eq(&ann, &same) && same.name.name() == "Ann");
        assert_eq!(ann.tag, users.tag(&ann.name));
        ann.budget.spend().unwrap();
        drop((ann, same));
        users.sweep();
        assert_eq!(users.len(), 1, "a new connection would have a new budget");
        std::thread::sleep(Duration::from_millis(310));
        users.sweep();
        assert_eq!(users.len(), 0);
    }
}
