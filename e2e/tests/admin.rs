//! Health and metrics: on the admin listener and nowhere else (`security.md` S45).

use std::time::{Duration, Instant};

use e2e::{Client, Server, http};
use tokio::time::sleep;

#[tokio::test]
async fn health_and_metrics_are_on_the_admin_listener_only_s45() {
    let server = Server::start().await;
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(http::get(server.admin(), path).await.status, 200, "{path}");
        assert_eq!(http::get(server.address(), path).await.status, 404, "{path}");
    }
    for path in ["/rooms", "/ws", "/chat/general", "/api/v1/rooms"] {
        assert_eq!(http::get(server.admin(), path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn metrics_are_prometheus_text_and_move() {
    let server = Server::start().await;
    let mut canary = Client::chat(&server, "aviary", "canary").await;
    canary.say("count me").await;
    let metrics = http::get(server.admin(), "/metrics").await;
    let kind = metrics.header("content-type").unwrap_or_default();
    assert!(kind.contains("text") || kind.contains("openmetrics"), "{kind}");
    let text = metrics.text();
    let names = |line: &str| line.starts_with("roomcast_") || line.starts_with("process_");
    assert!(samples(&text).all(names), "{text}");
    assert!(!text.contains("canary") && !text.contains("aviary"), "no names in metrics: {text}");
    reaches_one(&server, "connections").await;
    reaches_one(&server, "messages").await;
}

/// A message may be heard a moment before it is counted.
async fn reaches_one(server: &Server, what: &str) {
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        let text = http::get(server.admin(), "/metrics").await.text();
        if samples(&text).any(|line| line.contains(what) && value(line) >= 1.0) {
            return;
        }
        assert!(Instant::now() < deadline, "{what} stays at 0: {text}");
        sleep(Duration::from_millis(50)).await;
    }
}

fn samples(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty())
}

fn value(sample: &str) -> f64 {
    sample.rsplit(' ').next().and_then(|word| word.parse().ok()).unwrap_or_default()
}
