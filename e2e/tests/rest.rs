//! REST (`docs/protocol.md` §8): the same rooms by another door.

use e2e::stream::{messages, of_type, seqs, texts};
use e2e::{Client, Server, http};
use serde_json::{Value, json};

const RED: &str = "/api/v1/rooms/red/messages";

#[tokio::test]
async fn a_posted_message_is_201_with_its_number_and_heard_on_sockets() {
    let server = Server::start().await;
    let mut bob = Client::chat(&server, "red", "bob").await;
    let answer = http::post(server.address(), RED, &json!({"user": "ann", "content": "by post"})).await;
    assert_eq!((answer.status, &answer.json()["seq"]), (201, &json!(1)), "{}", answer.text());
    let message = bob.hear("by post").await;
    assert_eq!((&message["user"], &message["seq"]), (&json!("ann"), &json!(1)));
    let heard = bob.drain().await;
    assert!(of_type(&heard, "join").is_empty(), "who posts is not therefore here: {heard:?}");
}

#[tokio::test]
async fn the_same_nonce_twice_gives_the_same_answer() {
    let server = Server::start().await;
    let body = json!({"user": "ann", "content": "once", "nonce": "n1"});
    let first = http::post(server.address(), RED, &body).await;
    let second = http::post(server.address(), RED, &body).await;
    assert_eq!((first.status, second.status), (201, 201));
    for field in ["seq", "room", "timestamp", "nonce"] {
        assert_eq!(first.json()[field], second.json()[field], "{field}");
    }
    assert_eq!(page(&server, "?limit=9").await.0, [1], "said once");
    let other = json!({"user": "ann", "content": "other words", "nonce": "n1"});
    let conflict = http::post(server.address(), RED, &other).await;
    assert_eq!((conflict.status, conflict.problem().as_str()), (409, "nonce_conflict"));
}

#[tokio::test]
async fn a_nonce_is_the_same_over_socket_and_rest() {
    let server = Server::start().await;
    let mut ann = Client::chat(&server, "red", "ann").await;
    let ack = ann.ask(json!({"type": "message", "content": "once", "nonce": "n1"})).await;
    let body = json!({"user": "ann", "content": "once", "nonce": "n1"});
    let answer = http::post(server.address(), RED, &body).await;
    assert_eq!((answer.status, &answer.json()["seq"]), (201, &ack["seq"]));
}

#[tokio::test]
async fn a_bad_post_is_a_problem_with_its_code() {
    let server = Server::start().await;
    for (body, status, code) in [
        (json!({"user": "ann"}), 400, "bad_frame"),
        (json!({"user": "ann", "content": 7}), 400, "bad_frame"),
        (json!([]), 400, "bad_frame"),
        (json!({"user": "ann", "content": "  "}), 400, "empty"),
        (json!({"user": "ann", "content": "x".repeat(4_001)}), 413, "too_large"),
        (json!({"user": "a b", "content": "x"}), 400, "bad_name"),
        (json!({"user": "ann", "content": "x", "nonce": "n".repeat(65)}), 400, "bad_frame"),
    ] {
        let answer = http::post(server.address(), RED, &body).await;
        assert_eq!((answer.status, answer.problem().as_str()), (status, code), "{body}");
    }
    for (kind, text, statuses) in [
        ("application/json", "{", &[400][..]),
        ("text/plain", "hello", &[400, 415]),
        ("application/json", &"x".repeat(1 << 20), &[413]),
    ] {
        let answer = http::post_text(server.address(), RED, kind, text).await;
        assert!(
            statuses.contains(&answer.status) && !answer.problem().is_empty(),
            "{kind}: {}",
            answer.status
        );
    }
    assert!(page(&server, "?limit=9").await.0.is_empty(), "nothing bad was kept");
}

#[tokio::test]
async fn bad_room_names_and_queries_are_problems() {
    let server = Server::start().await;
    for (path, status, code) in [
        ("/api/v1/rooms/a%20b/messages", 400, "bad_name"),
        ("/api/v1/rooms/../messages", 400, "bad_name"),
        ("/api/v1/rooms/%2e%2e/presence", 400, "bad_name"),
        ("/api/v1/rooms/red/messages?limit=x", 400, "bad_frame"),
        ("/api/v1/rooms/red/messages?limit=-1", 400, "bad_frame"),
        ("/api/v1/rooms/red/messages?limit=5&before=x", 400, "bad_frame"),
        ("/api/v1/rooms/red/messages?limit=5&before=1&after=2", 400, "bad_frame"),
    ] {
        let answer = http::get(server.address(), path).await;
        assert_eq!((answer.status, answer.problem().as_str()), (status, code), "{path}: {}", answer.text());
    }
}

#[tokio::test]
async fn history_comes_in_pages() {
    let server = Server::start().await;
    fill(&server, 9).await;
    assert_eq!(page(&server, "?limit=4").await, (vec![6, 7, 8, 9], true));
    assert_eq!(page(&server, "?limit=4&before=6").await, (vec![2, 3, 4, 5], true));
    assert_eq!(page(&server, "?limit=4&before=2").await, (vec![1], false));
    assert_eq!(page(&server, "?limit=4&after=7").await, (vec![8, 9], false));
    assert_eq!(page(&server, "?limit=3&around=5").await.0, [4, 5, 6]);
    assert_eq!(page(&server, "").await.0, (1..=9).collect::<Vec<_>>(), "there is a default");
    let newest = http::get(server.address(), &format!("{RED}?limit=1")).await.json();
    let message = &messages(&newest)[0];
    assert_eq!((&message["user"], &message["content"]), (&json!("ann"), &json!("m9")));
}

#[tokio::test]
async fn the_rooms_have_their_head_and_people_and_come_in_pages() {
    let server = Server::start().await;
    fill(&server, 3).await;
    let _bob = Client::chat(&server, "blue", "bob").await;
    let list = http::get(server.address(), "/api/v1/rooms").await.json();
    let rooms = list["rooms"].as_array().cloned().unwrap_or_default();
    assert_eq!(texts(&rooms, "name"), ["blue", "red"], "{list}");
    assert_eq!((&rooms[0]["head"], &rooms[0]["people"]), (&json!(0), &json!(1)), "{list}");
    assert_eq!((&rooms[1]["head"], &rooms[1]["people"]), (&json!(3), &json!(0)), "{list}");
    let first = http::get(server.address(), "/api/v1/rooms?limit=1").await.json();
    assert_eq!((first["rooms"].as_array().map(Vec::len), &first["more"]), (Some(1), &json!(true)), "{first}");
    let second = http::get(server.address(), "/api/v1/rooms?limit=1&after=blue").await.json();
    assert_eq!((&second["rooms"][0]["name"], &second["more"]), (&json!("red"), &json!(false)), "{second}");
}

#[tokio::test]
async fn presence_tells_who_is_here() {
    let server = Server::start().await;
    let _zoe = Client::chat(&server, "red", "zoe").await;
    let _ann = Client::chat(&server, "red", "ann").await;
    let presence = http::get(server.address(), "/api/v1/rooms/red/presence").await.json();
    assert_eq!((&presence["users"], &presence["count"]), (&json!(["ann", "zoe"]), &json!(2)), "{presence}");
    let page = http::get(server.address(), "/api/v1/rooms/red/presence?limit=1&after=ann").await.json();
    assert_eq!((&page["users"], &page["count"], &page["more"]), (&json!(["zoe"]), &json!(2), &json!(false)));
    let nobody = http::get(server.address(), "/api/v1/rooms/empty/presence").await;
    assert!(nobody.status == 404 || nobody.json()["users"] == json!([]), "{}", nobody.text());
}

#[tokio::test]
async fn a_wrong_method_is_405_with_a_problem() {
    let server = Server::start().await;
    for path in ["/rooms", "/api/v1/rooms", "/api/v1/rooms/red/presence"] {
        let answer = http::post(server.address(), path, &json!({})).await;
        assert_eq!((answer.status, answer.problem().as_str()), (405, "method_not_allowed"), "{path}");
    }
}

async fn fill(server: &Server, count: u64) {
    for number in 1..=count {
        let body = json!({"user": "ann", "content": format!("m{number}")});
        assert_eq!(http::post(server.address(), RED, &body).await.status, 201);
    }
}

async fn page(server: &Server, query: &str) -> (Vec<u64>, bool) {
    let page: Value = http::get(server.address(), &format!("{RED}{query}")).await.json();
    (seqs(&messages(&page)), page["more"].as_bool().unwrap_or_default())
}
