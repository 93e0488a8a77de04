//! The query of a request: `application/x-www-form-urlencoded`, read strictly, so that what stands behind us and what
//! stands before us cannot understand it in two ways.

use super::Problem;
use axum::{extract::FromRequestParts, http::request::Parts};
use roomcast_protocol::{ErrorCode, MAX_SEQ};

/// Names and values, decoded, in their order. No name is there twice.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Query(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::parse(parts.uri.query().unwrap_or_default())
    }
}

impl Query {
    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        let mut found = Self::default();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decode(name).ok_or_else(|| bad("the query is not percent-encoded UTF-8".into()))?;
            let value = decode(value).ok_or_else(|| bad(format!("`{name}` is not percent-encoded UTF-8")))?;
            if found.get(&name).is_some() {
                return Err(bad(format!("`{name}` is in the query twice: say it once")));
            }
            found.0.push((name, value));
        }
        Ok(found)
    }

    /// The value of a name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The value of a name as a whole number, as frames have them.
    pub(crate) fn number(&self, name: &str) -> Result<Option<u64>, Problem> {
        self.get(name).map(|text| number(name, text)).transpose()
    }
}

/// A text as a whole number, as frames have them.
pub(crate) fn number(name: &str, text: &str) -> Result<u64, Problem> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let value = text.parse().ok().filter(|value| digits && *value <= MAX_SEQ);
    value.ok_or_else(|| bad(format!("`{name}` must be a whole number up to {MAX_SEQ}")))
}

fn bad(detail: String) -> Problem {
    Problem::new(ErrorCode::BadFrame, detail)
}

/// Undoes the encoding; none where an escape or the text that comes out is broken.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => hex(rest.next()?)? << 4 | hex(rest.next()?)?,
            b'+' => b' ',
            plain => plain,
        });
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Option<Vec<(String, String)>> {
        Query::parse(text).ok().map(|query| query.0)
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn escapes_are_undone_once() {
        assert_eq!(pairs("user=%C3%9Cmit%2Fa+b%2B&x"), Some(vec![pair("user", "Ümit/a b+"), pair("x", "")]));
        assert_eq!(pairs("u%73er=%2541"), Some(vec![pair("user", "%41")]));
        assert_eq!(pairs("a=b=c&&"), Some(vec![pair("a", "b=c")]));
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for text in
            ["user=%", "user=%4", "user=%zz", "user=%+1", "user=%ff", "user=%c3", "user=a&us%65r=b", "%ff=1"]
        {
            assert_eq!(pairs(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_whole() {
        let number = |text: &str| Query::parse(text).unwrap().number("n").ok();
        assert_eq!(number("n=0"), Some(Some(0)));
        assert_eq!(number("n=9007199254740991"), Some(Some(MAX_SEQ)));
        assert_eq!(number("m=1"), Some(None));
        for wrong in
            ["n=", "n=-1", "n=%2B1", "n=1.0", "n=1e3", "n=9007199254740992", "n=99999999999999999999", "n=x"]
        {
            assert_eq!(number(wrong), None, "{wrong}");
        }
    }
}
