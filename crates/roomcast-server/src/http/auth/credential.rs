//! Where a request carries its token (`docs/protocol.md` §1). The first place counts that has one.

use crate::http::{Problem, query::Query};
use axum::http::{HeaderMap, header};
use roomcast::auth::Denied;
use roomcast_protocol::BEARER_SUBPROTOCOL_PREFIX;

/// The token: of the header `Authorization`, of the list of subprotocols, or of the query where the operator lets it
/// stand there.
pub(crate) fn credential(
    headers: &HeaderMap,
    query: Option<&str>,
    in_query: bool,
) -> Result<Option<String>, Problem> {
    if let Some(token) = only(authorization(headers), "`Authorization`")? {
        return Ok(Some(token.to_owned()));
    }
    if let Some(token) = only(subprotocols(headers), "`Sec-WebSocket-Protocol`")? {
        return Ok(Some(token.to_owned()));
    }
    let query = Query::parse(query.unwrap_or_default())?;
    match query.get("token") {
        Some(_) if !in_query => {
            let detail = "no token may stand in this server's addresses: send it as `Authorization: Bearer <token>`, or as the \
                          subprotocol `bearer.<token>`";
            Err(Denied::bad(detail).into())
        }
        token => Ok(token.map(str::to_owned)),
    }
}

fn authorization(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(header::AUTHORIZATION).into_iter().filter_map(|line| line.to_str().ok());
    lines.filter_map(|line| {
        let (scheme, token) = line.split_once(' ').unwrap_or((line, ""));
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    })
}

fn subprotocols(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let lines =
        headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).into_iter().filter_map(|line| line.to_str().ok());
    let offered = lines.flat_map(|line| line.split(',')).map(str::trim);
    offered.filter_map(|name| name.strip_prefix(BEARER_SUBPROTOCOL_PREFIX))
}

/// One, or none: who brings two has them read in two ways.
fn only<'a>(mut tokens: impl Iterator<Item = &'a str>, place: &str) -> Result<Option<&'a str>, Problem> {
    let first = tokens.next();
    match tokens.next() {
        Some(_) => Err(Denied::bad(format!("{place} has two tokens: send one")).into()),
        None => Ok(first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(
        headers: &[(&'static str, &str)],
        query: Option<&str>,
        in_query: bool,
    ) -> Result<Option<String>, u16> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        credential(&map, query, in_query).map_err(|problem| problem.status().as_u16())
    }

    #[test]
    fn s3_the_places_are_tried_in_their_order() {
        let bearer = ("authorization", "Bearer a");
        let protocol = ("sec-websocket-protocol", "roomcast.v1, bearer.b");
        let a = Ok(Some("a".to_owned()));
        assert_eq!(found(&[bearer, protocol], Some("token=c"), true), a);
        assert_eq!(found(&[("authorization", "bEARER  a ")], None, false), a);
        assert_eq!(
            found(&[("authorization", "Bearer")], None, false),
            Ok(Some(String::new())),
            "a token, if an empty one"
        );
        assert_eq!(found(&[protocol], Some("token=c"), true), Ok(Some("b".to_owned())));
        assert_eq!(found(&[("authorization", "Basic xyz"), protocol], None, false), Ok(Some("b".to_owned())));
        assert_eq!(found(&[], Some("user=ann&token=c"), true), Ok(Some("c".to_owned())));
        assert_eq!(found(&[("sec-websocket-protocol", "roomcast.v1")], Some("user=ann"), false), Ok(None));
    }

    #[test]
    fn s4_two_tokens_and_one_in_the_query_unasked_are_refused() {
        assert_eq!(
            found(&[("authorization", "Bearer a"), ("authorization", "Bearer b")], None, false),
            Err(401)
        );
        assert_eq!(found(&[("sec-websocket-protocol", "bearer.a, bearer.b")], None, false), Err(401));
        assert_eq!(found(&[], Some("token=c"), false), Err(401));
        assert_eq!(found(&[], Some("token=c&token=d"), true), Err(400));
    }
}
