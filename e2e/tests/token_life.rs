//! Tokens on live connections (`docs/protocol.md` §2, §10): renewed, shrunk, expired, revoked.

use std::time::{Duration, Instant};

use e2e::http::{self, Answer};
use e2e::stream::of_type;
use e2e::token::{Key, claims};
use e2e::{Client, Guarded};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(15);

#[tokio::test]
async fn at_its_end_a_token_takes_its_connection_along_s14() {
    let guarded = Guarded::start().await;
    let mut ann = guarded.open("/chat/general", &guarded.key.token(&claims("ann", 6))).await;
    ann.expect("join").await;
    ann.say("still in time").await;
    let away = ann.expect_late("going_away", SOON).await;
    assert_eq!((&away["code"], &away["reconnect"]), (&json!(4003), &json!(true)));
    assert_eq!(ann.closed(SOON).await, Some(4003));
}

#[tokio::test]
async fn an_auth_frame_renews_for_the_same_subject_s14() {
    let guarded = Guarded::start().await;
    let mut ann = guarded.ws(&guarded.key.token(&claims("ann", 7))).await;
    let renewed = ann.ask(json!({"type": "auth", "token": guarded.token("ann")})).await;
    assert_eq!((&renewed["type"], &renewed["user"]), (&json!("authenticated"), &json!("ann")));
    let after_the_old_end = tokio::time::Instant::now() + Duration::from_secs(12);
    while let Some(incoming) = ann.incoming(after_the_old_end).await {
        assert!(matches!(incoming, e2e::client::Incoming::Frame(_)), "{incoming:?}");
    }
    assert_eq!(ann.ask(json!({"type": "ping"})).await["type"], "pong");
}

#[tokio::test]
async fn a_renewal_with_another_subjects_token_ends_the_connection_s14() {
    let guarded = Guarded::start().await;
    let other = Key::secret("somebody else's secret, which is as long as ours");
    for (token, code, close) in [
        (guarded.token("bob"), "unauthenticated", 4501),
        (other.token(&claims("ann", 3600)), "unauthenticated", 4501),
        (guarded.key.token(&claims("ann", -1)), "token_expired", 4003),
    ] {
        let mut ann = guarded.ws(&guarded.token("ann")).await;
        let error = ann.ask(json!({"type": "auth", "token": token})).await;
        assert_eq!((&error["type"], &error["code"]), (&json!("error"), &json!(code)));
        assert_eq!(ann.closed(SOON).await, Some(close));
    }
}

#[tokio::test]
async fn what_a_newer_token_does_not_allow_ends_at_once_s16() {
    let guarded = Guarded::start().await;
    let mut bob = guarded.open("/chat/red", &guarded.token("bob")).await;
    bob.expect("join").await;
    let mut ann = guarded.ws(&guarded.token("ann")).await;
    ann.join("red").await;
    ann.join("blue").await;
    bob.expect("join").await;
    let less = guarded.token_for("ann", "blue", &["read"]);
    assert_eq!(ann.ask(json!({"type": "auth", "token": less})).await["type"], "authenticated");
    let error = ann.expect("error").await;
    assert_eq!((&error["code"], &error["room"]), (&json!("forbidden"), &json!("red")));
    assert_eq!(ann.expect("left").await["room"], "red");
    assert_eq!(bob.expect("leave").await["user"], "ann");
    bob.say("is she gone?").await;
    let heard = ann.drain().await;
    assert!(of_type(&heard, "message").is_empty(), "{heard:?}");
    for (frame, code) in [
        (json!({"type": "message", "room": "blue", "content": "x"}), "forbidden"),
        (json!({"type": "typing", "room": "blue"}), "forbidden"),
        (json!({"type": "join", "room": "red"}), "forbidden"),
        (json!({"type": "history", "room": "red", "limit": 1}), "not_joined"),
    ] {
        assert_eq!(ann.ask(frame.clone()).await["code"], code, "{frame}");
    }
    assert_eq!(ann.ask(json!({"type": "history", "room": "blue", "limit": 1})).await["type"], "history");
    let more = guarded.token("ann");
    ann.ask(json!({"type": "auth", "token": more})).await;
    assert_eq!(ann.ask(json!({"type": "message", "room": "blue", "content": "x"})).await["type"], "ack");
}

#[tokio::test]
async fn a_connection_for_one_room_ends_when_that_is_taken_away_s16() {
    let guarded = Guarded::start().await;
    let mut ann = guarded.open("/chat/red", &guarded.token("ann")).await;
    ann.expect("join").await;
    ann.send(json!({"type": "auth", "token": guarded.token_for("ann", "blue", &["read"])})).await;
    assert_eq!(ann.expect("error").await["code"], "forbidden");
    assert_eq!(ann.closed(SOON).await, Some(4503));
    let mut late = Client::open(guarded.address(), "/chat/red").await;
    late.send(json!({"type": "auth", "token": guarded.token_for("ann", "blue", &["read"])})).await;
    assert_eq!(late.expect("error").await["code"], "forbidden");
    assert_eq!(late.closed(SOON).await, Some(4503));
}

#[tokio::test]
async fn a_resume_is_allowed_or_not_like_any_join_s18() {
    let guarded = Guarded::start().await;
    let mut ann = guarded.ws(&guarded.token("ann")).await;
    let joined = ann.join("red").await;
    ann.ask(json!({"type": "message", "room": "red", "content": "one"})).await;
    let (less, epoch) =
        (guarded.token_for("ann", "blue", &["read"]), joined["epoch"].as_str().unwrap_or_default());
    let mut again = guarded.ws(&less).await;
    let resume = json!({"type": "join", "room": "red", "resume": {"seq": 0, "epoch": epoch}});
    assert_eq!(again.ask(resume).await["code"], "forbidden");
    let path = format!("/chat/red?since=0&epoch={epoch}");
    assert_eq!(guarded.handshake(&path, &less).await.status, 403);
    let expired = guarded.handshake(&path, &guarded.key.token(&claims("ann", -1))).await;
    assert_eq!((expired.status, expired.problem().as_str()), (401, "token_expired"));
}

#[tokio::test]
async fn renewals_come_out_of_the_budget_of_commands_s32() {
    let guarded = Guarded::start_with(
        Key::secret("a secret of the tests, thirty-two bytes and more"),
        &[("ROOMCAST_LIMITS__COMMANDS", "3/1h")],
    )
    .await;
    let mut ann = guarded.ws(&guarded.token("ann")).await;
    let renew = json!({"type": "auth", "token": guarded.token("ann")});
    for _ in 0..3 {
        assert_eq!(ann.ask(renew.clone()).await["type"], "authenticated");
    }
    assert_eq!(ann.ask(renew).await["code"], "rate_limited");
    assert_eq!(ann.ask(json!({"type": "join", "room": "hall"})).await["type"], "joined");
}

/// More than the refusals after which somebody is closed for flooding.
const ROOMS: usize = 101;

/// The server takes the rooms away by itself: nobody has asked for anything too often.
#[tokio::test]
async fn a_renewal_that_costs_many_rooms_leaves_the_connection_open() {
    let guarded = Guarded::start().await;
    let mut ann = guarded.ws(&guarded.token("ann")).await;
    for room in 0..ROOMS {
        ann.join(&format!("room-{room}")).await;
    }
    let less = guarded.token_for("ann", "other", &["read"]);
    assert_eq!(ann.ask(json!({"type": "auth", "token": less})).await["type"], "authenticated");
    for _ in 0..ROOMS {
        ann.expect("left").await;
    }
    assert_eq!(ann.join("other").await["type"], "joined");
}

/// POST on the admin listener.
async fn admin(guarded: &Guarded, path: &str, body: &Value) -> Answer {
    http::post(guarded.server.admin(), path, body).await
}

#[tokio::test]
async fn the_operator_puts_somebody_out_at_once_s15() {
    let guarded = Guarded::start().await;
    let mut bob = guarded.open("/chat/general", &guarded.token("bob")).await;
    bob.expect("join").await;
    let old = guarded.token("Ann");
    let mut tabs = [guarded.open("/chat/general", &old).await, guarded.ws(&old).await];
    tabs[0].expect("join").await;
    assert_eq!(
        admin(&guarded, "/users/ann/disconnect", &json!({"reason": "enough", "revoke_for_s": 3600}))
            .await
            .status,
        202
    );
    let start = Instant::now();
    for tab in &mut tabs {
        let away = tab.expect("going_away").await;
        assert_eq!(
            (&away["code"], &away["reason"], &away["reconnect"]),
            (&json!(4504), &json!("enough"), &json!(false))
        );
        assert_eq!(tab.closed(SOON).await, Some(4504));
    }
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(bob.expect("leave").await["user"], "Ann", "without a grace: she will not be back");
    let refused = guarded.handshake("/ws", &old).await;
    assert_eq!((refused.status, refused.problem().as_str()), (401, "unauthenticated"));
    assert_eq!(guarded.get("/rooms", &old).await.status, 401);
    bob.say("undisturbed").await;
    tokio::time::sleep(Duration::from_millis(1100)).await; // `iat` has whole seconds
    guarded.ws(&guarded.token("ann")).await;
}

#[tokio::test]
async fn without_a_revocation_who_was_put_out_may_come_again_s15() {
    let guarded = Guarded::start().await;
    let token = guarded.token("ann");
    let mut ann = guarded.ws(&token).await;
    assert_eq!(admin(&guarded, "/users/ANN/disconnect", &json!({"reason": ""})).await.status, 202);
    assert_eq!(ann.closed(SOON).await, Some(4504));
    guarded.ws(&token).await;
}

#[tokio::test]
async fn one_token_is_revoked_and_its_bearers_others_are_not_s15() {
    let guarded = Guarded::start().await;
    let (lost, kept) = (
        guarded.token_with("ann", &json!({"jti": "lost/1"})),
        guarded.token_with("ann", &json!({"jti": "kept"})),
    );
    let mut thief = guarded.ws(&lost).await;
    let mut ann = guarded.ws(&kept).await;
    let order = json!({"reason": "lost", "revoke_for_s": 3600});
    assert_eq!(admin(&guarded, "/tokens/lost%2F1/revoke", &order).await.status, 202);
    assert_eq!(thief.closed(SOON).await, Some(4501));
    assert_eq!(guarded.handshake("/ws", &lost).await.status, 401);
    assert_eq!(ann.ask(json!({"type": "auth", "token": lost})).await["code"], "unauthenticated");
    guarded.ws(&kept).await;
}

#[tokio::test]
async fn orders_that_make_no_sense_are_told_so() {
    let guarded = Guarded::start().await;
    for (path, body, status, code) in [
        ("/users/ann/disconnect", json!({}), 400, "bad_frame"),
        ("/users/ann/disconnect", json!({"reason": "x", "revoke": true}), 400, "bad_frame"),
        ("/users/a%20b/disconnect", json!({"reason": "x"}), 400, "bad_name"),
        ("/users/ann/disconnect", json!({"reason": "x".repeat(501)}), 413, "too_large"),
        ("/users/ann/disconnect", json!({"reason": "x", "revoke_for_s": u64::MAX}), 400, "bad_frame"),
        ("/tokens/t/revoke", json!({"reason": "x"}), 400, "bad_frame"),
    ] {
        let answer = admin(&guarded, path, &body).await;
        assert_eq!((answer.status, answer.problem().as_str()), (status, code), "{path} {body}");
    }
    let order = json!({"reason": "x"});
    assert_eq!(
        http::post(guarded.address(), "/users/ann/disconnect", &order).await.status,
        404,
        "not where people are"
    );
}
