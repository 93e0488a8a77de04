//! WebSocket close codes (RFC 6455 §7.4, IANA registry): one table, `docs/protocol.md` §6.

/// What a client does after a connection was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reconnect {
    /// Stop: the same thing would happen again.
    No,
    /// Try at once and resume; back off from the second attempt on.
    Now,
    /// Wait as long as `going_away` said in `retry_after_ms`, else a random time that grows, then resume.
    AfterBackoff,
    /// Fetch a new token, then reconnect and resume.
    WithNewToken,
}

impl Reconnect {
    /// The word in the generated contract and in the golden files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Now => "now",
            Self::AfterBackoff => "after_backoff",
            Self::WithNewToken => "with_new_token",
        }
    }
}

/// Makes the enum and everything that is known of each code from one table.
macro_rules! close_codes {
    ($($code:literal $variant:ident $name:literal $reconnect:ident $meaning:literal;)*) => {
        /// Why the server closed a connection.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub enum CloseCode {
            $(#[doc = concat!($meaning, ".")] $variant = $code,)*
        }

        impl CloseCode {
            /// Every code that the server sends, rising.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The code of this number, where the server has one.
            #[must_use]
            pub const fn from_u16(code: u16) -> Option<Self> {
                match code {
                    $($code => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// A short word for logs, metrics and programs.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it means, for people; fits the 123 bytes of a close frame's reason (RFC 6455 §5.5).
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }

            /// What the client does next.
            #[must_use]
            pub const fn reconnect(self) -> Reconnect {
                match self { $(Self::$variant => Reconnect::$reconnect,)* }
            }
        }
    };
}

close_codes! {
    1000 Done               "done"                 No           "Done";
    1001 GoingAway          "going_away"           AfterBackoff "The server stops";
    1002 ProtocolError      "protocol_error"       No           "A violation of the WebSocket protocol";
    1003 Unsupported        "unsupported"          No           "A binary message where text is due";
    1007 BadUtf8            "bad_utf8"             No           "A text message that is not UTF-8";
    1009 TooLarge           "too_large"            No           "A message larger than is allowed";
    1011 Internal           "internal"             Now          "An internal error in this connection";
    1012 Restart            "restart"              AfterBackoff "The server restarts";
    1013 Overloaded         "overloaded"           AfterBackoff "The server is overloaded";
    4003 TokenExpired       "token_expired"        WithNewToken "The token expired";
    4008 TooSlow            "too_slow"             AfterBackoff "The connection took nothing for too long";
    4009 HeartbeatLost      "heartbeat_lost"       AfterBackoff "Nothing was heard from the client for too long";
    4029 Flooding           "flooding"             AfterBackoff "The client sent too much in too short a time";
    4501 BadToken           "bad_token"            No           "The token is not valid";
    4503 Forbidden          "forbidden"            No           "Not allowed here";
    4504 Removed            "removed"              No           "Kicked or banned";
    4530 TooManyConnections "too_many_connections" No           "Too many connections";
}

impl CloseCode {
    /// The number in the close frame.
    #[must_use]
    pub const fn code(self) -> u16 {
        self as u16
    }

    /// Reconnecting is worth it.
    #[must_use]
    pub const fn reconnects(self) -> bool {
        !matches!(self.reconnect(), Reconnect::No)
    }
}

/// Whether reconnecting is worth it after any code at all, also one that a newer server or a proxy in between made
/// up: what the table says, else 4000–4499 yes, 4500–4999 no, and of the registered ones those that speak of a
/// lost connection (1005, 1006) or of a gateway (1014) yes.
#[must_use]
pub const fn reconnects(code: u16) -> bool {
    match CloseCode::from_u16(code) {
        Some(known) => known.reconnects(),
        None => matches!(code, 1005 | 1006 | 1014 | 4000..=4499),
    }
}
