//! The running server's own contract and page (`docs/protocol.md` §8; `security.md` S21).

use e2e::{Client, Server, http};

#[tokio::test]
async fn openapi_is_json_and_lists_the_routes() {
    let server = Server::start().await;
    let spec = http::get(server.address(), "/api/v1/openapi.json").await.json();
    assert!(spec["openapi"].as_str().is_some_and(|version| version.starts_with("3.")), "{spec}");
    for (path, method) in [
        ("/rooms", "get"),
        ("/api/v1/rooms", "get"),
        ("/api/v1/rooms/{room}/messages", "get"),
        ("/api/v1/rooms/{room}/messages", "post"),
        ("/api/v1/rooms/{room}/messages/{seq}", "patch"),
        ("/api/v1/rooms/{room}/messages/{seq}", "delete"),
        ("/api/v1/rooms/{room}/presence", "get"),
    ] {
        assert!(spec["paths"][path][method].is_object(), "{method} {path} is not described");
    }
}

#[tokio::test]
async fn asyncapi_and_declarations_are_served() {
    let server = Server::start().await;
    let spec = http::get(server.address(), "/api/v1/asyncapi.json").await.json();
    assert!(spec["asyncapi"].is_string(), "{spec}");
    let types = http::get(server.address(), "/api/v1/protocol.d.ts").await;
    assert_eq!(types.status, 200);
    for word in ["hello", "caught_up", "presence_change", "going_away", "nonce_conflict", "no_such_message"] {
        assert!(types.text().contains(word), "{word} is missing from the declarations");
    }
}

#[tokio::test]
async fn hello_names_the_contract_by_a_hash_that_lasts() {
    let mut server = Server::start().await;
    let schema = async |server: &Server| {
        let mut ann = Client::open(server.address(), "/ws?user=ann").await;
        ann.expect("hello").await["server"]["schema"].as_str().map(str::to_owned)
    };
    let before = schema(&server).await;
    server.kill();
    server.restart().await;
    assert!(before.is_some() && before == schema(&server).await);
}

#[tokio::test]
async fn the_page_is_served_with_its_scripts_under_a_strict_policy() {
    let server = Server::start().await;
    let page = http::get(server.address(), "/").await;
    assert_eq!(page.status, 200);
    assert!(
        page.header("content-type").is_some_and(|kind| kind.starts_with("text/html")),
        "{:?}",
        page.headers
    );
    let policy = page.header("content-security-policy").unwrap_or_default();
    assert!(policy.contains("default-src 'self'") || policy.contains("default-src 'none'"), "{policy:?}");
    assert!(!policy.contains("unsafe-inline") && !policy.contains("unsafe-eval"), "{policy:?}");
    let scripts = page.text().matches("type=\"module\"").count();
    assert!(scripts > 0, "the page starts its own modules");
}

#[tokio::test]
async fn every_answer_forbids_sniffing() {
    let server = Server::start().await;
    for path in ["/", "/rooms", "/api/v1/rooms", "/nowhere", "/chat/general"] {
        let answer = http::get(server.address(), path).await;
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
    }
}
