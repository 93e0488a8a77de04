//! What is refused before the upgrade, and how (`docs/protocol.md` §6; RFC 6455 §4.2).

use e2e::raw::{handshake, try_upgrade};
use e2e::{Server, http};

#[tokio::test]
async fn a_proper_handshake_is_accepted_with_the_right_answer() {
    let server = Server::start().await;
    for path in ["/chat/general?user=ann", "/ws?user=ann", "/ws"] {
        let answer = try_upgrade(server.address(), path, &[]).await;
        assert_eq!(answer.status, 101, "{path}");
        // RFC 6455 §1.3 names this pair of key and accept.
        assert_eq!(answer.header("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        assert!(answer.header("upgrade").is_some_and(|it| it.eq_ignore_ascii_case("websocket")));
        assert!(answer.header("connection").is_some_and(|it| it.eq_ignore_ascii_case("upgrade")));
        assert_eq!(answer.header("sec-websocket-extensions"), None, "no extension is spoken");
    }
}

#[tokio::test]
async fn unusual_but_right_handshakes_are_accepted() {
    let server = Server::start().await;
    for changes in [
        &["Connection: keep-alive, Upgrade"][..],
        &["Connection: keep-alive\r\nConnection: upgrade"],
        &["Upgrade: WebSocket"],
        &["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"],
    ] {
        assert_eq!(try_upgrade(server.address(), "/ws", changes).await.status, 101, "{changes:?}");
    }
}

#[tokio::test]
async fn a_request_that_is_no_websocket_handshake_is_400() {
    let server = Server::start().await;
    for change in [
        "Upgrade:",
        "Upgrade: h2c",
        "Connection:",
        "Connection: keep-alive",
        "Connection: upgradeable",
        "Sec-WebSocket-Key:",
        "Sec-WebSocket-Key: short",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZSEh",
        "Sec-WebSocket-Key: !!!!!!!!!!!!!!!!!!!!!!==",
    ] {
        for path in ["/chat/general?user=ann", "/ws"] {
            let answer = try_upgrade(server.address(), path, &[change]).await;
            assert_eq!((answer.status, answer.problem().is_empty()), (400, false), "{path} {change:?}");
        }
    }
}

#[tokio::test]
async fn a_wrong_version_is_426_and_names_the_right_one() {
    let server = Server::start().await;
    for change in ["Sec-WebSocket-Version: 8", "Sec-WebSocket-Version: 14", "Sec-WebSocket-Version: x"] {
        let answer = try_upgrade(server.address(), "/ws", &[change]).await;
        assert_eq!(answer.status, 426, "{change:?}");
        assert_eq!(answer.header("sec-websocket-version"), Some("13"), "{change:?}");
    }
    let missing = try_upgrade(server.address(), "/ws", &["Sec-WebSocket-Version:"]).await;
    assert!([400, 426].contains(&missing.status), "{}", missing.status);
}

#[tokio::test]
async fn a_plain_get_of_a_sockets_route_is_426() {
    let server = Server::start().await;
    for path in ["/ws", "/chat/general"] {
        let answer = http::get(server.address(), path).await;
        assert_eq!((answer.status, answer.problem().as_str()), (426, "upgrade_required"), "{path}");
        assert!(answer.header("upgrade").is_some_and(|it| it.eq_ignore_ascii_case("websocket")), "{path}");
    }
}

#[tokio::test]
async fn another_method_is_405() {
    let server = Server::start().await;
    for path in ["/chat/general", "/ws"] {
        for method in ["POST", "PUT", "DELETE"] {
            let request =
                handshake(server.address(), path, &["Content-Length: 0"]).replacen("GET", method, 1);
            let answer = http::send(server.address(), &request).await.expect("an answer");
            assert_eq!(answer.status, 405, "{method} {path}");
            assert!(
                answer.header("allow").is_some_and(|allow| allow.contains("GET")),
                "{:?}",
                answer.headers
            );
        }
    }
}

#[tokio::test]
async fn an_unknown_path_is_404_with_a_problem() {
    let server = Server::start().await;
    for path in [
        "/nowhere",
        "/chat",
        "/chat/",
        "/chat/a/b",
        "/ws/",
        "/api/v1/nowhere",
        "/api/v2/rooms",
        "/..%2fetc%2fpasswd",
    ] {
        let answer = http::get(server.address(), path).await;
        assert_eq!((answer.status, answer.problem().as_str()), (404, "not_found"), "{path}");
        assert_eq!(try_upgrade(server.address(), path, &[]).await.status, 404, "{path}");
    }
}

/// Cross-site WebSocket hijacking (CWE-1385): the browser says where the page is from, and the server must look.
#[tokio::test]
async fn a_foreign_origin_is_403_s1() {
    let server = Server::start().await;
    let (address, port) = (server.address(), server.address().port());
    for origin in [
        "https://evil.example".to_owned(),
        "null".to_owned(),
        format!("http://{address}.evil.example"),
        format!("http://evil.example:{port}"),
        format!("http://127.0.0.1:{}", port + 1),
        format!("https://{address}"),
        "http://127.0.0.1".to_owned(),
    ] {
        let answer = try_upgrade(address, "/chat/general?user=ann", &[&format!("Origin: {origin}")]).await;
        assert_eq!((answer.status, answer.problem().as_str()), (403, "forbidden"), "{origin}");
    }
}

#[tokio::test]
async fn the_own_origin_or_none_is_welcome() {
    let server = Server::start().await;
    let own = format!("Origin: http://{}", server.address());
    assert_eq!(try_upgrade(server.address(), "/ws", &[&own]).await.status, 101);
    let port = server.address().port();
    let localhost = [&format!("Host: localhost:{port}")[..], &format!("Origin: http://localhost:{port}")];
    assert_eq!(try_upgrade(server.address(), "/ws", &localhost).await.status, 101);
}

#[tokio::test]
async fn too_many_or_too_long_headers_are_refused_s6() {
    let server = Server::start().await;
    let many: String = (0..2_000).map(|number| format!("X-{number}: x\r\n")).collect();
    let long = format!("X-Long: {}\r\n", "x".repeat(70_000));
    for extra in [many, long] {
        let request = handshake(server.address(), "/ws", &[]).replacen("\r\n", &format!("\r\n{extra}"), 1);
        // Either a refusal or a hang-up is fine; what must not happen is an upgrade, or the end of the server.
        if let Ok(answer) = http::send(server.address(), &request).await {
            assert!([400, 413, 431].contains(&answer.status), "{}", answer.status);
        }
    }
    assert_eq!(http::get(server.address(), "/rooms").await.status, 200);
}
