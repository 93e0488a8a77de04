//! The admin listener: `/healthz`, `/readyz`, `/metrics`, and putting people out. It tells neither versions nor where anything
//! is.

mod put_out;

use super::Problem;
use crate::metrics::Metrics;
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    http::{HeaderName, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use roomcast::Chat;
use roomcast_protocol::{ErrorCode, RoomName};
use serde::Serialize;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};
use tokio::time::timeout;

/// How far the server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// Not yet.
    Starting = 0,
    /// It takes connections.
    Ready = 1,
    /// Not any more.
    Draining = 2,
}

/// Whether the server takes connections, as everyone sees it.
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<AtomicU8>);

impl Readiness {
    /// Says how far the server is now.
    pub fn set(&self, phase: Phase) {
        self.0.store(phase as u8, Ordering::Release);
    }

    /// How far the server is.
    pub fn phase(&self) -> Phase {
        match self.0.load(Ordering::Acquire) {
            0 => Phase::Starting,
            1 => Phase::Ready,
            _ => Phase::Draining,
        }
    }
}

#[derive(Debug, Clone)]
struct Admin {
    readiness: Readiness,
    chat: Chat,
    metrics: Arc<Metrics>,
}

/// How long the store may take to answer, for the server to be ready.
const STORE_TIMEOUT: Duration = Duration::from_secs(1);

/// The endpoints.
pub(crate) fn router(readiness: Readiness, chat: Chat, metrics: Arc<Metrics>) -> Router {
    let routes = Router::new()
        .route("/healthz", get(async || (NO_STORE, "ok\n")))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics_text))
        .route("/users/{identity}/disconnect", post(put_out::user))
        .route("/tokens/{jti}/revoke", post(put_out::token))
        .layer(DefaultBodyLimit::max(super::body::MOST_BYTES))
        .with_state(Admin { readiness, chat, metrics });
    super::with_manners(routes)
}

#[derive(Serialize)]
struct Ready {
    status: &'static str,
    durability: &'static str,
}

async fn readyz(State(admin): State<Admin>) -> Result<Response, Problem> {
    let unready = |detail| Err(Problem::new(ErrorCode::Unavailable, detail));
    match admin.readiness.phase() {
        Phase::Starting => return unready("starting"),
        Phase::Draining => return unready("stopping"),
        Phase::Ready => {}
    }
    if !store_answers(&admin.chat).await {
        return unready("the message store does not answer");
    }
    if admin.chat.store().is_read_only() {
        return unready("nothing is written until the server is started again: its log says why");
    }
    let ready = Ready { status: "ready", durability: admin.chat.store().durability().as_str() };
    Ok((NO_STORE, Json(ready)).into_response())
}

/// Asks for something that costs nothing, of a room that need not exist.
async fn store_answers(chat: &Chat) -> bool {
    let Ok(room) = RoomName::parse("readyz") else { return false };
    let asked = timeout(STORE_TIMEOUT, chat.store().head(room));
    asked.await.is_ok_and(|answer| answer.is_ok())
}

async fn metrics_text(State(admin): State<Admin>) -> Response {
    let kind = [(header::CONTENT_TYPE, crate::metrics::MEDIA_TYPE)];
    (NO_STORE, kind, admin.metrics.render()).into_response()
}

const NO_STORE: [(HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-store")];

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{body::Body, http::Request};
    use tower::ServiceExt;

    async fn status(app: &Router, path: &str) -> u16 {
        app.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap().status().as_u16()
    }

    fn admin() -> (Readiness, Chat, Router) {
        let (readiness, chat) = (Readiness::default(), crate::http::testing::chat());
        let one = std::num::NonZeroU32::MIN;
        let metrics = Metrics::new(chat.clone(), crate::listener::Caps::new(one, one));
        let app = router(readiness.clone(), chat.clone(), Arc::new(metrics));
        (readiness, chat, app)
    }

    #[tokio::test]
    async fn ready_only_between_start_and_drain() {
        let (readiness, _, app) = admin();
        for (phase, expected) in [(Phase::Starting, 503), (Phase::Ready, 200), (Phase::Draining, 503)] {
            readiness.set(phase);
            assert_eq!(readiness.phase(), phase);
            assert_eq!(status(&app, "/readyz").await, expected);
            assert_eq!(status(&app, "/healthz").await, 200);
            assert_eq!(status(&app, "/metrics").await, 200);
        }
        assert_eq!(status(&app, "/").await, 404);
    }

    #[tokio::test]
    async fn without_its_store_it_is_alive_and_not_ready() {
        let (readiness, chat, app) = admin();
        readiness.set(Phase::Ready);
        chat.store().close().await.unwrap();
        assert_eq!(status(&app, "/readyz").await, 503);
        assert_eq!(status(&app, "/healthz").await, 200);
    }
}
