//! A user's name.

use super::{NameError, settle};
use crate::MAX_USER_CHARS;
use precis_profiles::precis_core::{Error, profile::PrecisFastInvocation};
use precis_profiles::{UsernameCaseMapped, UsernameCasePreserved};
use std::{cmp::Ordering, fmt, hash, sync::Arc};

/// A user: the name that is shown, and the identity that is compared. `Ann` and `ann` are the same user.
#[derive(Clone)]
pub struct UserName {
    name: Arc<str>,
    identity: Arc<str>,
}

impl UserName {
    /// Reads a name as someone wrote it: 1 to [`MAX_USER_CHARS`] characters, shown in the form of PRECIS
    /// `UsernameCasePreserved` and compared in that of `UsernameCaseMapped` (RFC 8265 §3). Characters that nobody
    /// sees are refused, joiners (U+200C, U+200D) included, which PRECIS would let pass in some scripts.
    ///
    /// # Errors
    /// A [`NameError`] about users.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.is_empty() {
            return Err(NameError::EmptyUser);
        }
        // A composed character stands for three at most: a text this long stays too long, and is not worth the work.
        if text.len() > 12 * MAX_USER_CHARS {
            return Err(NameError::LongUser);
        }
        let name = enforce::<UsernameCasePreserved>(text)?;
        let identity = enforce::<UsernameCaseMapped>(&name)?;
        let identity = if identity == name { Arc::clone(&name) } else { identity };
        Ok(Self { name, identity })
    }

    /// Puts a user together from an identity and a name that were checked before, such as those in the store. It
    /// checks nothing: what a client or a token says goes through [`UserName::parse`] first.
    #[must_use]
    pub fn from_parts(identity: impl Into<Arc<str>>, name: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), identity: identity.into() }
    }

    /// What is shown, and sent as `user`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What is compared, stored and counted.
    #[must_use]
    pub fn identity(&self) -> &str {
        &self.identity
    }
}

fn enforce<P: PrecisFastInvocation>(text: &str) -> Result<Arc<str>, NameError> {
    if let Some(joiner) = text.chars().find(|c| matches!(c, '\u{200c}' | '\u{200d}')) {
        return Err(NameError::UserCharacter(joiner));
    }
    let rule = |text: &str| P::enforce(text.to_owned()).map(String::from).map_err(|error| explain(&error));
    let text = settle(text.to_owned(), rule)?;
    if text.chars().count() > MAX_USER_CHARS { Err(NameError::LongUser) } else { Ok(text.into()) }
}

fn explain(error: &Error) -> NameError {
    match error {
        Error::BadCodepoint(info) => {
            NameError::UserCharacter(char::from_u32(info.cp).unwrap_or(char::REPLACEMENT_CHARACTER))
        }
        // Empty was seen to before; what remains is the rule of RFC 5893 for mixed directions.
        Error::Invalid => NameError::Direction,
        Error::Unexpected(_) => NameError::Unstable,
    }
}

impl PartialEq for UserName {
    fn eq(&self, other: &Self) -> bool {
        self.identity == other.identity
    }
}

impl Eq for UserName {}

impl hash::Hash for UserName {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.identity.hash(state);
    }
}

impl Ord for UserName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.name.cmp(&other.name).then_with(|| self.identity.cmp(&other.identity))
    }
}

impl PartialOrd for UserName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl fmt::Debug for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.name, f)
    }
}
