//! Whom a token names, and what it allows (`docs/protocol.md` §10).

use e2e::stream::of_type;
use e2e::{Client, Guarded};
use serde_json::json;

/// Every name that a client gives for itself.
#[tokio::test]
async fn identity_comes_from_the_token_alone_s17() {
    let guarded = Guarded::start().await;
    let token = guarded.token("ann");
    let headers = [
        ("authorization", format!("Bearer {token}")),
        ("x-user", "mallory".into()),
        ("x-forwarded-user", "mallory".into()),
    ];
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    for path in
        ["/chat/general?user=mallory", "/chat/general?user=a%20b%01", "/chat/general?user=&sub=mallory"]
    {
        let mut ann = Client::open_with(guarded.address(), path, &headers).await;
        assert_eq!(ann.expect("hello").await["user"], "ann", "{path}");
        ann.expect("presence").await;
        ann.send(json!({"type": "message", "content": path, "user": "mallory", "sub": "mallory", "from": "mallory", "sender": "mallory"})).await;
        assert_eq!(ann.hear(path).await["user"], "ann", "{path}");
    }
    let posted = json!({"user": "mallory", "content": "by post"}).to_string();
    let answer = guarded.request("POST", "/api/v1/rooms/general/messages", &token, &posted).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let history = guarded.get("/api/v1/rooms/general/messages", &token).await.json();
    let last =
        history["messages"].as_array().and_then(|messages| messages.last().cloned()).unwrap_or_default();
    assert_eq!((&last["user"], &last["content"]), (&json!("ann"), &json!("by post")));
}

#[tokio::test]
async fn the_name_is_shown_and_the_subject_is_who_it_is() {
    let guarded = Guarded::start().await;
    let ann = guarded.token_with("u-1", &json!({"name": "Ann"}));
    let mut first = guarded.open("/chat/general", &ann).await;
    assert_eq!(first.expect("hello").await["user"], "Ann");
    first.expect("join").await;
    let mut tab = guarded.open("/chat/general", &guarded.token_with("u-1", &json!({"name": "Ann"}))).await;
    assert_eq!(tab.expect("presence").await["users"], json!(["Ann"]), "two tabs are one person");
    let mut namesake =
        guarded.open("/chat/general", &guarded.token_with("u-2", &json!({"name": "Ann"}))).await;
    assert_eq!(
        namesake.expect("presence").await["users"],
        json!(["Ann", "Ann"]),
        "a namesake is another person"
    );
}

/// Every verb in every room, by socket and by REST; and what one may not read is answered alike whether it exists or not.
#[tokio::test]
async fn what_the_token_does_not_allow_is_refused_everywhere_s16_s19() {
    let guarded = Guarded::start().await;
    let mut owner = guarded.open("/chat/secret", &guarded.token("owner")).await;
    owner.say("for few eyes").await;
    let rooms =
        json!({"rooms": [{"name": "team-*", "can": ["read", "write"]}, {"name": "hall", "can": ["read"]}]});
    let token = guarded.token_with("ann", &rooms);
    let mut ann = guarded.ws(&token).await;
    for (room, read, write) in [
        ("team-7", true, true),
        ("hall", true, false),
        ("secret", false, false),
        ("nowhere", false, false),
        ("Team-9", true, true),
        ("team", false, false),
    ] {
        let joined = ann.ask(json!({"type": "join", "room": room})).await;
        assert_eq!(joined["type"] == "joined", read, "{room}: {joined}");
        let path = format!("/api/v1/rooms/{room}/messages");
        let body = json!({"content": "posted"}).to_string();
        let forbidden = |ok: bool, status: u16| if ok { status } else { 403 };
        assert_eq!(guarded.get(&path, &token).await.status, forbidden(read, 200), "{room}");
        assert_eq!(
            guarded.get(&format!("/api/v1/rooms/{room}/presence"), &token).await.status,
            forbidden(read, 200),
            "{room}"
        );
        assert_eq!(
            guarded.request("POST", &path, &token, &body).await.status,
            forbidden(write, 201),
            "{room}"
        );
        assert_eq!(
            guarded.handshake(&format!("/chat/{room}"), &token).await.status,
            forbidden(read, 101),
            "{room}"
        );
        if read {
            let said = ann.ask(json!({"type": "message", "room": room, "content": "said"})).await;
            ann.send(json!({"type": "typing", "room": room})).await;
            let refused = of_type(&ann.drain().await, "error");
            assert_eq!((said["type"] == "ack", refused.is_empty()), (write, write), "{room}: {said}");
            assert_eq!(
                ann.ask(json!({"type": "history", "room": room, "limit": 1})).await["type"],
                "history",
                "{room}"
            );
        } else {
            assert_eq!(
                (&joined["code"], guarded.get(&path, &token).await.problem().as_str()),
                (&json!("forbidden"), "forbidden")
            );
        }
    }
    let secret = guarded.get("/api/v1/rooms/secret/messages", &token).await.text();
    let nowhere = guarded.get("/api/v1/rooms/nowhere/messages", &token).await.text();
    assert_eq!(secret, nowhere, "nothing tells which of them exists");
    let heard = owner.drain().await;
    assert!(of_type(&heard, "join").is_empty(), "{heard:?}");
}

#[tokio::test]
async fn lists_of_rooms_hold_those_that_one_may_read_s16() {
    let guarded = Guarded::start().await;
    let mut owner = guarded.ws(&guarded.token("owner")).await;
    for room in ["attic", "team-1", "team-2", "zoo"] {
        owner.join(room).await;
        owner.ask(json!({"type": "message", "room": room, "content": "here"})).await;
    }
    let token = guarded.token_for("ann", "team-*", &["read"]);
    assert_eq!(guarded.get("/rooms", &token).await.json(), json!({"rooms": ["team-1", "team-2"]}));
    let page = guarded.get("/api/v1/rooms?limit=1", &token).await.json();
    assert_eq!((&page["rooms"][0]["name"], &page["more"]), (&json!("team-1"), &json!(true)));
    let next = guarded.get("/api/v1/rooms?limit=1&after=team-1", &token).await.json();
    assert_eq!((&next["rooms"][0]["name"], &next["more"]), (&json!("team-2"), &json!(false)));
}
