//! Where a database is: an address with a password in it, which must never be seen again.

use sqlx::postgres::PgConnectOptions;
use std::{fmt, str::FromStr as _};

/// Parameters that may follow the `?`. `password` is not one of them: there is one place for it.
const PARAMETERS: [&str; 7] = ["host", "port", "sslcert", "sslkey", "sslmode", "sslrootcert", "user"];

/// The address of a PostgreSQL database: `postgres://USER:PASSWORD@HOST:PORT/DATABASE`. Neither `Display` nor `Debug`
/// tells the password, nor does any error.
///
/// What is left out comes from the environment, as everywhere with PostgreSQL: `PGPASSWORD`, `~/.pgpass`, `PGUSER`.
#[derive(Clone)]
pub struct Address {
    text: Box<str>,
    options: Box<PgConnectOptions>,
}

/// Why a text is not the address of a database. It does not repeat the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It begins with something else.
    #[error("it does not begin with postgres://")]
    Scheme,
    /// There is an `@` where none can be.
    #[error(
        "a character of the user or password must be written as %XX (/ is %2F, @ is %40, ? is %3F, # is %23)"
    )]
    Encoding,
    /// Something else is wrong with it.
    #[error("it cannot be read as postgres://USER:PASSWORD@HOST:PORT/DATABASE")]
    Unreadable,
    /// No database is named.
    #[error("it names no database")]
    Database,
    /// It has a parameter that is not one of the few.
    #[error("after ? there may be {}", PARAMETERS.join(", "))]
    Parameter,
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// [`AddressError`], whose text does not contain the password.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let rest = strip_scheme(text).ok_or(AddressError::Scheme)?;
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        // Otherwise half of a password would be taken for a host or a database, and shown.
        if path.contains('@') {
            return Err(AddressError::Encoding);
        }
        if !query(path).all(|name| PARAMETERS.contains(&name)) || path.contains('#') {
            return Err(AddressError::Parameter);
        }
        let names_database = path.split('?').next().is_some_and(|path| path.len() > 1);
        if authority.is_empty() && !path.contains("host=") {
            return Err(AddressError::Unreadable);
        }
        let options = PgConnectOptions::from_str(text).map_err(|_| AddressError::Unreadable)?;
        if !names_database {
            return Err(AddressError::Database);
        }
        Ok(Self { text: text.into(), options: Box::new(options) })
    }

    pub(super) fn options(&self) -> PgConnectOptions {
        (*self.options).clone()
    }

    fn has_password(&self) -> bool {
        let rest = strip_scheme(&self.text).unwrap_or_default();
        rest.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
    }
}

fn strip_scheme(text: &str) -> Option<&str> {
    text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://"))
}

/// The names of the parameters after the `?`.
fn query(path: &str) -> impl Iterator<Item = &str> {
    let pairs = path.split_once('?').map_or("", |(_, query)| query).split('&');
    pairs.map(|pair| pair.split('=').next().unwrap_or(pair)).filter(|name| !name.is_empty())
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Address {}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = &self.options;
        let password = if self.has_password() { ":***" } else { "" };
        write!(f, "postgres://{}{password}@", options.get_username())?;
        match options.get_socket() {
            Some(socket) => write!(f, "{}", socket.display())?,
            None => write!(f, "{}:{}", options.get_host(), options.get_port())?,
        }
        write!(f, "/{}", options.get_database().unwrap_or_default())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown() {
        let address = Address::parse("postgres://ann:s3cret@db.example:5433/chat?sslmode=require").unwrap();
        assert_eq!(address.to_string(), "postgres://ann:***@db.example:5433/chat");
        assert_eq!(format!("{address:?}"), "Address(postgres://ann:***@db.example:5433/chat)");
        let address = Address::parse("postgresql://ann@%2Frun%2Fpostgresql/chat").unwrap();
        assert_eq!(address.to_string(), "postgres://ann@/run/postgresql/chat");
    }

    #[test]
    fn what_is_no_address_is_told_without_its_text() {
        let wrong = |text| Address::parse(text).unwrap_err();
        assert_eq!(wrong("mysql://ann:s3cret@h/chat"), AddressError::Scheme);
        assert_eq!(wrong("postgres://ann:s3/cret@h/chat"), AddressError::Encoding);
        assert_eq!(wrong("postgres://ann:12/cret@h/chat"), AddressError::Encoding);
        assert_eq!(wrong("postgres://ann:s3?cret@h/chat"), AddressError::Encoding);
        assert_eq!(wrong("postgres://ann:s3cret@h:port/chat"), AddressError::Unreadable);
        assert_eq!(wrong("postgres:///chat"), AddressError::Unreadable);
        assert_eq!(wrong("postgres://ann:s3cret@h"), AddressError::Database);
        assert_eq!(wrong("postgres://x"), AddressError::Database);
        assert_eq!(wrong("postgres://ann@h/chat?password=s3cret"), AddressError::Parameter);
    }
}
