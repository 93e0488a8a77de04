//! What somebody may do where: a list of rooms by name or by the beginning of their names, and for each what is allowed. A
//! pure structure.

use roomcast_protocol::{NameError, RoomName};
use std::fmt;

/// Something that is done in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Verb {
    /// To be in it, and to see what is and was said there and who is there.
    Read = 1,
    /// To say something, and to be seen typing.
    Write = 2,
    /// To take away what others said, and others with it.
    Moderate = 4,
}

impl Verb {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Moderate];

    /// As a token has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Moderate => "moderate",
        }
    }

    /// The verb of this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| verb.as_str() == word)
    }
}

/// A room, or all whose names begin alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// Canonical.
    text: Box<str>,
    /// A `*` stood behind it.
    open: bool,
}

/// Why something is not a pattern of rooms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// A `*` that is not at the end.
    #[error("`*` stands at the end of a room's name or nowhere")]
    Star,
    /// What stands before it is no name.
    #[error(transparent)]
    Name(#[from] NameError),
}

impl Pattern {
    /// Reads `team-7`, `team-*` or `*`.
    ///
    /// # Errors
    /// A `*` that is not at the end, or what is no room's name without it.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let (name, open) = text.strip_suffix('*').map_or((text, false), |name| (name, true));
        if name.contains('*') {
            return Err(PatternError::Star);
        }
        let text = if open && name.is_empty() { "".into() } else { RoomName::canonical(name)? };
        Ok(Self { text: text.into(), open })
    }

    fn matches(&self, room: &str) -> bool {
        if self.open { room.starts_with(&*self.text) } else { *room == *self.text }
    }
}

/// What somebody may do where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants(Option<Box<[(Pattern, u8)]>>);

impl Grants {
    /// To read and to write in every public room: what is meant where nothing is said.
    #[must_use]
    pub const fn everywhere() -> Self {
        Self(None)
    }

    /// These, and nothing else.
    pub fn only(grants: impl IntoIterator<Item = (Pattern, Vec<Verb>)>) -> Self {
        let bits = |verbs: Vec<Verb>| verbs.into_iter().fold(0, |bits, verb| bits | verb as u8);
        Self(Some(grants.into_iter().map(|(pattern, verbs)| (pattern, bits(verbs))).collect()))
    }

    /// Whether this may be done there.
    #[must_use]
    pub fn may(&self, room: &RoomName, verb: Verb) -> bool {
        match &self.0 {
            None => verb != Verb::Moderate,
            Some(list) => {
                list.iter().any(|(pattern, bits)| bits & verb as u8 != 0 && pattern.matches(room.as_str()))
            }
        }
    }
}

/// For people: `team-* (read, write), hall (read)`.
impl fmt::Display for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(list) = &self.0 else { return f.write_str("all (read, write)") };
        if list.is_empty() {
            return f.write_str("none");
        }
        for (n, (pattern, bits)) in list.iter().enumerate() {
            let verbs = Verb::ALL.into_iter().filter(|verb| bits & *verb as u8 != 0).map(Verb::as_str);
            let verbs = verbs.collect::<Vec<_>>().join(", ");
            let (comma, star) = (if n == 0 { "" } else { ", " }, if pattern.open { "*" } else { "" });
            write!(f, "{comma}{}{star} ({verbs})", pattern.text)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(grants: &[(&str, &[Verb])], room: &str, verb: Verb) -> bool {
        let grants = grants.iter().map(|(name, can)| (Pattern::parse(name).unwrap(), can.to_vec()));
        Grants::only(grants).may(&RoomName::parse(room).unwrap(), verb)
    }

    /// The whole matrix of names, patterns and verbs.
    #[test]
    fn s16_what_is_granted_may_be_done_and_nothing_else() {
        let grants: &[(&str, &[Verb])] =
            &[("team-*", &[Verb::Read, Verb::Write]), ("Hall", &[Verb::Read]), ("mods", &[Verb::Moderate])];
        for (room, allowed) in [
            ("team-7", &[Verb::Read, Verb::Write][..]),
            ("team-", &[Verb::Read, Verb::Write]),
            ("team", &[]),
            ("my-team-7", &[]),
            ("TEAM-7", &[Verb::Read, Verb::Write]),
            ("hall", &[Verb::Read]),
            ("hall2", &[]),
            ("mods", &[Verb::Moderate]),
        ] {
            for verb in Verb::ALL {
                assert_eq!(may(grants, room, verb), allowed.contains(&verb), "{verb:?} in {room}");
            }
        }
        assert!(!may(&[], "hall", Verb::Read), "an empty list grants nothing");
        assert!(may(&[("*", &[Verb::Read])], "hall", Verb::Read));
    }

    #[test]
    fn without_a_list_one_reads_and_writes_everywhere() {
        let room = RoomName::parse("hall").unwrap();
        let may = |verb| Grants::everywhere().may(&room, verb);
        assert_eq!(Verb::ALL.map(may), [true, true, false]);
    }

    #[test]
    fn s19_a_star_elsewhere_and_what_is_no_name_are_refused() {
        for text in ["*a", "a*b", "**", "te*m-*", "a*b*"] {
            assert_eq!(Pattern::parse(text), Err(PatternError::Star), "{text}");
        }
        for text in ["", "a b*", "a/b", "..", "..*", "\u{202e}x*"] {
            assert!(matches!(Pattern::parse(text), Err(PatternError::Name(_))), "{text}");
        }
    }

    #[test]
    fn grants_are_shown_as_they_were_given() {
        let pattern = |text| Pattern::parse(text).unwrap();
        let grants = [(pattern("team-*"), vec![Verb::Write, Verb::Read]), (pattern("hall"), vec![])];
        assert_eq!(Grants::only(grants).to_string(), "team-* (read, write), hall ()");
        assert_eq!(
            (Grants::everywhere().to_string(), Grants::only([]).to_string()),
            ("all (read, write)".into(), "none".into())
        );
    }

    #[test]
    fn a_verb_is_its_word() {
        assert_eq!(Verb::ALL.map(|verb| Verb::from_word(verb.as_str())), Verb::ALL.map(Some));
        assert_eq!(Verb::from_word("Read"), None);
    }
}
