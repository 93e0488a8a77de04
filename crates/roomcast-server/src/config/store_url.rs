//! Where messages are kept: a word, or the address of a database, whose password is never shown.

use super::{
    value::{Word, Wrong},
    words::no_such_word,
};
use roomcast_store::postgres::Address;

/// Where messages are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// One file in the data directory.
    Sqlite,
    /// Nowhere: they are gone at the end.
    Memory,
    /// A PostgreSQL database.
    Postgres(Address),
}

impl Word for StoreUrl {
    const EXPECTED: &'static str = "one of \"sqlite\" \"memory\" \"postgres://USER:PASSWORD@HOST/DATABASE\"";

    fn parse(text: &str) -> Result<Self, Wrong> {
        match text {
            "sqlite" => Ok(Self::Sqlite),
            "memory" => Ok(Self::Memory),
            // Not repeated in what is said about it: there may be a password in it.
            _ if text.contains([':', '@', '/']) => {
                Address::parse(text).map(Self::Postgres).map_err(|error| {
                    let what = format!("this is not the address of a PostgreSQL database: {error}");
                    Wrong::new(
                        what,
                        "write postgres://USER:PASSWORD@HOST/DATABASE, or \"sqlite\" or \"memory\"",
                    )
                })
            }
            _ => Err(no_such_word("a store", text, &["sqlite", "memory", "postgres://…"])),
        }
    }

    fn write(&self) -> String {
        match self {
            Self::Sqlite => "sqlite".to_owned(),
            Self::Memory => "memory".to_owned(),
            Self::Postgres(address) => address.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "s3cret";

    #[test]
    fn a_database_is_shown_without_its_password() {
        let url = StoreUrl::parse("postgres://ann:s3cret@db.example/chat").unwrap();
        assert_eq!(url.write(), "postgres://ann:***@db.example:5432/chat");
        assert!(!format!("{url:?}").contains(SECRET));
    }

    #[test]
    fn a_mistake_in_an_address_does_not_repeat_it() {
        for text in [
            "postgres://ann:s3cret@db.example",
            "postgers://ann:s3cret@db.example/chat",
            "postgres//ann:s3cret@db.example/chat",
            "ann:s3cret@db.example/chat",
            "postgres://ann:s3/cret@db.example/chat",
            "postgres://ann:s3cret@db.example:x/chat",
        ] {
            let Wrong { what, help, .. } = StoreUrl::parse(text).unwrap_err();
            assert!(!format!("{what} {help}").contains("s3"), "{what} {help}");
        }
    }
}
