//! The values that are one string in a file.

use super::{
    suggest::closest,
    value::{Word, Wrong},
};
use std::{net::SocketAddr, path::PathBuf};

/// Declares a value that is one of a few words.
macro_rules! choice {
    ($(#[doc = $about:literal])* $Name:ident: $what:literal { $( $(#[doc = $doc:literal])* $Variant:ident = $word:literal, )* }) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $Name { $( $(#[doc = $doc])* $Variant, )* }

        impl $Name {
            const WORDS: &'static [&'static str] = &[$($word),*];

            /// As it stands in a file.
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$Variant => $word, )* }
            }
        }

        impl Word for $Name {
            const EXPECTED: &'static str = concat!("one of" $(, " \"", $word, "\"")*);

            fn parse(text: &str) -> Result<Self, Wrong> {
                match text {
                    $( $word => Ok(Self::$Variant), )*
                    _ => Err(no_such_word($what, text, Self::WORDS)),
                }
            }

            fn write(&self) -> String {
                self.as_str().to_owned()
            }
        }
    };
}

choice! {
    /// How much is logged.
    LogLevel: "a log level" {
        /// What failed.
        Error = "error",
        /// What may need somebody.
        Warn = "warn",
        /// What happens now and then.
        Info = "info",
        /// What happens all the time.
        Debug = "debug",
        /// Everything.
        Trace = "trace",
        /// Nothing.
        Off = "off",
    }
}

choice! {
    /// What a line of the log looks like.
    LogFormat: "a log format" {
        /// Pretty on a terminal, else JSON.
        Auto = "auto",
        /// For people.
        Pretty = "pretty",
        /// One object a line.
        Json = "json",
    }
}

choice! {
    /// How it is known who somebody is.
    AuthMode: "a way to know people" {
        /// They say so.
        Guests = "guests",
        /// A token says so.
        Jwt = "jwt",
    }
}

choice! {
    /// How a token is signed (RFC 7518 §3.1, RFC 8037 §3.1).
    Algorithm: "an algorithm" {
        /// HMAC with SHA-256.
        Hs256 = "HS256",
        /// RSA (PKCS #1 v1.5) with SHA-256.
        Rs256 = "RS256",
        /// ECDSA over P-256 with SHA-256.
        Es256 = "ES256",
        /// Ed25519.
        EdDsa = "EdDSA",
    }
}

choice! {
    /// When a message counts as kept.
    Durability: "a durability" {
        /// On the disk: it survives a power cut.
        Full = "full",
        /// With the operating system: it survives a crash of the server.
        Relaxed = "relaxed",
    }
}

choice! {
    /// How servers hear of each other.
    BusUrl: "a bus" {
        /// Not at all: this one is alone.
        Local = "local",
    }
}

pub(super) fn no_such_word(what: &str, text: &str, words: &[&'static str]) -> Wrong {
    let all = words.iter().map(|word| format!("{word:?}")).collect::<Vec<_>>().join(", ");
    let help = match closest(text, words.iter().copied()) {
        Some(word) => format!("did you mean {word:?}? There are {all}"),
        None => format!("write {}{all}", if words.len() > 1 { "one of " } else { "" }),
    };
    Wrong::new(format!("{text:?} is not {what} that this version knows"), help)
}

impl Word for SocketAddr {
    const EXPECTED: &'static str = "an address with a port, such as \"127.0.0.1:3000\"";

    fn parse(text: &str) -> Result<Self, Wrong> {
        text.parse().map_err(|_| {
            let help = match text.rsplit_once(':').map(|(host, port)| (host, port.parse::<u16>())) {
                Some(("localhost", Ok(port))) => {
                    format!("names are not looked up: write \"127.0.0.1:{port}\"")
                }
                Some(("" | "*", Ok(port))) => {
                    format!("write \"0.0.0.0:{port}\" for every interface, or \"127.0.0.1:{port}\"")
                }
                _ => format!("write {}", Self::EXPECTED),
            };
            Wrong::new(format!("{text:?} is not an address with a port"), help)
        })
    }

    fn write(&self) -> String {
        self.to_string()
    }
}

impl Word for PathBuf {
    const EXPECTED: &'static str = "a path such as \"./roomcast-data\"";

    fn parse(text: &str) -> Result<Self, Wrong> {
        if text.is_empty() || text.contains('\0') {
            return Err(Wrong::new(format!("{text:?} is not a path"), format!("write {}", Self::EXPECTED)));
        }
        Ok(Self::from(text))
    }

    fn write(&self) -> String {
        self.display().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_nearly_fits_is_completed() {
        assert!(SocketAddr::parse("localhost:80").unwrap_err().help.contains("\"127.0.0.1:80\""));
        assert!(SocketAddr::parse(":8080").unwrap_err().help.contains("\"0.0.0.0:8080\""));
        assert!(SocketAddr::parse("3000").unwrap_err().help.contains("such as"));
    }
}
