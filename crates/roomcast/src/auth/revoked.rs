//! Tokens that are not good any more before they expire. Kept in memory until then.

use super::identity::{Identity, Pass};
use roomcast_protocol::UserName;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// Revocations that are remembered at once; one more is refused.
pub const MAX_REVOCATIONS: usize = 100_000;

/// As many tokens or people are revoked as can be remembered ([`MAX_REVOCATIONS`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{MAX_REVOCATIONS} revocations are remembered already: change the signing key instead")]
pub struct TooMany;

/// What is revoked. Times are seconds since the Unix epoch.
#[derive(Debug, Default)]
pub(crate) struct Revoked(Mutex<Lists>);

#[derive(Debug, Default)]
struct Lists {
    /// Tokens by their `jti`, with the time until which that is remembered.
    tokens: HashMap<Box<str>, u64>,
    /// People, all of whose tokens that were issued up to the first time are revoked; that is remembered until the second.
    people: HashMap<Box<str>, (u64, u64)>,
}

impl Revoked {
    /// One token, until it expires.
    pub(crate) fn token(&self, id: &str, until: u64, now: u64) -> Result<(), TooMany> {
        let mut lists = self.room_for_one(now)?;
        let end = lists.tokens.entry(id.into()).or_default();
        *end = until.max(*end);
        Ok(())
    }

    /// All tokens of a person that were issued until now, until the last of them expires.
    pub(crate) fn person(&self, name: &UserName, until: u64, now: u64) -> Result<(), TooMany> {
        let mut lists = self.room_for_one(now)?;
        let (issued, end) = lists.people.entry(name.identity().into()).or_default();
        (*issued, *end) = (now, until.max(*end));
        Ok(())
    }

    fn room_for_one(&self, now: u64) -> Result<std::sync::MutexGuard<'_, Lists>, TooMany> {
        let mut lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lists.len() >= MAX_REVOCATIONS {
            lists.forget(now);
        }
        if lists.len() >= MAX_REVOCATIONS { Err(TooMany) } else { Ok(lists) }
    }

    /// Whether a token is one of them. One that does not say when it was issued counts as old.
    pub(crate) fn holds(&self, identity: &Identity) -> bool {
        identity.pass.as_ref().is_some_and(|pass| self.holds_pass(&identity.name, pass))
    }

    pub(crate) fn holds_pass(&self, name: &UserName, pass: &Pass) -> bool {
        let lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let old = |(issued, _): &(u64, u64)| pass.issued.is_none_or(|at| at <= *issued);
        pass.id.as_ref().is_some_and(|id| lists.tokens.contains_key(id))
            || lists.people.get(name.identity()).is_some_and(old)
    }

    /// Forgets what has expired anyway.
    pub(crate) fn sweep(&self, now: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).forget(now);
    }
}

impl Lists {
    fn len(&self) -> usize {
        self.tokens.len() + self.people.len()
    }

    fn forget(&mut self, now: u64) {
        self.tokens.retain(|_, end| *end > now);
        self.people.retain(|_, (_, end)| *end > now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Grants;

    fn token(name: &str, issued: Option<u64>, id: Option<&str>) -> Identity {
        let pass =
            Pass { grants: Grants::everywhere(), expires: 99, ends: 99, issued, id: id.map(Into::into) };
        Identity { name: UserName::parse(name).unwrap(), pass: Some(Box::new(pass)) }
    }

    #[test]
    fn s15_a_token_by_its_name_and_a_persons_old_ones_are_revoked_until_they_expire() {
        let revoked = Revoked::default();
        revoked.token("t1", 50, 10).unwrap();
        revoked.person(&UserName::parse("Ann").unwrap(), 60, 10).unwrap();
        assert!(revoked.holds(&token("bob", Some(20), Some("t1"))));
        assert!(!revoked.holds(&token("bob", Some(5), Some("t2"))));
        assert!(revoked.holds(&token("ann", Some(10), None)) && revoked.holds(&token("ann", None, None)));
        assert!(!revoked.holds(&token("ann", Some(11), None)), "issued after");
        assert!(!revoked.holds(&Identity::from(UserName::parse("ann").unwrap())), "no token at all");
        revoked.sweep(50);
        assert!(!revoked.holds(&token("bob", Some(20), Some("t1"))));
        assert!(revoked.holds(&token("ann", Some(10), None)));
        revoked.sweep(60);
        assert!(!revoked.holds(&token("ann", Some(10), None)));
    }

    #[test]
    fn so_many_are_remembered_and_room_is_made_by_what_has_expired() {
        let revoked = Revoked::default();
        revoked.token("short", 20, 10).unwrap();
        (1..MAX_REVOCATIONS).for_each(|n| revoked.token(&n.to_string(), 90, 10).unwrap());
        assert_eq!(revoked.token("one more", 90, 19), Err(TooMany));
        assert_eq!(revoked.token("one more", 90, 20), Ok(()));
        assert_eq!(revoked.token("another", 90, 20), Err(TooMany));
    }
}
