//! What a token says, once it is known who signed it: pure, and with the time as an argument. The claims are looked at here
//! and not by the library, which has a clock of its own and takes a number with a fraction for a time.

use crate::config::AuthJwt;
use roomcast::{
    Identity,
    auth::{Denied, Grants, Pass, Pattern, Verb},
};
use roomcast_protocol::UserName;
use serde_json::{Map, Value};

/// What the operator asks of a token beyond its signature.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules {
    issuer: Option<String>,
    audience: Option<String>,
    /// Seconds that clocks may differ.
    leeway: u64,
}

impl Rules {
    pub(super) fn of(jwt: &AuthJwt) -> Self {
        Self {
            issuer: jwt.issuer.get().map(str::to_owned),
            audience: jwt.audience.get().map(str::to_owned),
            leeway: jwt.leeway.as_duration().as_secs(),
        }
    }
}

type Claims = Map<String, Value>;

/// 9999-12-31T23:59:59Z: what is later is no time, but a mistake.
const MAX_TIME: u64 = 253_402_300_799;
/// Bytes of `jti`.
const MAX_ID_BYTES: usize = 256;

/// Whom a token names, and what for. Times are seconds since the Unix epoch.
pub(super) fn identity(claims: &Claims, rules: &Rules, now: u64) -> Result<Identity, Denied> {
    check_issuer(claims, rules)?;
    check_audience(claims, rules)?;
    let expires =
        time(claims, "exp")?.ok_or(Denied::bad("the token has no `exp`: it must say when it expires"))?;
    let ends = expires.saturating_add(rules.leeway);
    if ends <= now {
        return Err(Denied::expired());
    }
    if time(claims, "nbf")?.is_some_and(|begins| begins > now.saturating_add(rules.leeway)) {
        return Err(Denied::bad(
            "the token is not valid yet (`nbf`): compare the clocks, or set auth.jwt.leeway",
        ));
    }
    let (name, issued, id) = (name(claims)?, time(claims, "iat")?, id(claims)?);
    let pass = Pass { grants: grants(claims)?, expires, ends, issued, id };
    Ok(Identity { name, pass: Some(Box::new(pass)) })
}

/// Whether it is a token of the issuer that the operator named, if they did.
pub(super) fn check_issuer(claims: &Claims, rules: &Rules) -> Result<(), Denied> {
    let issuer = text(claims, "iss")?;
    if rules.issuer.as_deref().is_some_and(|wanted| issuer != Some(wanted)) {
        return Err(Denied::bad("the token's `iss` is not the issuer that this server trusts"));
    }
    Ok(())
}

/// A token that says whom it is for is for nobody else (RFC 7519 §4.1.3).
fn check_audience(claims: &Claims, rules: &Rules) -> Result<(), Denied> {
    let (said, wanted) = (claims.get("aud"), rules.audience.as_deref());
    let is_ours = |value: &Value| value.as_str().is_some_and(|one| Some(one) == wanted);
    let fits = match said {
        None | Some(Value::Null) => wanted.is_none(),
        Some(Value::Array(list)) => list.iter().any(is_ours),
        Some(one) => is_ours(one),
    };
    if fits { Ok(()) } else { Err(Denied::bad("the token's `aud` is not what auth.jwt.audience is set to")) }
}

/// A whole number of seconds.
fn time(claims: &Claims, name: &'static str) -> Result<Option<u64>, Denied> {
    match claims.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let time = value.as_u64().filter(|time| *time <= MAX_TIME);
            time.map(Some)
                .ok_or_else(|| Denied::bad(format!("the token's `{name}` is not a whole number of seconds")))
        }
    }
}

fn text<'a>(claims: &'a Claims, name: &'static str) -> Result<Option<&'a str>, Denied> {
    match claims.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Denied::bad(format!("the token's `{name}` is not a text"))),
    }
}

/// Identity is `sub`'s alone; `name` is what is shown.
fn name(claims: &Claims) -> Result<UserName, Denied> {
    let sub =
        text(claims, "sub")?.ok_or(Denied::bad("the token has no `sub`: it must say who its bearer is"))?;
    let parse = |claim, text| {
        UserName::parse(text)
            .map_err(|error| Denied::bad(format!("the token's `{claim}` is no user's name: {error}")))
    };
    let subject = parse("sub", sub)?;
    match text(claims, "name")? {
        None => Ok(subject),
        Some(shown) => Ok(UserName::from_parts(subject.identity(), parse("name", shown)?.name())),
    }
}

fn id(claims: &Claims) -> Result<Option<Box<str>>, Denied> {
    match text(claims, "jti")? {
        Some(id) if id.len() > MAX_ID_BYTES => Err(Denied::bad("the token's `jti` is longer than 256 bytes")),
        id => Ok(id.map(Into::into)),
    }
}

/// `rooms`: a list of `{"name": "team-*", "can": ["read", "write"]}`.
fn grants(claims: &Claims) -> Result<Grants, Denied> {
    let list = match claims.get("rooms") {
        None | Some(Value::Null) => return Ok(Grants::everywhere()),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(bad_rooms("it is a list of objects with `name` and `can`")),
    };
    Ok(Grants::only(list.iter().map(grant).collect::<Result<Vec<_>, _>>()?))
}

fn grant(value: &Value) -> Result<(Pattern, Vec<Verb>), Denied> {
    let name = value.get("name").and_then(Value::as_str);
    let name = name.ok_or_else(|| bad_rooms("an entry has no `name`"))?;
    let can = value.get("can").and_then(Value::as_array);
    let can = can.ok_or_else(|| bad_rooms("an entry has no list `can`"))?;
    let verb = |word: &Value| word.as_str().and_then(Verb::from_word);
    let verbs: Option<Vec<_>> = can.iter().map(verb).collect();
    let verbs = verbs.ok_or_else(|| bad_rooms("`can` has \"read\", \"write\" and \"moderate\" only"))?;
    let pattern = Pattern::parse(name).map_err(|error| bad_rooms(&error.to_string()))?;
    Ok((pattern, verbs))
}

fn bad_rooms(why: &str) -> Denied {
    Denied::bad(format!("the token's `rooms` is not understood: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use roomcast_protocol::{ErrorCode, RoomName};
    use serde_json::json;

    const NOW: u64 = 1_800_000_000;

    fn claims(more: &Value) -> Claims {
        let mut claims = json!({"sub": "ann", "exp": NOW + 60}).as_object().unwrap().clone();
        claims.extend(more.as_object().unwrap().clone());
        claims
    }

    fn check(more: &Value, rules: &Rules) -> Result<Identity, ErrorCode> {
        identity(&claims(more), rules, NOW).map_err(|denied| denied.code)
    }

    fn plain(more: &Value) -> Result<Identity, ErrorCode> {
        check(more, &Rules::default())
    }

    #[test]
    fn sub_is_who_it_is_and_name_what_is_shown() {
        let ann = plain(&json!({})).unwrap();
        assert_eq!((ann.name.identity(), ann.name.name()), ("ann", "ann"));
        let shown = plain(&json!({"sub": "U1", "name": "Ann"})).unwrap();
        assert_eq!((shown.name.identity(), shown.name.name()), ("u1", "Ann"));
        for bad in [
            json!({"sub": null}),
            json!({"sub": ""}),
            json!({"sub": 7}),
            json!({"sub": "a b"}),
            json!({"sub": "x".repeat(33)}),
            json!({"sub": ["ann"]}),
            json!({"name": ""}),
            json!({"name": {"first": "Ann"}}),
            json!({"name": "an\u{202e}n"}),
        ] {
            assert_eq!(plain(&bad).unwrap_err(), ErrorCode::Unauthenticated, "{bad}");
        }
    }

    #[test]
    fn s9_times_of_odd_types_are_refused() {
        for odd in [
            json!("1900000000"),
            json!(1.9e9),
            json!(1_900_000_000.5),
            json!(-1),
            json!(1_u64 << 63),
            json!(u64::MAX),
            json!([1_900_000_000]),
            json!({}),
            json!(true),
            json!(MAX_TIME + 1),
        ] {
            for claim in ["exp", "nbf", "iat"] {
                let mut more = json!({});
                more[claim] = odd.clone();
                assert_eq!(plain(&more).unwrap_err(), ErrorCode::Unauthenticated, "{claim} {odd}");
            }
        }
        assert_eq!(plain(&json!({"exp": null})).unwrap_err(), ErrorCode::Unauthenticated, "missing");
        assert_eq!(plain(&json!({"exp": 0})).unwrap_err(), ErrorCode::TokenExpired);
        assert!(plain(&json!({"exp": MAX_TIME})).is_ok());
    }

    #[test]
    fn s9_a_token_is_good_from_nbf_to_exp_and_the_leeway_around() {
        let (strict, lenient) = (Rules::default(), Rules { leeway: 5, ..Rules::default() });
        let expired = |exp, rules| check(&json!({"exp": exp}), rules).err();
        assert_eq!(expired(NOW + 1, &strict), None);
        assert_eq!(expired(NOW, &strict), Some(ErrorCode::TokenExpired));
        assert_eq!(expired(NOW - 4, &lenient), None);
        assert_eq!(expired(NOW - 5, &lenient), Some(ErrorCode::TokenExpired));
        let early = |nbf, rules| check(&json!({"nbf": nbf}), rules).err();
        assert_eq!(early(NOW, &strict), None);
        assert_eq!(early(NOW + 1, &strict), Some(ErrorCode::Unauthenticated));
        assert_eq!(early(NOW + 5, &lenient), None);
        let pass = check(&json!({"exp": NOW + 9, "iat": 3, "jti": "t"}), &lenient).unwrap().pass.unwrap();
        assert_eq!(
            (pass.expires, pass.ends, pass.issued, pass.id.as_deref()),
            (NOW + 9, NOW + 14, Some(3), Some("t"))
        );
    }

    #[test]
    fn s9_issuer_and_audience_must_be_there_where_they_are_set() {
        let rules = Rules { issuer: Some("us".into()), audience: Some("chat".into()), leeway: 0 };
        assert!(check(&json!({"iss": "us", "aud": "chat"}), &rules).is_ok());
        assert!(check(&json!({"iss": "us", "aud": ["mail", "chat"]}), &rules).is_ok());
        for bad in [
            json!({"iss": "us"}),
            json!({"aud": "chat"}),
            json!({"iss": "them", "aud": "chat"}),
            json!({"iss": ["us"], "aud": "chat"}),
            json!({"iss": "us", "aud": "mail"}),
            json!({"iss": "us", "aud": []}),
            json!({"iss": "us", "aud": ["Chat"]}),
            json!({"iss": "us", "aud": 7}),
            json!({"iss": "US", "aud": "chat"}),
            json!({"iss": "us", "aud": {"chat": true}}),
        ] {
            assert_eq!(check(&bad, &rules).unwrap_err(), ErrorCode::Unauthenticated, "{bad}");
        }
        assert!(plain(&json!({"iss": "whoever"})).is_ok());
        assert_eq!(
            plain(&json!({"aud": "mail"})).unwrap_err(),
            ErrorCode::Unauthenticated,
            "for somebody else"
        );
    }

    #[test]
    fn s16_rooms_say_what_may_be_done_where() {
        let may = |claims: Value, room: &str, verb| {
            plain(&claims).unwrap().may(&RoomName::parse(room).unwrap(), verb)
        };
        let team = json!({"rooms": [{"name": "team-*", "can": ["read", "write", "moderate"]}, {"name": "hall", "can": ["read"]}]});
        assert!(may(team.clone(), "team-1", Verb::Moderate) && may(team.clone(), "hall", Verb::Read));
        assert!(!may(team.clone(), "hall", Verb::Write) && !may(team, "other", Verb::Read));
        assert!(!may(json!({"rooms": []}), "hall", Verb::Read));
        assert!(may(json!({}), "hall", Verb::Write) && !may(json!({}), "hall", Verb::Moderate));
        for bad in [
            json!("*"),
            json!({}),
            json!(["hall"]),
            json!([{"name": "hall"}]),
            json!([{"can": ["read"]}]),
            json!([{"name": 7, "can": []}]),
            json!([{"name": "a*b", "can": ["read"]}]),
            json!([{"name": "hall", "can": "read"}]),
            json!([{"name": "hall", "can": ["rule"]}]),
        ] {
            assert_eq!(plain(&json!({"rooms": bad})).unwrap_err(), ErrorCode::Unauthenticated, "{bad}");
        }
    }
}
