//! Tokens (`docs/protocol.md` §1, §10): where they may stand, and what happens without one.

use std::time::Duration;

use e2e::program::{command, run};
use e2e::raw::try_upgrade;
use e2e::token::{Key, claims};
use e2e::{Client, Guarded, Raw, http, wire};
use serde_json::json;
use tokio::time::timeout;

#[tokio::test]
async fn a_token_in_the_header_names_its_bearer_s3() {
    let guarded = Guarded::start().await;
    let mut ann = guarded.open("/chat/general", &guarded.token("ann")).await;
    assert_eq!(ann.expect("hello").await["user"], "ann");
    let message = ann.say("hello").await;
    assert_eq!(message["user"], "ann");
}

#[tokio::test]
async fn a_browser_brings_the_token_among_its_subprotocols_and_gets_back_only_ours_s3() {
    let guarded = Guarded::start().await;
    let offered = format!("Sec-WebSocket-Protocol: roomcast.v1, bearer.{}", guarded.token("ann"));
    let answer = try_upgrade(guarded.address(), "/ws", &[&offered]).await;
    assert_eq!(answer.status, 101, "{}", answer.text());
    assert_eq!(answer.header("sec-websocket-protocol"), Some("roomcast.v1"));
    let offered = format!("roomcast.v1, bearer.{}", guarded.token("bob"));
    let headers = [("sec-websocket-protocol", offered.as_str())];
    let mut bob = Client::open_with(guarded.address(), "/ws", &headers).await;
    assert_eq!(bob.expect("hello").await["user"], "bob");
}

#[tokio::test]
async fn a_token_in_the_address_is_taken_only_where_the_operator_says_so_s4() {
    let strict = Guarded::start().await;
    let path = format!("/ws?token={}", strict.token("ann"));
    let answer = try_upgrade(strict.address(), &path, &[]).await;
    assert_eq!((answer.status, answer.problem().as_str()), (401, "unauthenticated"));
    let key = Key::secret("another secret of the tests, 32 bytes and more");
    let lax = Guarded::start_with(key, &[("ROOMCAST_AUTH__JWT__QUERY", "true")]).await;
    let path = format!("/ws?user=mallory&token={}", lax.token("ann"));
    let mut ann = Client::open(lax.address(), &path).await;
    assert_eq!(ann.expect("hello").await["user"], "ann");
}

#[tokio::test]
async fn the_token_may_come_as_the_first_frame_and_the_rest_follows_it_s3() {
    let guarded = Guarded::start().await;
    let mut ann = Client::open(guarded.address(), "/chat/general?user=mallory").await;
    ann.send(json!({"type": "auth", "token": guarded.token("ann"), "id": 1})).await;
    let hello = ann.next().await;
    assert_eq!((&hello["type"], &hello["user"]), (&json!("hello"), &json!("ann")));
    let reply = ann.next().await;
    assert_eq!(
        (&reply["type"], &reply["user"], &reply["id"]),
        (&json!("authenticated"), &json!("ann"), &json!(1))
    );
    assert!(reply["expires"].is_u64(), "{reply}");
    let kinds = [ann.next().await, ann.next().await, ann.next().await].map(|frame| frame["type"].clone());
    assert_eq!(kinds, ["joined", "presence", "join"]);
    assert_eq!(ann.say("hello").await["user"], "ann");
    let longest = "\u{1f980}".repeat(4_000);
    assert_eq!(ann.say(&longest).await["content"], longest, "frames are as long as ever from here on");
}

#[tokio::test]
async fn nothing_is_handled_before_the_token_s3() {
    let guarded = Guarded::start().await;
    let mut bob = guarded.open("/chat/general", &guarded.token("bob")).await;
    bob.expect("join").await;
    let mut nobody = Client::open(guarded.address(), "/chat/general").await;
    for frame in [
        json!({"type": "message", "content": "from nobody"}),
        json!({"type": "typing"}),
        json!({"type": "history", "limit": 1}),
        json!({"type": "join", "room": "general"}),
        json!({"type": "ping"}),
    ] {
        let error = nobody.ask(frame.clone()).await;
        assert_eq!((&error["type"], &error["code"]), (&json!("error"), &json!("unauthenticated")), "{frame}");
    }
    let heard = bob.drain().await;
    assert!(heard.is_empty(), "nobody was never here: {heard:?}");
    nobody.send(json!({"type": "auth", "token": guarded.token("ann")})).await;
    assert_eq!(nobody.expect("hello").await["user"], "ann");
}

/// Neither pongs, nor pings, nor half a frame are a reason to wait any longer.
#[tokio::test]
async fn who_shows_no_token_in_five_seconds_is_closed_whatever_else_comes_s3_s7() {
    let guarded = Guarded::start().await;
    let mut idle = Raw::open(guarded.address(), "/ws").await;
    let mut busy = Raw::open(guarded.address(), "/ws").await;
    let mut slow = Raw::open(guarded.address(), "/ws").await;
    let frame = wire::masked(
        wire::TEXT,
        json!({"type": "auth", "token": guarded.token("ann")}).to_string().as_bytes(),
    );
    let closing = async {
        for byte in frame.chunks(1).take(9) {
            busy.try_send(&wire::masked(wire::PONG, b"")).await.ok();
            busy.try_send(&wire::masked(wire::PING, b"")).await.ok();
            slow.try_send(byte).await.ok();
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        [
            idle.close_code(Duration::from_secs(10)).await,
            busy.close_code(Duration::from_secs(10)).await,
            slow.close_code(Duration::from_secs(10)).await,
        ]
    };
    let codes = timeout(Duration::from_secs(25), closing).await.expect("all are closed");
    assert_eq!(codes, [Some(4501); 3]);
}

#[tokio::test]
async fn a_first_frame_of_more_than_a_token_is_too_large_s3() {
    let guarded = Guarded::start().await;
    let mut raw = Raw::open(guarded.address(), "/ws").await;
    let frame = json!({"type": "auth", "token": "x".repeat(8_000)}).to_string();
    raw.try_send(&wire::masked(wire::TEXT, frame.as_bytes())).await.ok();
    assert_eq!(raw.close_code(Duration::from_secs(10)).await, Some(1009));
}

#[tokio::test]
async fn a_bad_first_frame_closes_with_4501_and_an_expired_one_with_4003_s8_s14() {
    let guarded = Guarded::start().await;
    let other = Key::secret("somebody else's secret, which is as long as ours");
    for (token, code, close) in [
        (other.token(&claims("ann", 3600)), "unauthenticated", 4501),
        ("nonsense".to_owned(), "unauthenticated", 4501),
        (guarded.key.token(&claims("ann", -1)), "token_expired", 4003),
    ] {
        let mut client = Client::open(guarded.address(), "/ws").await;
        client.send(json!({"type": "auth", "token": token, "id": 1})).await;
        let error = client.expect("error").await;
        assert_eq!((&error["code"], &error["id"]), (&json!(code), &json!(1)));
        assert_eq!(client.closed(Duration::from_secs(5)).await, Some(close));
    }
}

#[tokio::test]
async fn without_a_token_rest_is_401_and_says_what_it_wants() {
    let guarded = Guarded::start().await;
    for path in ["/rooms", "/api/v1/rooms", "/api/v1/rooms/red/messages", "/api/v1/rooms/red/presence"] {
        let answer = http::get(guarded.address(), path).await;
        assert_eq!((answer.status, answer.problem().as_str()), (401, "unauthenticated"), "{path}");
        assert_eq!(answer.header("www-authenticate"), Some(r#"Bearer realm="roomcast""#), "{path}");
    }
    let body = json!({"user": "ann", "content": "x"});
    assert_eq!(http::post(guarded.address(), "/api/v1/rooms/red/messages", &body).await.status, 401);
    assert_eq!(http::get(guarded.address(), "/").await.status, 200, "the page is for everyone");
}

#[test]
fn a_server_with_tokens_may_listen_where_others_reach_it() {
    let directory = tempfile::TempDir::with_prefix("roomcast-e2e-").expect("a temporary directory");
    let start = |mode: &[(&str, &str)]| {
        let mut command = command(directory.path());
        command.args([
            "serve",
            "--listen",
            "0.0.0.0:0",
            "--admin-listen",
            "127.0.0.1:0",
            "--data-dir",
            "/proc/none",
        ]);
        run({
            command.envs(mode.iter().copied());
            command
        })
    };
    let refused = start(&[]);
    assert_eq!(refused.code, Some(78), "{}", refused.stderr);
    assert!(refused.stderr.contains("guests"), "{}", refused.stderr);
    std::fs::write(directory.path().join("secret"), [b'x'; 40]).expect("a file");
    let let_through = start(&[("ROOMCAST_AUTH__MODE", "jwt"), ("ROOMCAST_AUTH__JWT__SECRET_FILE", "secret")]);
    assert!(let_through.stderr.contains("/proc/none"), "it got as far as the data: {}", let_through.stderr);
}
